package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.Target;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RankInfluenceTest {
  @ParameterizedTest
  @ValueSource(strings = {"ap-influence", "ap-influence-weighted"})
  void influenceOfTheGoldenCases(String id) {
    var golden = Golden.named(id);
    var inputs = golden.get("inputs");
    var expected = golden.get("expected");
    var ranks =
        RankInfluence.of(
            Golden.doubles(inputs.get("score")),
            Golden.labels(inputs.get("y")),
            inputs.has("weight") ? Golden.doubles(inputs.get("weight")) : null);
    double tolerance = golden.get("abs_tol").asDouble();
    assertThat(ranks.averagePrecision())
        .isCloseTo(expected.get("average_precision").asDouble(), within(tolerance));
    double[] u = Golden.doubles(expected.get("u"));
    for (int i = 0; i < u.length; i++) {
      assertThat(ranks.influence(i)).as("row %s", i).isCloseTo(u[i], within(tolerance));
    }
    assertThat(ranks.averagePrecisionEstimate().standardError(Target.SUPERPOPULATION))
        .isCloseTo(expected.get("se").asDouble(), within(tolerance));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gen-100k-ties", "gen-200k-fine", "gen-1k"})
  void variancesOfTheGeneratedSets(String id) {
    var golden = Golden.named(id);
    var rows = Golden.Generated.of(golden.get("inputs"));
    var expected = golden.get("expected");
    var ranks = RankInfluence.of(rows.scores(), rows.labels(), null);
    var floats = RankInfluence.of(Golden.floats(rows.scores()), rows.labels(), null);
    assertThat(ranks.averagePrecision())
        .isEqualTo(floats.averagePrecision())
        .isCloseTo(expected.get("average_precision").asDouble(), within(1e-10));
    assertThat(ranks.rocAuc())
        .isEqualTo(floats.rocAuc())
        .isCloseTo(expected.get("roc_auc").asDouble(), within(1e-10));
    var auc = ranks.rocAucEstimate();
    assertThat(auc.superpopulationVariance())
        .isCloseTo(expected.get("delong_var").asDouble(), within(1e-10));
    assertThat(auc.finiteVariance()).isZero();
    assertThat(ranks.averagePrecisionEstimate().standardError(Target.SUPERPOPULATION))
        .isCloseTo(expected.get("ap_if_se").asDouble(), within(1e-10));
  }

  private static double[] scores(SplittableRandom random, byte[] labels, int levels) {
    double[] scores = new double[labels.length];
    for (int i = 0; i < scores.length; i++) {
      double z = random.nextDouble() + 0.5 * labels[i] * random.nextDouble();
      scores[i] = levels == 0 ? z : Math.rint(z * levels) / levels;
    }
    return scores;
  }

  private static byte[] labels(SplittableRandom random, int n) {
    byte[] labels = new byte[n];
    for (int i = 0; i < n; i++) {
      labels[i] = (byte) (random.nextInt(3) == 0 ? 1 : 0);
    }
    labels[0] = 1;
    labels[1] = 0;
    return labels;
  }

  /** AP by its definition, with one weight changed. */
  private static double averagePrecision(double[] scores, byte[] labels, double[] weights) {
    double sum = 0;
    double positives = 0;
    for (int i = 0; i < scores.length; i++) {
      if (labels[i] == 1) {
        double tp = 0;
        double all = 0;
        for (int j = 0; j < scores.length; j++) {
          if (scores[j] >= scores[i]) {
            all += weights[j];
            tp += labels[j] * weights[j];
          }
        }
        sum += weights[i] * tp / all;
        positives += weights[i];
      }
    }
    return sum / positives;
  }

  @Test
  void influenceIsTheDerivativeOfAveragePrecisionByAWeight() {
    for (int seed = 0; seed < 12; seed++) {
      var random = new SplittableRandom(seed);
      byte[] labels = labels(random, 60);
      double[] scores = scores(random, labels, seed % 2 == 0 ? 0 : 12);
      double[] weights = new double[60];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = random.nextInt(1, 9) / 4.0;
      }
      var ranks = RankInfluence.of(scores, labels, weights);
      double sum = 0;
      for (int i = 0; i < weights.length; i++) {
        sum += weights[i] * ranks.influence(i);
        double h = 1e-5;
        double[] up = weights.clone();
        up[i] += h;
        double[] down = weights.clone();
        down[i] -= h;
        double derivative =
            (averagePrecision(scores, labels, up) - averagePrecision(scores, labels, down))
                / (2 * h);
        // the central difference errs by h² times a third derivative of order 1
        assertThat(ranks.influence(i)).as("seed %s", seed).isCloseTo(derivative, within(1e-8));
      }
      assertThat(sum).as("seed %s", seed).isCloseTo(0, within(1e-12));
    }
  }

  @Test
  void placementsAndDeLongAreTheirDefinitions() {
    for (int seed = 0; seed < 12; seed++) {
      var random = new SplittableRandom(seed);
      byte[] labels = labels(random, 50);
      double[] scores = scores(random, labels, seed % 2 == 0 ? 0 : 7);
      var ranks = RankInfluence.of(scores, labels, null);
      double auc = 0;
      for (int i = 0; i < scores.length; i++) {
        double wins = 0;
        double others = 0;
        for (int j = 0; j < scores.length; j++) {
          if (labels[j] != labels[i]) {
            others++;
            double lead = labels[i] == 1 ? scores[i] - scores[j] : scores[j] - scores[i];
            wins += lead > 0 ? 1 : lead == 0 ? 0.5 : 0;
          }
        }
        assertThat(ranks.placement(i)).isCloseTo(wins / others, within(1e-14));
        auc += labels[i] * wins / others / ranks.count(1);
      }
      assertThat(ranks.rocAuc()).as("seed %s", seed).isCloseTo(auc, within(1e-14));
      double variance = 0;
      for (int i = 0; i < scores.length; i++) {
        double n = ranks.count(labels[i]);
        variance += Math.pow(ranks.placement(i) - auc, 2) / n / (n - 1);
      }
      assertThat(ranks.rocAucEstimate().superpopulationVariance())
          .isCloseTo(variance, within(1e-14));
    }
  }

  @Test
  void theOrderOfRowsChangesNoBit() {
    for (int seed = 0; seed < 20; seed++) {
      var random = new SplittableRandom(seed);
      int n = 300;
      byte[] labels = labels(random, n);
      double[] scores = scores(random, labels, seed % 2 == 0 ? 0 : 20);
      double[] weights = new double[n];
      for (int i = 0; i < n; i++) {
        weights[i] = random.nextInt(4) == 0 ? 0 : random.nextDouble() * 100;
      }
      int[] order = new int[n];
      for (int i = 0; i < n; i++) {
        int j = random.nextInt(i + 1);
        order[i] = order[j];
        order[j] = i;
      }
      double[] shuffledScores = new double[n];
      byte[] shuffledLabels = new byte[n];
      double[] shuffledWeights = new double[n];
      for (int i = 0; i < n; i++) {
        shuffledScores[i] = scores[order[i]];
        shuffledLabels[i] = labels[order[i]];
        shuffledWeights[i] = weights[order[i]];
      }
      var a = RankInfluence.of(scores, labels, weights);
      var b = RankInfluence.of(shuffledScores, shuffledLabels, shuffledWeights);
      assertThat(b.averagePrecisionEstimate())
          .as("seed %s", seed)
          .isEqualTo(a.averagePrecisionEstimate());
      assertThat(b.rocAucEstimate()).as("seed %s", seed).isEqualTo(a.rocAucEstimate());
    }
  }

  @Test
  void aWholeWeightIsThatManyCopiesForTheValueAndASampleOfWeightOneHasNoFiniteVariance() {
    double[] scores = {0.9, 0.9, 0.8, 0.7, 0.3};
    byte[] labels = {1, 0, 1, 0, 1};
    var weighted = RankInfluence.of(scores, labels, new double[] {2, 1, 1, 3, 1});
    var copied =
        RankInfluence.of(
            new double[] {0.9, 0.9, 0.9, 0.8, 0.7, 0.7, 0.7, 0.3},
            new byte[] {1, 1, 0, 1, 0, 0, 0, 1},
            null);
    assertThat(weighted.averagePrecision()).isCloseTo(copied.averagePrecision(), within(1e-15));
    assertThat(weighted.rocAuc()).isCloseTo(copied.rocAuc(), within(1e-15));
    var ones = RankInfluence.of(scores, labels, new double[] {1, 1, 1, 1, 1});
    assertThat(ones.averagePrecisionEstimate().finiteVariance()).isZero();
    assertThat(ones.averagePrecisionEstimate().superpopulationVariance()).isPositive();
  }

  @Test
  void extremeWeightsKeepTheVarianceFinite() {
    double[] scores = {0.9, 0.8, 0.7, 0.6};
    byte[] labels = {1, 0, 1, 0};
    var unit = RankInfluence.of(scores, labels, new double[] {3, 1, 2, 4});
    var huge = RankInfluence.of(scores, labels, new double[] {3e200, 1e200, 2e200, 4e200});
    assertThat(huge.averagePrecision()).isCloseTo(unit.averagePrecision(), within(1e-14));
    assertThat(huge.rocAucEstimate().superpopulationVariance())
        .isCloseTo(unit.rocAucEstimate().superpopulationVariance(), within(1e-13));
  }

  @Test
  void theUndefinedHasAReason() {
    var empty = RankInfluence.of(new double[0], new byte[0], null);
    assertThat(empty.averagePrecisionEstimate().reason()).isEqualTo("empty");
    var negatives = RankInfluence.of(new double[] {1, 2}, new byte[2], null);
    assertThat(negatives.averagePrecisionEstimate().reason()).isEqualTo("no_positives");
    assertThat(negatives.rocAucEstimate().reason()).isEqualTo("no_positives");
    var positives = RankInfluence.of(new double[] {1, 2}, new byte[] {1, 1}, null);
    assertThat(positives.averagePrecision()).isEqualTo(1);
    assertThat(positives.rocAucEstimate().reason()).isEqualTo("no_negatives");
    var nothing = RankInfluence.of(new double[] {1}, new byte[] {1}, new double[] {0});
    assertThat(nothing.averagePrecisionEstimate().reason()).isEqualTo("zero_weight");
  }

  @Test
  void aHeavyNegativeAboveTheMedianPositiveIsARisk() {
    double[] scores = {0.9, 0.8, 0.7};
    byte[] labels = {1, 0, 1};
    var light = RankInfluence.of(scores, labels, new double[] {100, 1, 100});
    assertThat(light.averagePrecisionEstimate().flags()).isEmpty();
    var heavy = RankInfluence.of(scores, labels, new double[] {1, 10, 100});
    assertThat(heavy.averagePrecisionEstimate().flags()).containsExactly("unseen_negative_risk");
  }

  @Test
  void badColumnsAreRefused() {
    assertThatThrownBy(() -> RankInfluence.of(new double[2], new byte[1], null))
        .hasMessage("labels must be as many as scores (2), got 1");
    assertThatThrownBy(() -> RankInfluence.of(new double[2], new byte[2], new double[3]))
        .hasMessage("weights must be as many as scores (2), got 3");
    assertThatThrownBy(() -> RankInfluence.of(new double[2], new byte[] {0, 2}, null))
        .hasMessage("label must be 0 or 1, got 2 (row 1)");
    assertThatThrownBy(
            () -> RankInfluence.of(new double[2], new byte[2], new double[] {Double.NaN, 1}))
        .hasMessage("weight must be finite and at least 0, got NaN (row 0)");
    var ranks = RankInfluence.of(new double[2], new byte[] {0, 1}, null);
    assertThatThrownBy(() -> ranks.weightOfNegative(1)).hasMessage("row 1 is a positive");
    var others = RankInfluence.of(new double[2], new byte[] {1, 1}, null);
    assertThatThrownBy(() -> RankDifference.of(ranks, others))
        .hasMessage("both models must have the same labels and weights, row by row");
  }
}
