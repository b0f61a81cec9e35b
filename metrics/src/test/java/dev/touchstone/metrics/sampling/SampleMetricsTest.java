package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SampleMetricsTest {
  private static final List<String> METRICS =
      List.of(
          "average_precision",
          "roc_auc",
          "log_loss",
          "brier",
          "accuracy",
          "precision",
          "recall",
          "f1");

  /** A set with a rare class, in strata by label and band of what a model says. */
  private static final class World {
    final int n;
    final byte[] labels;
    final byte[] codes;
    final float[] a;
    final float[] b;
    final long[] populations = new long[5];
    final double[] rates = {1, 1, 0.5, 0.1, 0.02};

    World(long seed, int n) {
      this.n = n;
      labels = new byte[n];
      codes = new byte[n];
      a = new float[n];
      b = new float[n];
      var random = new SplittableRandom(seed);
      for (int i = 0; i < n; i++) {
        labels[i] = (byte) (random.nextInt(50) == 0 ? 1 : 0);
        double z = 2.2 * labels[i] - 4.5 + random.nextGaussian();
        double reference = z + 0.5 * random.nextGaussian();
        a[i] = probability(z + 0.5 * random.nextGaussian());
        b[i] = probability(z + 0.3 * random.nextGaussian());
        codes[i] =
            (byte)
                (labels[i] == 1
                    ? 0
                    : reference > -2.5 ? 1 : reference > -3.5 ? 2 : reference > -4.5 ? 3 : 4);
        populations[codes[i]]++;
      }
    }

    private static float probability(double z) {
      return (float) (1 / (1 + Math.exp(-z)));
    }

    int[] sample(long seed) {
      var hash = InclusionHash.of(PlanOptions.SALT, seed);
      int[] rows = new int[n];
      int size = 0;
      for (int i = 0; i < n; i++) {
        if (hash.u(i) < rates[codes[i]]) {
          rows[size++] = i;
        }
      }
      return Arrays.copyOf(rows, size);
    }

    HashSample.Rows rows(int[] sample, float[] scores) {
      long[] ids = new long[sample.length];
      float[] of = new float[sample.length];
      byte[] ys = new byte[sample.length];
      byte[] hs = new byte[sample.length];
      for (int i = 0; i < sample.length; i++) {
        ids[i] = sample[i];
        of[i] = scores[sample[i]];
        ys[i] = labels[sample[i]];
        hs[i] = codes[sample[i]];
      }
      return new HashSample.Rows(ids, of, ys, hs);
    }

    SampleMetrics metrics(int[] sample, float[] scores) {
      return SampleMetrics.of(rows(sample, scores), populations, rates, 0.06);
    }

    double exact(float[] scores, String metric) {
      return BinaryEvaluation.evaluate(
              scores, labels, null, BinaryOptions.defaults().withDecisionThreshold(0.06))
          .metric(metric)
          .value();
    }
  }

  @Test
  void aSampleOfEverythingIsTheSetItself() {
    var world = new World(1, 5_000);
    Arrays.fill(world.rates, 1);
    int[] all = world.sample(1);
    assertThat(all).hasSize(5_000);
    var a = world.metrics(all, world.a);
    var b = world.metrics(all, world.b);
    for (String metric : METRICS) {
      var level = a.level(metric);
      assertThat(level.value()).as(metric).isCloseTo(world.exact(world.a, metric), within(1e-9));
      assertThat(level.finiteVariance()).isZero();
      assertThat(level.flags()).contains(Estimate.WHOLE_SET);
      var difference = a.difference(b, metric);
      assertThat(difference.value())
          .isCloseTo(world.exact(world.b, metric) - world.exact(world.a, metric), within(1e-9));
      var value = TierOne.difference(metric, difference, 0.95);
      assertThat(value.interval().low()).isEqualTo(value.interval().high());
    }
  }

  /** 300 samples of one set under two models. */
  @Test
  void intervalsCoverTheWholeSetsValuesAndDifferences() {
    var world = new World(2, 60_000);
    int samples = 300;
    var hits = new TreeMap<String, Integer>();
    var widths = new TreeMap<String, Double>();
    var ofA = new TreeMap<String, Double>();
    var ofB = new TreeMap<String, Double>();
    for (String metric : METRICS) {
      ofA.put(metric, world.exact(world.a, metric));
      ofB.put(metric, world.exact(world.b, metric));
    }
    for (int seed = 0; seed < samples; seed++) {
      int[] sample = world.sample(seed);
      var a = world.metrics(sample, world.a);
      var b = world.metrics(sample, world.b);
      for (String metric : METRICS) {
        double truth = ofB.get(metric);
        var level = TierOne.level(b.level(metric), 0.95);
        count(hits, widths, metric, level, truth);
        var difference = TierOne.difference(metric, a.difference(b, metric), 0.95);
        count(hits, widths, metric + "-", difference, truth - ofA.get(metric));
        assertThat(level.interval().target()).isEqualTo(Target.FINITE);
      }
    }
    for (String metric : METRICS) {
      // 95 % less four Monte-Carlo errors of 1.3 points
      assertThat(hits.get(metric) / (double) samples).as(metric).isGreaterThan(0.90);
      if (!metric.equals("recall")) {
        assertThat(hits.get(metric + "-") / (double) samples).as(metric + "-").isGreaterThan(0.90);
        // less than the two levels' apart from each other
        assertThat(widths.get(metric + "-")).as(metric).isLessThan(1.9 * widths.get(metric));
      }
    }
    // all positives are there: nothing is uncertain
    assertThat(widths.get("recall")).isZero();
    assertThat(hits.get("recall")).isEqualTo(samples);
  }

  private static void count(
      TreeMap<String, Integer> hits,
      TreeMap<String, Double> widths,
      String name,
      MetricValue value,
      double truth) {
    var interval = value.interval();
    double slack = 1e-9; // the truth is rounded otherwise
    boolean hit = interval.low() - slack <= truth && truth <= interval.high() + slack;
    hits.merge(name, hit ? 1 : 0, Integer::sum);
    widths.merge(name, interval.high() - interval.low(), Double::sum);
  }

  @Test
  void theTallyAndTheRowsSayTheSame() {
    var world = new World(3, 30_000);
    int[] sample = world.sample(5);
    var tally = StratumTally.of(5, 0.06);
    for (int row : sample) {
      tally.accept(world.codes[row], world.a[row], world.labels[row]);
    }
    assertThat(tally.rows()).isEqualTo(sample.length);
    var rows = world.metrics(sample, world.a);
    for (Estimate estimate : tally.result(world.populations)) {
      var other = rows.level(estimate.name());
      assertThat(estimate.value()).as(estimate.name()).isCloseTo(other.value(), within(1e-9));
      assertThat(estimate.standardError(Target.FINITE))
          .as(estimate.name())
          .isCloseTo(other.standardError(Target.FINITE), within(1e-7));
      assertThat(estimate.standardError(Target.SUPERPOPULATION))
          .isCloseTo(other.standardError(Target.SUPERPOPULATION), within(1e-7));
      assertThat(estimate.flags()).isEqualTo(other.flags());
      assertThat(estimate.unseen().above()).isCloseTo(other.unseen().above(), within(1e-12));
      assertThat(estimate.unseen().below()).isCloseTo(other.unseen().below(), within(1e-12));
    }
    assertThat(tally.effectiveRows(world.populations)).isBetween(100.0, (double) sample.length);
  }

  @Test
  void theTallyIsTheStratifiedMeanAndTableOfThePlan() {
    var random = new SplittableRandom(4);
    int n = 20_000;
    byte[] labels = new byte[n];
    double[] reference = new double[n];
    float[] scores = new float[n];
    for (int i = 0; i < n; i++) {
      labels[i] = (byte) (random.nextInt(20) == 0 ? 1 : 0);
      reference[i] = Math.min(1, Math.max(0, 0.3 * labels[i] + 0.5 * random.nextDouble()));
      scores[i] = (float) Math.min(1, Math.max(0, reference[i] + 0.1 * random.nextGaussian()));
    }
    var plan = PlanDesign.of("any", 1, 3_000).plan(labels, reference);
    var mean = StratifiedMean.of(plan);
    var table = StratifiedConfusion.of(plan);
    int strata = plan.strata().size();
    var tally = StratumTally.of(strata, 0.5);
    for (int i = 0; i < n; i++) {
      int h = plan.stratumOf(labels[i], reference[i], "");
      if (random.nextDouble() < plan.strata().get(h).rate()) {
        mean.accept(h, Math.pow(scores[i] - labels[i], 2));
        table.accept(h, labels[i] == 1, scores[i] >= 0.5f);
        tally.accept(h, scores[i], labels[i]);
      }
    }
    long[] populations = plan.strata().stream().mapToLong(Stratum::population).toArray();
    var results = new TreeMap<String, Estimate>();
    tally.result(populations).forEach(e -> results.put(e.name(), e));
    assertSame(results.get("brier"), mean.result("brier"));
    for (String metric : List.of("accuracy", "precision", "recall", "f1")) {
      assertSame(results.get(metric), table.result(metric));
    }
  }

  private static void assertSame(Estimate actual, Estimate expected) {
    assertThat(actual.value()).as(actual.name()).isCloseTo(expected.value(), within(1e-9));
    assertThat(actual.standardError(Target.FINITE))
        .as(actual.name())
        .isCloseTo(expected.standardError(Target.FINITE), within(1e-7));
    assertThat(actual.effectiveRows()).isCloseTo(expected.effectiveRows(), within(1e-6));
  }

  @Test
  void talliesMergeInAnyOrderToTheSameBytes() {
    var world = new World(6, 4_000);
    var whole = StratumTally.of(5, 0.06);
    var parts = new ArrayList<StratumTally>();
    for (int part = 0; part < 4; part++) {
      var tally = StratumTally.of(5, 0.06);
      for (int i = part * 1_000; i < (part + 1) * 1_000; i++) {
        tally.accept(world.codes[i], world.a[i], world.labels[i]);
        whole.accept(world.codes[i], world.a[i], world.labels[i]);
      }
      parts.add(StratumTally.fromBytes(tally.toBytes()));
    }
    Collections.shuffle(parts, new Random(1));
    var merged = StratumTally.of(5, 0.06);
    parts.forEach(merged::combine);
    assertThat(merged.toBytes()).isEqualTo(whole.toBytes());
    assertThat(merged.result(world.populations)).isEqualTo(whole.result(world.populations));
    assertThatThrownBy(() -> merged.combine(StratumTally.of(5, 0.4)))
        .hasMessageContaining("got 5 at 0.06 and 5 at 0.4");
    assertThatThrownBy(() -> StratumTally.fromBytes(new byte[] {'T', 9}))
        .hasMessageContaining("version must be 2, got 9");
  }

  @Test
  void keptRowsAreTheFirstOfTheHashOrderWhateverTheOrderOfArrival() {
    var random = new SplittableRandom(8);
    long[] ids = random.longs(3_000).distinct().toArray();
    var one = HashSample.of(100);
    var left = HashSample.of(100);
    var right = HashSample.of(100);
    for (int i = 0; i < ids.length; i++) {
      one.accept(ids[i], i, (byte) (i & 1), (byte) (i % 7));
      int j = ids.length - 1 - i;
      (j % 3 == 0 ? left : right).accept(ids[j], j, (byte) (j & 1), (byte) (j % 7));
    }
    var restored = HashSample.fromBytes(left.toBytes());
    assertThat(restored.combine(right).toBytes()).isEqualTo(one.toBytes());
    assertThat(one.seen()).isEqualTo(ids.length);
    assertThat(one.holdsAll()).isFalse();
    var expected =
        Arrays.stream(ids)
            .boxed()
            .sorted((x, y) -> Long.compareUnsigned(HashOrder.key(x), HashOrder.key(y)))
            .limit(100)
            .toList();
    var rows = one.rows();
    assertThat(Arrays.stream(rows.ids()).boxed().toList()).isEqualTo(expected);
    for (int i = 0; i < 100; i++) {
      int row = (int) rows.scores()[i];
      assertThat(rows.ids()[i]).isEqualTo(ids[row]);
      assertThat(rows.labels()[i]).isEqualTo((byte) (row & 1));
      assertThat(rows.strata()[i]).isEqualTo((byte) (row % 7));
    }
  }

  @Test
  void fewRowsAreAllKept() {
    var sample = HashSample.of(1_000);
    for (int i = 0; i < 700; i++) {
      sample.accept(i, 0.5f, (byte) 0, (byte) 0);
    }
    assertThat(sample.holdsAll()).isTrue();
    assertThat(Arrays.stream(sample.rows().ids()).sorted().toArray())
        .isEqualTo(java.util.stream.LongStream.range(0, 700).toArray());
    assertThatThrownBy(() -> HashSample.of(0)).hasMessageContaining("got 0");
  }

  /** By the implementation of tests/test_plan.py, written from the specification. */
  @Test
  void theOrderIsThePublishedHash() {
    assertThat(HashOrder.key(0)).isEqualTo(0xc7d34ceeef25ad2L);
    assertThat(HashOrder.key(42)).isEqualTo(0x882f2fb6b04156baL);
    assertThat(HashOrder.key(-1)).isEqualTo(0x8706ff521620abb3L);
    assertThat(HashOrder.key(1L << 62)).isEqualTo(0xe0e49ee5504e8641L);
    assertThat(HashOrder.u(42)).isEqualTo((0x882f2fb6b04156baL >>> 11) * 0x1p-53);
  }

  @Test
  void thinAndEmptyStrataAreClosedUp() {
    var tally = StratumTally.of(4, 0.5);
    // nothing of stratum 1, one of three hundred of stratum 2
    for (int i = 0; i < 10; i++) {
      tally.accept(0, 0.1f * i, 0);
      tally.accept(3, 0.9f, 1);
    }
    tally.accept(2, 0.2f, 0);
    var accuracy = tally.result(new long[] {100, 50, 300, 10}).get(2);
    // stratum 0 stands for its own and the empty one: 150 with 5 of 10 right
    assertThat(accuracy.value()).isCloseTo((75 + 300 + 10) / 460.0, within(1e-12));
    assertThat(accuracy.finiteVariance()).isPositive();
    assertThat(tally.result(new long[] {100, 50, 300, 9}).get(0).reason())
        .isEqualTo("more_rows_than_population");
    assertThat(tally.result(2, 300).get(0).reason()).isEqualTo("too_few_rows");
    assertThat(tally.result(3, 10).get(1).value()).isEqualTo(1);
    assertThat(StratumTally.of(2, 0.5).result(new long[] {5, 5}).get(0).reason())
        .isEqualTo("empty");
  }

  @Test
  void averagePrecisionNeedsNegativesThatWereChosen() {
    var world = new World(9, 5_000);
    Arrays.fill(world.rates, 1, 5, 0.2);
    var metrics = world.metrics(world.sample(1), world.a);
    assertThat(metrics.level("average_precision").reason()).isEqualTo("uniform_negatives");
    assertThat(metrics.level("roc_auc").isDefined()).isTrue();
    assertThat(
            metrics
                .difference(world.metrics(world.sample(1), world.b), "average_precision")
                .reason())
        .isEqualTo("uniform_negatives");
    assertThatThrownBy(() -> metrics.difference(world.metrics(world.sample(2), world.b), "roc_auc"))
        .hasMessageContaining("the same labels and strata");
  }

  /** 2 d² (1 - n/M) (M/n)² by side, over all examples squared. */
  @Test
  void lossesAllowForExamplesAsFarOutThatWereNotSeen() {
    var tally = StratumTally.of(2, 0.5);
    tally.accept(0, 1f, 1);
    for (float score : new float[] {0, 0, 0, 0.5f}) {
      tally.accept(1, score, 0);
    }
    // squared errors 0, 0, 0, 0.25 of 4 in 40; their mean 0.0625
    var brier = tally.result(new long[] {1, 40}).get(1);
    double scale = 2 * 10.0 * 10.0 * 0.9 / (41 * 41);
    assertThat(brier.unseen().above()).isCloseTo(scale * 0.1875 * 0.1875, within(1e-15));
    assertThat(brier.unseen().below()).isCloseTo(scale * 0.0625 * 0.0625, within(1e-15));
    var interval = TierOne.level(brier, 0.95).interval();
    assertThat(interval.method()).isEqualTo("linearised_normal_unseen");
    double z = 1.959963984540054;
    assertThat(interval.high())
        .isCloseTo(
            brier.value() + z * Math.sqrt(brier.finiteVariance() + brier.unseen().above()),
            within(1e-12));
    // for future examples the variance is what it is
    assertThat(brier.normal(Target.SUPERPOPULATION, 0.95, 1, 0, 1).interval().method())
        .isEqualTo("linearised_normal");
    // of a stratum that was seen whole nothing is missing
    assertThat(tally.result(0, 1).get(0).unseen()).isEqualTo(Estimate.Unseen.NONE);
    assertThatThrownBy(() -> new Estimate.Unseen(-1, Double.NaN)).hasMessageContaining("-1.0, NaN");
  }

  /** Two models that agree on every row say nothing of the rows that were not seen. */
  @Test
  void aDifferenceWithoutVarianceHasNoInterval() {
    var world = new World(10, 5_000);
    var metrics = world.metrics(world.sample(1), world.a);
    var same = world.metrics(world.sample(1), world.a);
    var precision = TierOne.difference("precision", metrics.difference(same, "precision"), 0.95);
    assertThat(precision.value()).isZero();
    assertThat(precision.intervalReason()).isEqualTo("zero_variance");
    // accuracy allows for a flip that was not seen
    var accuracy = TierOne.difference("accuracy", metrics.difference(same, "accuracy"), 0.95);
    assertThat(accuracy.interval().high()).isPositive();
    // in one of the three strata that were not seen whole, nobody knows which
    double variance = 0;
    long[] counts = new long[5];
    for (int row : world.sample(1)) {
      counts[world.codes[row]]++;
    }
    for (int h = 2; h < 5; h++) {
      double n = counts[h];
      variance += Math.pow(world.populations[h] / n, 2) * (1 - n / world.populations[h]) / 3;
    }
    assertThat(accuracy.standardError()).isCloseTo(Math.sqrt(variance) / world.n, within(1e-12));
  }
}
