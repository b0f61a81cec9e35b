package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sums from moments of coarse bins against sums of the rows themselves, in decimal arithmetic. */
class CalibrationSumsTest {
  private static final int ROWS = 20_000;

  private static final int BINS = BinaryOptions.defaults().calibrationBins();

  /** Where scores lie. */
  enum Shape {
    ANYWHERE {
      @Override
      float score(RandomGenerator random) {
        return random.nextFloat();
      }
    },
    NEXT_TO_ONE {
      @Override
      float score(RandomGenerator random) {
        return 1 - Math.scalb(random.nextInt(8), -24);
      }
    },
    NEXT_TO_ZERO {
      @Override
      float score(RandomGenerator random) {
        return Float.intBitsToFloat(random.nextInt(1 << 26));
      }
    },
    AT_THE_CUTS {
      @Override
      float score(RandomGenerator random) {
        float cut = random.nextInt(BINS + 1) / (float) BINS;
        return random.nextBoolean() ? cut : Math.max(0, Math.nextDown(cut));
      }
    };

    abstract float score(RandomGenerator random);
  }

  @ParameterizedTest
  @EnumSource
  void equalTheSumsOverRows(Shape shape) {
    var random = RandomGeneratorFactory.of("Xoshiro256PlusPlus").create(7);
    float[] scores = new float[ROWS];
    byte[] labels = new byte[ROWS];
    for (int i = 0; i < ROWS; i++) {
      scores[i] = shape.score(random);
      labels[i] = (byte) random.nextInt(2);
    }
    var counts = CoarseCounts.of(BinaryOptions.defaults());
    counts.accept(scores, labels, 0, ROWS / 3);
    var others = CoarseCounts.of(BinaryOptions.defaults());
    others.accept(scores, labels, ROWS / 3, ROWS);
    var sums = new CalibrationSums(CoarseCounts.fromBytes(counts.combine(others).toBytes()));

    for (int at = 0; at < 2 * BINS; at++) {
      long weight = 0;
      var score = BigDecimal.ZERO;
      var square = BigDecimal.ZERO;
      for (int i = 0; i < ROWS; i++) {
        if (Math.min((int) ((double) scores[i] * BINS), BINS - 1) == at >> 1
            && labels[i] == (at & 1)) {
          var p = new BigDecimal(scores[i]);
          weight++;
          score = score.add(p);
          square = square.add(p.multiply(p));
        }
      }
      assertThat(sums.weight(at >> 1, at & 1)).as("weight of %d", at).isEqualTo(weight);
      near(sums.scores(at >> 1, at & 1), score, 2e-16);
      near(sums.squares(at >> 1, at & 1), square, 1e-13);
    }
    var errors = BigDecimal.ZERO;
    double fourths = 0;
    for (int i = 0; i < ROWS; i++) {
      var error = new BigDecimal(scores[i]).subtract(new BigDecimal(labels[i]));
      errors = errors.add(error.multiply(error));
      fourths += Math.pow(scores[i] - (double) labels[i], 4);
    }
    near(sums.squaredErrors(), errors, 1e-13);
    assertThat(sums.fourthPowers()).isCloseTo(fourths, within(1e-6 * fourths));
  }

  /** Close relative to the sum, and to 2^-52 where that is nearly 0. */
  private static void near(double actual, BigDecimal expected, double relative) {
    double gap =
        new BigDecimal(actual).subtract(expected, MathContext.UNLIMITED).abs().doubleValue();
    assertThat(gap).isLessThanOrEqualTo(relative * expected.doubleValue() + 0x1p-51);
  }
}
