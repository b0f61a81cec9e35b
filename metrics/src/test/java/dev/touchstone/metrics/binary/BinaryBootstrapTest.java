package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import dev.touchstone.metrics.Poisson;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BinaryBootstrapTest {
  private static final BinaryBootstrap.Options OPTIONS =
      new BinaryBootstrap.Options(4_000, 11, 1, 0.95);

  @Test
  void agreesWithResampledRows() {
    var rows = RandomRows.of(2, 150, false);
    int replicates = OPTIONS.replicates();
    double[][] weights = new double[rows.size()][replicates];
    for (int i = 0; i < rows.size(); i++) {
      Poisson.of(1).fill(weights[i], 1_000 + i, 0);
    }
    double[] precisions = new double[replicates];
    double[] areas = new double[replicates];
    for (int b = 0; b < replicates; b++) {
      double[] w = new double[rows.size()];
      for (int i = 0; i < w.length; i++) {
        w[i] = weights[i][b];
      }
      precisions[b] = BruteForce.averagePrecision(rows.scores(), rows.labels(), w);
      areas[b] = BruteForce.rocAuc(rows.scores(), rows.labels(), w);
    }
    var result = BinaryBootstrap.of(rows.scores(), rows.labels(), OPTIONS);
    check(result.averagePrecision(), precisions);
    check(result.rocAuc(), areas);
  }

  /** Monte-Carlo error of both: 4.5 standard errors of a standard deviation and of a quantile. */
  private static void check(BinaryBootstrap.Spread spread, double[] expected) {
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
    assertThat(spread.percentile().method()).isEqualTo("poisson_bootstrap");
    assertThat(spread.dropped()).isZero();
  }

  @Test
  @Tag("slow")
  void standardErrorIsThatOfTheInfluenceFunction() {
    var golden = Golden.named("gen-100k-ties");
    var data = Golden.Generated.of(golden.get("inputs"));
    var result = BinaryBootstrap.of(data.scores(), data.labels(), OPTIONS);
    double expected = golden.get("expected").get("ap_if_se").asDouble();
    assertThat(result.averagePrecision().standardError())
        .isCloseTo(expected, within(0.05 * expected));
    double ofAuc = Math.sqrt(golden.get("expected").get("delong_var").asDouble());
    assertThat(result.rocAuc().standardError()).isCloseTo(ofAuc, within(0.05 * ofAuc));
    var bca = result.averagePrecision().bca();
    assertThat(bca.method()).isEqualTo("poisson_bootstrap_bca");
    assertThat(bca.low())
        .isCloseTo(result.averagePrecision().percentile().low(), within(0.3 * expected));
  }

  @Test
  @Tag("slow")
  void threadsPrecisionAndOrderChangeNothing() {
    var rows = RandomRows.of(2, 20_000, false);
    double[] doubles = new double[rows.size()];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = rows.scores()[i];
    }
    var one = BinaryBootstrap.of(rows.scores(), rows.labels(), options(1));
    assertThat(BinaryBootstrap.of(rows.scores(), rows.labels(), options(3))).isEqualTo(one);
    assertThat(BinaryBootstrap.of(doubles, rows.labels(), options(2))).isEqualTo(one);
    var shuffled = rows.shuffled(1);
    assertThat(BinaryBootstrap.of(shuffled.scores(), shuffled.labels(), options(2))).isEqualTo(one);
  }

  private static BinaryBootstrap.Options options(int threads) {
    return new BinaryBootstrap.Options(100, 3, threads, 0.9);
  }

  @Test
  void replicatesWithoutPositivesAreDroppedAndCounted() {
    float[] scores = new float[50];
    byte[] labels = new byte[50];
    for (int i = 0; i < 50; i++) {
      scores[i] = i;
    }
    labels[30] = 1;
    var spread = BinaryBootstrap.of(scores, labels, OPTIONS).averagePrecision();
    assertThat(spread.used() + spread.dropped()).isEqualTo(4_000);
    // the only positive has weight 0 with probability 1/e: 1,471.5 expected, 30.5 sd
    assertThat((double) spread.dropped()).isCloseTo(1_471.5, within(153.0));
  }

  @Test
  void nothingToResampleGivesNoInterval() {
    var spread = BinaryBootstrap.of(new float[3], new byte[3], OPTIONS).averagePrecision();
    assertThat(spread.used()).isZero();
    assertThat(spread.percentile()).isNull();
    assertThat(spread.standardError()).isNaN();
  }

  @Test
  void refusesWhatItCannotResample() {
    assertThatThrownBy(() -> BinaryBootstrap.of(new float[] {Float.NaN}, new byte[1], OPTIONS))
        .hasMessage("scores must be numbers, got 1 NaN");
    assertThatThrownBy(() -> new BinaryBootstrap.Options(1, 0, 1, 0.95))
        .hasMessage("replicates must be in [2, 100000], got 1");
  }
}
