package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PairedMeanTest {
  @Test
  void anyPartitionAndOrderGiveTheSameBits() {
    for (int seed = 0; seed < 30; seed++) {
      var random = new SplittableRandom(seed);
      boolean weighted = seed % 2 == 0;
      int n = random.nextInt(2, 200);
      double[][] rows = new double[n][];
      var whole = weighted ? PairedMean.weighted(8) : PairedMean.of();
      for (int i = 0; i < n; i++) {
        rows[i] = new double[] {random.nextDouble(), random.nextDouble(), random.nextInt(9)};
        accept(whole, rows[i], weighted);
      }
      var left = weighted ? PairedMean.weighted(8) : PairedMean.of();
      var right = weighted ? PairedMean.weighted(8) : PairedMean.of();
      for (int i = n - 1; i >= 0; i--) {
        accept(random.nextBoolean() ? left : right, rows[i], weighted);
      }
      var merged = right.combine(left);
      assertThat(merged.result("x", Direction.LOWER_IS_BETTER, 0.9, 0))
          .as("seed %s", seed)
          .isEqualTo(whole.result("x", Direction.LOWER_IS_BETTER, 0.9, 0));
      assertThat(merged.variance()).isEqualTo(whole.variance());
    }
  }

  private static void accept(PairedMean mean, double[] row, boolean weighted) {
    if (weighted) {
      mean.accept(row[0], row[1], row[2]);
    } else {
      mean.accept(row[0], row[1]);
    }
  }

  @Test
  void meanAndVarianceAreTheirDefinitions() {
    var random = new SplittableRandom(1);
    int n = 500;
    var plain = PairedMean.of();
    var weighted = PairedMean.weighted(1e6);
    double[] d = new double[n];
    double[] w = new double[n];
    double sum = 0;
    double total = 0;
    double weightedSum = 0;
    for (int i = 0; i < n; i++) {
      double a = random.nextDouble();
      d[i] = random.nextGaussian() * 1e-6;
      w[i] = random.nextDouble() * 1e6;
      plain.accept(a, a + d[i]);
      weighted.accept(a, a + d[i], w[i]);
      d[i] = a + d[i] - a; // what was left of it
      sum += d[i];
      total += w[i];
      weightedSum += w[i] * d[i];
    }
    double squares = 0;
    double weightedSquares = 0;
    for (int i = 0; i < n; i++) {
      squares += Math.pow(d[i] - sum / n, 2);
      weightedSquares += Math.pow(w[i] * (d[i] - weightedSum / total), 2);
    }
    // the fixed point keeps squares of differences to 2^-80
    assertThat(plain.meanDifference()).isCloseTo(sum / n, within(1e-18));
    assertThat(plain.variance() / (squares / n / (n - 1))).isCloseTo(1, within(1e-9));
    assertThat(weighted.meanDifference()).isCloseTo(weightedSum / total, within(1e-18));
    assertThat(weighted.variance() / (weightedSquares / total / total)).isCloseTo(1, within(1e-9));
  }

  @Test
  void aWeightOfZeroIsAnAbsentExample() {
    var with = PairedMean.weighted(2);
    var without = PairedMean.weighted(2);
    with.accept(0.1, 0.3, 1);
    with.accept(0.9, 0.1, 0);
    with.accept(0.2, 0.3, 2);
    without.accept(0.1, 0.3, 1);
    without.accept(0.2, 0.3, 2);
    assertThat(with.rows()).isEqualTo(2);
    assertThat(with.variance()).isEqualTo(without.variance());
    assertThat(with.effectiveRows()).isCloseTo(9.0 / 5, within(1e-15));
  }

  @Test
  void nothingAndConstantDifferencesAreSaid() {
    var empty = PairedMean.of().result("brier", Direction.LOWER_IS_BETTER, 0.95, 0);
    assertThat(empty.difference().reason()).isEqualTo("empty");
    var constant = PairedMean.of();
    constant.accept(0.25, 0.5);
    constant.accept(0.5, 0.75);
    var result = constant.result("brier", Direction.LOWER_IS_BETTER, 0.95, 0);
    assertThat(result.difference().value()).isEqualTo(0.25);
    assertThat(result.difference().intervalReason()).isEqualTo("zero_variance");
    assertThat(result.verdict()).isEqualTo(Verdict.UNDEFINED);
  }

  @Test
  void misuseIsRefused() {
    var plain = PairedMean.of();
    var weighted = PairedMean.weighted(1);
    assertThatThrownBy(() -> plain.accept(1, 2, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("examples of this mean have no weights");
    assertThatThrownBy(() -> weighted.accept(1, 2))
        .hasMessage("examples of this mean have weights");
    assertThatThrownBy(() -> weighted.accept(1, 2, 2))
        .hasMessage("weight must be at least 0 and below 2.0, got 2.0");
    assertThatThrownBy(() -> weighted.accept(1, 2, Double.NaN))
        .hasMessage("weight must be at least 0 and below 2.0, got NaN");
    assertThatThrownBy(() -> plain.accept(1, Double.NaN))
        .hasMessage("difference must be below 2^20 in magnitude, got NaN");
    assertThatThrownBy(() -> plain.combine(weighted))
        .hasMessage(
            "means must be of the same weights to be combined, got no weights and weights below"
                + " 2.0");
    assertThatThrownBy(() -> PairedMean.weighted(-1))
        .hasMessage("largest weight must be finite and at least 0, got -1.0");
  }
}
