package dev.touchstone.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FraudStreamTest {

  private static final int AMOUNT = FraudStream.FEATURES.indexOf("amount");
  private static final int DEVICE_AGE = FraudStream.FEATURES.indexOf("device_age_days");
  private static final int FAILED_LOGINS = FraudStream.FEATURES.indexOf("failed_logins");

  /** Changes with every formula of the generator: then VERSION must change too. */
  private static final String DIGEST_OF_SEED_7 =
      "ea310c2e1c44f74e2f26dfc365182488f6b0ec0dbbf12509fcadb76015191e41";

  @Test
  void sameSeedSameBytes() {
    assertThat(FraudStream.VERSION).isEqualTo("fraud-stream/1");
    assertThat(FraudStream.validation(7, 40_000, 20_000).digest()).isEqualTo(DIGEST_OF_SEED_7);
  }

  @Test
  void digestSeesSeedSplitLengthAndDrift() {
    assertThat(
            new String[] {
              FraudStream.validation(7, 40_000, 20_000).digest(),
              FraudStream.validation(8, 40_000, 20_000).digest(),
              FraudStream.validation(7, 40_000, 40_000).digest(),
              FraudStream.validation(7, 39_999, 20_000).digest(),
              FraudStream.training(7, 40_000).digest()
            })
        .doesNotHaveDuplicates();
  }

  @Test
  void shorterStreamIsAPrefix() {
    LabelledRows shorter = FraudStream.training(7, 1_000);
    LabelledRows longer = FraudStream.training(7, 50_000);
    assertThat(shorter.features()).isEqualTo(longer.features(0, 1_000));
    assertThat(shorter.labels()).isEqualTo(Arrays.copyOf(longer.labels(), 1_000));
  }

  @Test
  void halfAPercentIsFraudInEverySlice() {
    LabelledRows rows = FraudStream.validation(7, 400_000, 200_000);
    // five standard errors of a share of 0.005 in n rows
    assertThat(rate(rows, -1)).isCloseTo(0.005, within(5 * Math.sqrt(0.005 / 400_000)));
    for (int country = 0; country < FraudStream.COUNTRIES.size(); country++) {
      assertThat(rate(rows, country))
          .as(FraudStream.COUNTRIES.get(country))
          .isCloseTo(0.005, within(5 * Math.sqrt(0.005 / (0.05 * 400_000))));
    }
  }

  @Test
  void everyValueIsFiniteAndInRange() {
    LabelledRows rows = FraudStream.validation(11, 50_000, 0);
    for (int row = 0; row < rows.rows(); row++) {
      float[] x = rows.features(row, row + 1);
      for (int i = 0; i < x.length; i++) {
        assertThat(Float.isFinite(x[i]) && x[i] >= 0)
            .as("%s of row %d: %s", FraudStream.FEATURES.get(i), row, x[i])
            .isTrue();
      }
      assertThat(x[FraudStream.FEATURES.indexOf("hour")]).isLessThan(24);
      assertThat(x[FraudStream.FEATURES.indexOf("weekday")]).isLessThan(7);
      assertThat(x[FraudStream.FEATURES.indexOf("country")]).isEqualTo(rows.countries()[row]);
      assertThat(x[FraudStream.FEATURES.indexOf("channel")]).isEqualTo(rows.channels()[row]);
      assertThat((int) rows.countries()[row]).isBetween(0, FraudStream.COUNTRIES.size() - 1);
      assertThat((int) rows.channels()[row]).isBetween(0, FraudStream.CHANNELS.size() - 1);
    }
  }

  @Test
  void honestAmountsAreLogNormal() {
    LabelledRows rows = FraudStream.training(5, 100_000);
    double sum = 0;
    int honest = 0;
    for (int row = 0; row < rows.rows(); row++) {
      if (rows.labels()[row] == 0) {
        sum += Math.log(rows.features(row, row + 1)[AMOUNT]);
        honest++;
      }
    }
    assertThat(sum / honest).isCloseTo(3.2, within(5 / Math.sqrt(honest)));
  }

  @Test
  void fraudDriftsInOneCountryFromOneRowOn() {
    int half = 200_000;
    LabelledRows rows = FraudStream.validation(7, 2 * half, half);
    LabelledRows still = FraudStream.validation(7, 2 * half, 2 * half);
    int br = FraudStream.COUNTRIES.indexOf(FraudStream.DRIFT_COUNTRY);
    int drifted = 0;
    for (int row = 0; row < rows.rows(); row++) {
      float[] x = rows.features(row, row + 1);
      if (row >= half && rows.labels()[row] == 1 && rows.countries()[row] == br) {
        assertThat(x[FAILED_LOGINS]).as("failed log-ins of row %d", row).isZero();
        assertThat(x[DEVICE_AGE]).as("device age of row %d", row).isGreaterThan(1);
        drifted++;
      } else {
        assertThat(x).as("row %d", row).isEqualTo(still.features(row, row + 1));
      }
    }
    assertThat(drifted).isGreaterThan(50);
  }

  @Test
  void badSizesAreRefused() {
    assertThatThrownBy(() -> FraudStream.training(7, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rows must be at least 1, got 0");
    assertThatThrownBy(() -> FraudStream.validation(7, 10, 11))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("driftFrom must be in [0, 10], got 11");
  }

  private static double rate(LabelledRows rows, int country) {
    int n = 0;
    int positives = 0;
    for (int row = 0; row < rows.rows(); row++) {
      if (country < 0 || rows.countries()[row] == country) {
        n++;
        positives += rows.labels()[row];
      }
    }
    return positives / (double) n;
  }
}
