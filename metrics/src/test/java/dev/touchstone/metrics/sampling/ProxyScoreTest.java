package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.sampling.ProxyScore.Pair;
import dev.touchstone.metrics.sampling.ProxyScore.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.commons.statistics.distribution.BinomialDistribution;
import org.junit.jupiter.api.Test;

class ProxyScoreTest {

  @Test
  void biasAndErrorAreMeansOfDifferences() {
    ProxyScore score = ProxyScore.of(List.of(pair(0.5, 0.25), pair(0.25, 0.75)));

    assertThat(score.n()).isEqualTo(2);
    assertThat(score.bias()).isEqualTo(-0.125);
    assertThat(score.meanAbsoluteError()).isEqualTo(0.375);
    assertThat(ProxyScore.of(List.of()).bias()).isNaN();
    assertThat(ProxyScore.of(List.of()).verdict()).isEqualTo(Verdict.UNKNOWN);
  }

  @Test
  void tauIsScipys() {
    // scipy.stats.kendalltau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]).statistic, its documented example
    double[] x = {12, 2, 1, 12, 2};
    double[] y = {1, 4, 7, 1, 0};
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < x.length; i++) {
      pairs.add(pair(x[i], y[i]));
    }
    assertThat(ProxyScore.of(pairs).kendallTau().value()).isEqualTo(-0.47140452079103173);

    assertThat(ProxyScore.of(pairs.subList(0, 1)).kendallTau().reason()).isEqualTo("fewer_than_2");
    assertThat(ProxyScore.of(List.of(pair(1, 1), pair(1, 2))).kendallTau().reason())
        .isEqualTo("all_tied");
  }

  @Test
  void pairsOfDifferentGroupsAreNotRanked() {
    List<Pair> pairs =
        List.of(
            new Pair(1, 1, Double.NaN, false, 0),
            new Pair(2, 2, Double.NaN, false, 0),
            new Pair(10, 0, Double.NaN, false, 1),
            new Pair(11, 0.5, Double.NaN, false, 1));

    assertThat(ProxyScore.of(pairs).kendallTau().value()).isEqualTo(1);
  }

  @Test
  void theChanceIsTheBinomialTail() {
    for (int n = 1; n <= 40; n++) {
      for (int kept = 0; kept <= n; kept++) {
        double expected = BinomialDistribution.of(n, 0.95).cumulativeProbability(kept);
        // both sum at most 41 products: some 1e-15 each, and the tail of the library is 1 - head
        assertThat(record(n, kept, 0.95).chance())
            .as("%d of %d", kept, n)
            .isCloseTo(expected, within(1e-13));
      }
    }
  }

  @Test
  void levelsMayDiffer() {
    List<Pair> pairs =
        List.of(
            new Pair(0, 0, 0.5, false, 0),
            new Pair(0, 0, 0.9, true, 0),
            new Pair(0, 0, Double.NaN, false, 0));

    ProxyScore score = ProxyScore.of(pairs);
    assertThat(score.promises()).isEqualTo(2);
    assertThat(score.kept()).isEqualTo(1);
    assertThat(score.chance()).isCloseTo(1 - 0.5 * 0.9, within(1e-15));
  }

  @Test
  void trustComesWithThreeAndGoesWithFive() {
    assertThat(record(2, 2, 0.95).verdict()).isEqualTo(Verdict.UNKNOWN);
    assertThat(record(3, 3, 0.95).verdict()).isEqualTo(Verdict.TRUSTED);
    // 1 of 3 by chance: 0.007; too few to say so, and nothing to trust
    assertThat(record(3, 1, 0.95).verdict()).isEqualTo(Verdict.UNKNOWN);
    assertThat(record(5, 4, 0.95).verdict()).isEqualTo(Verdict.TRUSTED);
    // 0.0226 and 0.0012
    assertThat(record(5, 3, 0.95).verdict()).isEqualTo(Verdict.TRUSTED);
    assertThat(record(5, 2, 0.95).verdict()).isEqualTo(Verdict.UNTRUSTED);
    assertThat(record(100, 90, 0.95).verdict()).isEqualTo(Verdict.TRUSTED);
    assertThat(record(100, 85, 0.95).verdict()).isEqualTo(Verdict.UNTRUSTED);
  }

  @Test
  void aBrokenCertaintyIsEnough() {
    assertThat(record(1, 0, 1).verdict()).isEqualTo(Verdict.UNTRUSTED);
    assertThat(record(200, 199, 1).verdict()).isEqualTo(Verdict.UNTRUSTED);
    assertThat(record(3, 3, 1).verdict()).isEqualTo(Verdict.TRUSTED);
  }

  @Test
  void independentPromisesAreRarelyFoundBroken() {
    SplittableRandom random = new SplittableRandom(4);
    int untrusted = 0;
    for (int run = 0; run < 4_000; run++) {
      List<Pair> pairs = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        pairs.add(new Pair(0, 0, 0.95, random.nextDouble() < 0.95, 0));
      }
      untrusted += ProxyScore.of(pairs).verdict() == Verdict.UNTRUSTED ? 1 : 0;
    }
    // P(Bin(20, 0.95) ≤ 15) = 0.0026: 10 of 4,000, with a deviation of 3.2
    assertThat(untrusted).isBetween(1, 25);
  }

  @Test
  void whatLiesBetweenIsCoveredButForRounding() {
    assertThat(ProxyScore.covers(0.25, 0.5, 0.25)).isTrue();
    assertThat(ProxyScore.covers(0.25, 0.5, Math.nextUp(0.5))).isTrue();
    assertThat(ProxyScore.covers(0.25, 0.5, 0.5001)).isFalse();
    assertThat(ProxyScore.equal(0.3, 0.3 + 1e-8)).isTrue();
    assertThat(ProxyScore.equal(0.3, 0.3001)).isFalse();
    assertThat(ProxyScore.equal(0, 1e-6)).isFalse();
  }

  @Test
  void onlyNumbersAreScored() {
    assertThatThrownBy(() -> pair(Double.NaN, 0))
        .hasMessage("proxy and exact value must be finite, got NaN and 0.0");
    assertThatThrownBy(() -> new Pair(0, 0, 1.5, true, 0))
        .hasMessage("level must be in (0, 1] or NaN, got 1.5");
  }

  private static Pair pair(double proxy, double exact) {
    return new Pair(proxy, exact, Double.NaN, false, 0);
  }

  private static ProxyScore record(int promises, int kept, double level) {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < promises; i++) {
      pairs.add(new Pair(0, 0, level, i < kept, 0));
    }
    return ProxyScore.of(pairs);
  }
}
