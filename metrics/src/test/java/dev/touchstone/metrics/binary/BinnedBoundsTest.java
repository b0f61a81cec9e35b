package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BinnedBoundsTest {
  /** Scores without ties, descending. */
  private static float[] scores(int n) {
    float[] scores = new float[n];
    for (int i = 0; i < n; i++) {
      scores[i] = n - i;
    }
    return scores;
  }

  /** Labels of bins (positives, negatives) with the label {@code first} first in each. */
  private static byte[] labels(int[][] bins, int first) {
    var labels = new ArrayList<Byte>();
    for (int[] bin : bins) {
      for (int label : new int[] {first, 1 - first}) {
        for (int i = 0; i < bin[1 - label]; i++) {
          labels.add((byte) label);
        }
      }
    }
    byte[] array = new byte[labels.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = labels.get(i);
    }
    return array;
  }

  @Test
  void theBoundsAreTheWorstAndTheBestOrderOfEveryBin() {
    var random = new SplittableRandom(1);
    for (int run = 0; run < 200; run++) {
      int[][] bins = new int[random.nextInt(1, 6)][];
      int positives = 0;
      int negatives = 0;
      for (int i = 0; i < bins.length; i++) {
        bins[i] = new int[] {random.nextInt(6), random.nextInt(6)};
        positives += bins[i][0];
        negatives += bins[i][1];
      }
      if (positives == 0 || negatives == 0) {
        continue;
      }
      var bounds = new BinnedBounds();
      for (int[] bin : bins) {
        bounds.add(bin[0], bin[1], true);
      }
      float[] scores = scores(positives + negatives);
      byte[] worst = labels(bins, 0);
      byte[] best = labels(bins, 1);
      double low = BruteForce.averagePrecision(scores, worst, null);
      double high = BruteForce.averagePrecision(scores, best, null);
      assertThat(bounds.averagePrecisionLow()).as("run %s", run).isCloseTo(low, within(2e-12));
      assertThat(bounds.averagePrecisionHigh()).isGreaterThanOrEqualTo(high);
      assertThat(bounds.averagePrecision()).isBetween(low - 2e-12, bounds.averagePrecisionHigh());
      double rocLow = BruteForce.rocAuc(scores, worst, null);
      double rocHigh = BruteForce.rocAuc(scores, best, null);
      assertThat(bounds.rocAucLow()).isCloseTo(rocLow, within(2e-12));
      assertThat(bounds.rocAucHigh()).isCloseTo(rocHigh, within(2e-12));
      assertThat(bounds.rocAuc()).isCloseTo((rocLow + rocHigh) / 2, within(1e-12));
    }
  }

  /** Bins (p, n) of (2, 1) and (3, 4). */
  @Test
  void aSmallCaseByHand() {
    var bounds = new BinnedBounds();
    bounds.add(2, 1, true);
    bounds.add(3, 4, true);
    assertThat(bounds.positives).isEqualTo(5);
    assertThat(bounds.negatives).isEqualTo(5);
    double low = (1 / 2.0 + 2 / 3.0 + 3 / 8.0 + 4 / 9.0 + 5 / 10.0) / 5;
    assertThat(bounds.averagePrecisionLow()).isCloseTo(low, within(2e-12));
    assertThat(bounds.averagePrecisionHigh()).isCloseTo((2 + 3 * 5 / 6.0) / 5, within(2e-12));
    // evenly spread: the integral of TP / (TP + FP), by a fine sum
    double sum = 0;
    int steps = 20_000;
    for (int i = 0; i < steps; i++) {
      double t = (i + 0.5) / steps;
      sum += 2 * (2 * t) / (3 * t) / steps;
      sum += 3 * (2 + 3 * t) / (3 + 7 * t) / steps;
    }
    assertThat(bounds.averagePrecision()).isCloseTo(sum / 5, within(1e-8));
  }

  @Test
  void manyOrWeightedPositivesAreIntegratedBelowTheSum() {
    for (int p = 64; p <= 65; p++) {
      var summed = new BinnedBounds();
      var integrated = new BinnedBounds();
      for (var bounds : List.of(summed, integrated)) {
        bounds.add(3, 10, bounds == summed);
        bounds.add(p, 20, bounds == summed);
      }
      double integral = p - 30 * Math.log((33.0 + p) / 33);
      double sum = 0;
      for (int i = 1; i <= p; i++) {
        sum += (3.0 + i) / (33 + i);
      }
      double head = 1 / 11.0 + 2 / 12.0 + 3 / 13.0;
      double low = (head + (p <= 64 ? sum : integral)) / (p + 3);
      assertThat(summed.averagePrecisionLow()).isCloseTo(low, within(2e-12));
      assertThat(integrated.averagePrecisionLow())
          .isCloseTo((3 - 10 * Math.log(13 / 10.0) + integral) / (p + 3), within(2e-12))
          .isLessThan(summed.averagePrecisionLow());
    }
  }

  @Test
  void separatedClassesStayInRange() {
    var perfect = new BinnedBounds();
    perfect.add(5, 0, true);
    perfect.add(0, 5, true);
    assertThat(perfect.averagePrecision()).isCloseTo(1, within(1e-11));
    assertThat(perfect.averagePrecisionHigh()).isEqualTo(1);
    assertThat(perfect.rocAucHigh()).isEqualTo(1);
    assertThat(perfect.rocAuc()).isEqualTo(1);
    var reversed = new BinnedBounds();
    reversed.add(0, 5, true);
    reversed.add(5, 0, true);
    assertThat(reversed.rocAucLow()).isZero();
    assertThat(reversed.rocAuc()).isZero();
  }
}
