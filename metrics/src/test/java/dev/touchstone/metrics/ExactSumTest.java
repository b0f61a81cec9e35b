package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ExactSumTest {
  private static final BigDecimal UNIT = BigDecimal.valueOf(2).pow(64);

  @Test
  void everyAddendIsRoundedOnceToTheUnit() {
    var random = new SplittableRandom(4);
    for (int run = 0; run < 20_000; run++) {
      double value =
          Math.scalb(random.nextDouble(), random.nextInt(-80, 62))
              * (random.nextBoolean() ? 1 : -1);
      var expected = new BigDecimal(value).multiply(UNIT).setScale(0, RoundingMode.HALF_EVEN);
      var sum = ExactSum.of(value);
      assertThat(Sum128.of(sum.high(), sum.low()).toString())
          .as("%s", value)
          .isEqualTo(expected.toBigInteger().toString());
    }
  }

  @Test
  void anyOrderAndPartitionGiveTheSameState() {
    var random = new SplittableRandom(5);
    double[] values = random.doubles(1_000, -1e6, 1e6).toArray();
    var forward = ExactSum.of(values);
    var parts = ExactSum.of();
    for (int from = 900; from >= 0; from -= 100) {
      var part = ExactSum.of();
      for (int i = from + 99; i >= from; i--) {
        part.add(values[i]);
      }
      parts.combine(part);
    }
    assertThat(parts).isEqualTo(forward);
    assertThat(parts.hashCode()).isEqualTo(forward.hashCode());
    assertThat(ExactSum.of(parts.high(), parts.low())).isEqualTo(forward);
    var exact = BigDecimal.ZERO;
    for (double value : values) {
      exact = exact.add(new BigDecimal(value), MathContext.UNLIMITED);
    }
    assertThat(forward.value()).isEqualTo(exact.doubleValue());
  }

  @Test
  void largeTermsThatCancelLeaveTheSmallOnes() {
    assertThat(ExactSum.of(1, 0x1p61, 1, -0x1p61).value()).isEqualTo(2);
    assertThat(ExactSum.of().value()).isZero();
  }

  @Test
  void refusesWhatDoesNotFit() {
    for (double value : new double[] {0x1p62, -0x1p62, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> ExactSum.of(value))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("addend must be below 2^62 in magnitude, got " + value);
    }
  }

  @Test
  void sumsAreEqualByTheirUnitsAndSayTheirValue() {
    var sum = ExactSum.of(1.5, 2);
    assertThat(sum).hasToString("ExactSum[3.5]").isEqualTo(ExactSum.of(3, 1L << 63));
    assertThat(sum.high()).isEqualTo(3);
    assertThat(sum.low()).isEqualTo(1L << 63);
    assertThat(sum).isNotEqualTo(ExactSum.of(3.25)).isNotEqualTo(3.5);
    assertThat(sum).hasSameHashCodeAs(ExactSum.of(3.5));
    assertThat(sum.combine(ExactSum.of(-3.5))).isSameAs(sum).isEqualTo(ExactSum.of());
  }
}
