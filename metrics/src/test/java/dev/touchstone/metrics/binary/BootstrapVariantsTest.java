package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Poisson;
import dev.touchstone.metrics.sampling.RankInfluence;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Strata and weights of the bootstrap, against the resampling of rows one by one. */
class BootstrapVariantsTest {
  private static final int REPLICATES = 4_000;
  private static final BinaryBootstrap.Options OPTIONS =
      new BinaryBootstrap.Options(REPLICATES, 11, 1, 0.95);

  /** Draws with replacement within each class, one row after another. */
  private static double[][] stratified(RandomRows rows) {
    var random = new SplittableRandom(5);
    int[][] ofClass = new int[2][];
    for (int label = 0; label < 2; label++) {
      int wanted = label;
      ofClass[label] =
          IntStream.range(0, rows.size())
              .filter(i -> rows.labels()[i] == wanted && weight(rows, i) > 0)
              .toArray();
    }
    double[][] metrics = new double[2][REPLICATES];
    for (int b = 0; b < REPLICATES; b++) {
      double[] w = new double[rows.size()];
      for (int[] members : ofClass) {
        for (int i = 0; i < members.length; i++) {
          int row = members[random.nextInt(members.length)];
          w[row] += weight(rows, row);
        }
      }
      evaluate(rows, w, metrics, b);
    }
    return metrics;
  }

  private static double[][] poisson(RandomRows rows) {
    double[][] draws = new double[rows.size()][REPLICATES];
    for (int i = 0; i < rows.size(); i++) {
      Poisson.of(1).fill(draws[i], 1_000 + i, 0);
    }
    double[][] metrics = new double[2][REPLICATES];
    for (int b = 0; b < REPLICATES; b++) {
      double[] w = new double[rows.size()];
      for (int i = 0; i < w.length; i++) {
        w[i] = draws[i][b] * weight(rows, i);
      }
      evaluate(rows, w, metrics, b);
    }
    return metrics;
  }

  private static void evaluate(RandomRows rows, double[] w, double[][] metrics, int b) {
    metrics[0][b] = BruteForce.averagePrecision(rows.scores(), rows.labels(), w);
    metrics[1][b] = BruteForce.rocAuc(rows.scores(), rows.labels(), w);
  }

  private static double weight(RandomRows rows, int i) {
    return rows.weights() == null ? 1 : rows.weights()[i];
  }

  /** Monte-Carlo error of both: 4.5 standard errors of a standard deviation and of a quantile. */
  private static void check(BinaryBootstrap.Spread spread, double[] expected, String method) {
    Arrays.sort(expected);
    double mean = Arrays.stream(expected).average().orElseThrow();
    double sd =
        Math.sqrt(
            Arrays.stream(expected).map(v -> (v - mean) * (v - mean)).sum()
                / (expected.length - 1));
    assertThat(spread.standardError()).isCloseTo(sd, within(0.1 * sd));
    assertThat(spread.percentile().low())
        .isCloseTo(expected[expected.length / 40], within(0.3 * sd));
    assertThat(spread.percentile().high())
        .isCloseTo(expected[expected.length - expected.length / 40], within(0.3 * sd));
    assertThat(spread.percentile().method()).isEqualTo(method);
    assertThat(spread.dropped()).isZero();
    assertThat(spread.used()).isEqualTo(REPLICATES);
  }

  private static RandomRows rows(long seed, int n, boolean weighted) {
    var random = new SplittableRandom(seed);
    float[] scores = new float[n];
    byte[] labels = new byte[n];
    double[] weights = weighted ? new double[n] : null;
    for (int i = 0; i < n; i++) {
      labels[i] = (byte) (i % 5 == 0 ? 1 : 0);
      scores[i] = (float) Math.rint(40 * (random.nextDouble() + 0.4 * labels[i])) / 60;
      if (weighted) {
        weights[i] = new double[] {0, 0.25, 0.5, 3}[random.nextInt(4)];
      }
    }
    return new RandomRows(scores, labels, weights);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void strataAgreeWithRowsDrawnWithinClasses(boolean weighted) {
    var rows = rows(3, 120, weighted);
    double[][] expected = stratified(rows);
    var result =
        BinaryBootstrap.of(
            rows.scores(), rows.labels(), rows.weights(), OPTIONS.withStratified(true));
    check(result.averagePrecision(), expected[0], "stratified_bootstrap");
    check(result.rocAuc(), expected[1], "stratified_bootstrap");
    assertThat(result.averagePrecision().bca().method()).isEqualTo("stratified_bootstrap_bca");
  }

  @Test
  void weightsAgreeWithRowsDrawnOneByOne() {
    var rows = rows(4, 150, true);
    double[][] expected = poisson(rows);
    var result = BinaryBootstrap.of(rows.scores(), rows.labels(), rows.weights(), OPTIONS);
    check(result.averagePrecision(), expected[0], "poisson_bootstrap");
    check(result.rocAuc(), expected[1], "poisson_bootstrap");
  }

  @Test
  void weightedErrorsAreThoseOfTheLinearisation() {
    var rows = rows(7, 20_000, true);
    var influence = RankInfluence.of(rows.scores(), rows.labels(), rows.weights());
    var result = BinaryBootstrap.of(rows.scores(), rows.labels(), rows.weights(), OPTIONS);
    double ap = Math.sqrt(influence.averagePrecisionEstimate().superpopulationVariance());
    double auc = Math.sqrt(influence.rocAucEstimate().superpopulationVariance());
    // 4.5 Monte-Carlo errors of a standard deviation
    assertThat(result.averagePrecision().standardError()).isCloseTo(ap, within(0.05 * ap));
    assertThat(result.rocAuc().standardError()).isCloseTo(auc, within(0.05 * auc));
  }

  /** Of both classes, with totals far above what a table of Poisson numbers holds. */
  @Test
  void stratifiedErrorIsThatOfTheInfluenceWithinClasses() {
    var rows = rows(8, 30_000, false);
    var influence = RankInfluence.of(rows.scores(), rows.labels(), null);
    double[] sums = new double[2];
    double[] squares = new double[2];
    long[] n = new long[2];
    for (int i = 0; i < rows.size(); i++) {
      int label = rows.labels()[i];
      n[label]++;
      sums[label] += influence.influence(i);
      squares[label] += influence.influence(i) * influence.influence(i);
    }
    double variance = 0;
    for (int label = 0; label < 2; label++) {
      variance += squares[label] - sums[label] * sums[label] / n[label];
    }
    var result = BinaryBootstrap.of(rows.scores(), rows.labels(), OPTIONS.withStratified(true));
    var plain = BinaryBootstrap.of(rows.scores(), rows.labels(), OPTIONS);
    double error = Math.sqrt(variance);
    assertThat(result.averagePrecision().standardError())
        .isCloseTo(error, within(0.05 * error))
        .isLessThan(0.95 * plain.averagePrecision().standardError());
    // DeLong's variance is one of fixed classes
    double auc = Math.sqrt(influence.rocAucEstimate().superpopulationVariance());
    assertThat(result.rocAuc().standardError()).isCloseTo(auc, within(0.05 * auc));
  }

  @Test
  void aStratumOfOneIsAlwaysDrawn() {
    float[] scores = new float[50];
    byte[] labels = new byte[50];
    for (int i = 0; i < 50; i++) {
      scores[i] = i;
    }
    labels[30] = 1;
    var spread =
        BinaryBootstrap.of(scores, labels, OPTIONS.withStratified(true)).averagePrecision();
    assertThat(spread.used()).isEqualTo(REPLICATES);
    // one positive below 19 of 49 negatives: precision 1 / (1 + Binomial(49, 19/49)), whose
    // quantiles of 2.5 and 97.5 % are at 12 or 13 and at 26
    assertThat(1 / spread.percentile().high() - 1).isBetween(12.0, 13.0);
    assertThat(1 / spread.percentile().low() - 1).isBetween(25.0, 26.0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void threadsPrecisionAndOrderChangeNothing(boolean stratified) {
    var rows = RandomRows.of(2, 5_000, true);
    double[] doubles = new double[rows.size()];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = rows.scores()[i];
    }
    for (double[] weights : new double[][] {rows.weights(), null}) {
      var options = new BinaryBootstrap.Options(300, 3, 1, 0.9, stratified);
      var three = new BinaryBootstrap.Options(300, 3, 3, 0.9, stratified);
      var one = BinaryBootstrap.of(rows.scores(), rows.labels(), weights, options);
      assertThat(BinaryBootstrap.of(rows.scores(), rows.labels(), weights, three)).isEqualTo(one);
      assertThat(BinaryBootstrap.of(doubles, rows.labels(), weights, three)).isEqualTo(one);
      var shuffled = new RandomRows(rows.scores(), rows.labels(), weights).shuffled(1);
      assertThat(
              BinaryBootstrap.of(shuffled.scores(), shuffled.labels(), shuffled.weights(), options))
          .isEqualTo(one);
    }
  }

  @Test
  void equalWeightsAreNone() {
    var rows = rows(9, 2_000, false);
    double[] fours = new double[rows.size()];
    Arrays.fill(fours, 4);
    for (boolean stratified : new boolean[] {false, true}) {
      var options = new BinaryBootstrap.Options(200, 1, 2, 0.95, stratified);
      assertThat(BinaryBootstrap.of(rows.scores(), rows.labels(), fours, options))
          .isEqualTo(BinaryBootstrap.of(rows.scores(), rows.labels(), options));
    }
  }

  @Test
  void nothingToResampleGivesNoIntervalWithStrataEither() {
    for (double[] weights : new double[][] {null, new double[3], {1, 2, 3}}) {
      var spread =
          BinaryBootstrap.of(new float[3], new byte[3], weights, OPTIONS.withStratified(true));
      assertThat(spread.averagePrecision().used()).isZero();
      assertThat(spread.rocAuc().percentile()).isNull();
    }
  }

  @Test
  void refusesBadWeights() {
    assertThatThrownBy(
            () -> BinaryBootstrap.of(new float[2], new byte[2], new double[] {1, -1}, OPTIONS))
        .hasMessage("weight must be finite and at least 0, got -1.0 (row 1)");
    assertThatThrownBy(
            () ->
                BinaryBootstrap.of(new float[] {1, Float.NaN}, new byte[2], new double[2], OPTIONS))
        .hasMessage("score must be a number, got NaN (row 1)");
  }
}
