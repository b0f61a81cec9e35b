package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Poisson;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.sampling.RankDifference;
import dev.touchstone.metrics.sampling.RankInfluence;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PairedBootstrapTest {
  private static final PairedBootstrap.Options OPTIONS = new PairedBootstrap.Options(4_000, 5, 2);

  /** Two models of one truth, with ties, and weights of few values. */
  private static final class Models {
    final long[] ids;
    final double[] a;
    final double[] b;
    final byte[] labels;
    final double[] weights;

    Models(long seed, int n, double gain, boolean weighted) {
      var random = new SplittableRandom(seed);
      ids = new long[n];
      a = new double[n];
      b = new double[n];
      labels = new byte[n];
      weights = weighted ? new double[n] : null;
      for (int i = 0; i < n; i++) {
        ids[i] = i;
        labels[i] = (byte) (i % 6 == 0 ? 1 : 0);
        double shared = random.nextGaussian() + 1.2 * labels[i];
        a[i] = Math.rint(8 * (shared + 0.6 * random.nextGaussian())) / 8;
        b[i] = Math.rint(8 * (shared + gain * labels[i] + 0.6 * random.nextGaussian())) / 8;
        if (weighted) {
          weights[i] = new double[] {0, 0.25, 1, 2}[random.nextInt(4)];
        }
      }
    }

    PairedRows rows() {
      return PairedRows.join(
          ScoredRows.of(ids, a, labels, weights), ScoredRows.of(ids, b, labels, weights));
    }
  }

  private static double averagePrecision(double[] scores, byte[] labels, double[] weights) {
    return RankInfluence.of(scores, labels, weights).averagePrecision();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void agreesWithResampledRows(boolean weighted) {
    var models = new Models(1, 120, 0.3, weighted);
    int n = models.ids.length;
    double[][] draws = new double[n][OPTIONS.replicates()];
    for (int i = 0; i < n; i++) {
      Poisson.of(1).fill(draws[i], 700 + i, 0);
    }
    double[] expected = new double[OPTIONS.replicates()];
    for (int r = 0; r < expected.length; r++) {
      double[] w = new double[n];
      for (int i = 0; i < n; i++) {
        w[i] = draws[i][r] * (weighted ? models.weights[i] : 1);
      }
      expected[r] =
          averagePrecision(models.b, models.labels, w)
              - averagePrecision(models.a, models.labels, w);
    }
    Arrays.sort(expected);
    double mean = Arrays.stream(expected).average().orElseThrow();
    double sd =
        Math.sqrt(
            Arrays.stream(expected).map(d -> (d - mean) * (d - mean)).sum()
                / (expected.length - 1));
    var result = PairedBootstrap.of(models.rows(), OPTIONS, 0.95);
    // Monte-Carlo error of both: 4.5 standard errors of a standard deviation and of a quantile
    assertThat(result.standardError()).isCloseTo(sd, within(0.1 * sd));
    assertThat(result.interval().low()).isCloseTo(expected[100], within(0.3 * sd));
    assertThat(result.interval().high()).isCloseTo(expected[3_900], within(0.3 * sd));
    assertThat(result.interval().method()).isEqualTo("paired_poisson_bootstrap");
    assertThat(result.interval().target()).isEqualTo(Target.SUPERPOPULATION);
    assertThat(result.used() + result.dropped()).isEqualTo(4_000);
    long atMost = Arrays.stream(expected).filter(d -> d <= 0).count();
    double p = 2.0 * (1 + Math.min(atMost, 4_000 - atMost)) / 4_001;
    // twice a binomial share of 4,000, twice: 4.5 of its standard errors
    assertThat(result.pValue()).isCloseTo(p, within(9 * Math.sqrt(2 * p / 2 / 4_000) + 1e-3));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void standardErrorIsThatOfThePairedInfluence(boolean weighted) {
    var models = new Models(2, 12_000, 0.1, weighted);
    double expected =
        Math.sqrt(
            RankDifference.of(
                    RankInfluence.of(models.a, models.labels, models.weights),
                    RankInfluence.of(models.b, models.labels, models.weights))
                .averagePrecision()
                .superpopulationVariance());
    var result = PairedBootstrap.of(models.rows(), OPTIONS, 0.9);
    assertThat(result.standardError()).isCloseTo(expected, within(0.05 * expected));
    assertThat((result.interval().high() - result.interval().low()) / 2 / 1.6449)
        .isCloseTo(expected, within(0.08 * expected));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void threadsOrderAndPrecisionChangeNothing(boolean weighted) {
    var models = new Models(3, 2_000, 0.2, weighted);
    var one = PairedBootstrap.of(models.rows(), new PairedBootstrap.Options(300, 8, 1), 0.95);
    var options = new PairedBootstrap.Options(300, 8, 3);
    assertThat(PairedBootstrap.of(models.rows(), options, 0.95)).isEqualTo(one);
    int[] order = new int[2_000];
    for (int i = 0; i < order.length; i++) {
      order[i] = (i * 997 + 3) % order.length;
    }
    var rows = models.rows();
    var shuffled = PairedRows.join(rows.baseline().pick(order), rows.candidate().pick(order));
    assertThat(PairedBootstrap.of(shuffled, options, 0.95)).isEqualTo(one);
    float[] floats = new float[2_000];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) models.a[i]; // eighths: exact
    }
    var narrow = ScoredRows.of(models.ids, floats, models.labels, models.weights);
    assertThat(PairedBootstrap.of(PairedRows.join(narrow, rows.candidate()), options, 0.95))
        .isEqualTo(one);
    assertThat(PairedBootstrap.of(rows, new PairedBootstrap.Options(300, 9, 3), 0.95))
        .isNotEqualTo(one);
  }

  @Test
  void swappedModelsMirrorUpToTheOrderOfCells() {
    var models = new Models(4, 3_000, 0.3, false);
    var rows = models.rows();
    var there = PairedBootstrap.of(rows, OPTIONS, 0.95);
    var back =
        PairedBootstrap.of(PairedRows.join(rows.candidate(), rows.baseline()), OPTIONS, 0.95);
    assertThat(back.interval().low())
        .isCloseTo(-there.interval().high(), within(0.3 * there.standardError()));
    assertThat(there.interval().low()).isPositive();
    assertThat(there.pValue()).isEqualTo(2 / 4_001.0);
  }

  @Test
  void theComparisonTakesItInPlaceOfTheInfluence() {
    var models = new Models(5, 2_000, 0.3, false);
    var rows = models.rows();
    var options = CompareOptions.defaults();
    var by =
        PairedComparison.compare(rows.baseline(), rows.candidate(), options.withBootstrap(OPTIONS));
    var plain = PairedComparison.compare(rows.baseline(), rows.candidate(), options);
    var resampled = by.metric("average_precision");
    assertThat(resampled.difference().interval())
        .isEqualTo(PairedBootstrap.of(rows, OPTIONS, 0.95).interval());
    assertThat(resampled.difference().value())
        .isEqualTo(plain.metric("average_precision").difference().value());
    assertThat(resampled.verdict()).isEqualTo(Verdict.BETTER);
    assertThat(plain.metric("average_precision").difference().interval().method())
        .isEqualTo("paired_influence");
    assertThat(by.metric("roc_auc")).isEqualTo(plain.metric("roc_auc"));
    assertThat(options.withBootstrap(OPTIONS).withLevel(0.9).withPartialJoin(true).bootstrap())
        .isEqualTo(OPTIONS);
  }

  @Test
  void identicalModelsDifferByNothing() {
    var models = new Models(6, 1_000, 0, false);
    var rows = ScoredRows.of(models.ids, models.a, models.labels, null);
    var comparison =
        PairedComparison.compare(rows, rows, CompareOptions.defaults().withBootstrap(OPTIONS))
            .metric("average_precision");
    assertThat(comparison.difference().interval().low()).isZero();
    assertThat(comparison.difference().interval().high()).isZero();
    assertThat(comparison.pValue()).hasValue(1);
    assertThat(comparison.difference().flags()).contains("identical_rankings");
    assertThat(comparison.verdict()).isEqualTo(Verdict.INDISTINGUISHABLE);
  }

  @Test
  void replicatesWithoutAPositiveAreCounted() {
    long[] ids = {1, 2, 3};
    var a = ScoredRows.of(ids, new double[] {3, 2, 1}, new byte[] {0, 1, 0}, null);
    var b = ScoredRows.of(ids, new double[] {1, 2, 0}, new byte[] {0, 1, 0}, null);
    var result = PairedBootstrap.of(PairedRows.join(a, b), OPTIONS, 0.95);
    // weight 0 with probability 1/e: 1,471.5 expected, 30.5 sd
    assertThat((double) result.dropped()).isCloseTo(1_471.5, within(153.0));
    assertThat(result.interval().low()).isZero();
    var none = ScoredRows.of(ids, new double[3], new byte[3], null);
    var nothing = PairedBootstrap.of(PairedRows.join(none, none), OPTIONS, 0.95);
    assertThat(nothing.used()).isZero();
    assertThat(nothing.interval()).isNull();
    assertThat(nothing.pValue()).isNaN();
  }

  @Test
  void refusesWhatItCannotDo() {
    assertThatThrownBy(() -> new PairedBootstrap.Options(1, 0, 1))
        .hasMessage("replicates must be in [2, 100000], got 1");
    assertThatThrownBy(() -> new PairedBootstrap.Options(10, 0, 0))
        .hasMessage("threads must be at least 1, got 0");
    var nan = ScoredRows.of(new long[1], new double[] {Double.NaN}, new byte[1], null);
    assertThatThrownBy(() -> PairedBootstrap.of(PairedRows.join(nan, nan), OPTIONS, 0.95))
        .hasMessage("score must be a number, got NaN (row 0)");
  }
}
