package dev.touchstone.jobs.fast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.Updates;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.sampling.HashOrder;
import dev.touchstone.metrics.sampling.InclusionHash;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SamplingPlan;
import dev.touchstone.schemas.avro.Stratum;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

/**
 * Sets under a sampling plan: their estimates, and the model checkpoints held against each other.
 */
@SuppressWarnings("try") // a harness may be interrupted while it closes
class SampledSetTest {

  private static final OutputTag<Standing> STANDINGS = new OutputTag<>("standings") {};
  private static final double[] RATES = {1, 1, 0.5, 0.1, 0.02};
  private static final String[] NAMES = {"fraud", "top", "high", "middle", "low"};

  /** An evaluation set with a rare class in five strata. */
  private static final class World {
    final int n;
    final byte[] labels;
    final byte[] codes;
    final double[] truth;
    final long[] populations = new long[5];
    final int[] sample;

    World(long seed, int n) {
      this.n = n;
      labels = new byte[n];
      codes = new byte[n];
      truth = new double[n];
      var random = new SplittableRandom(seed);
      for (int i = 0; i < n; i++) {
        labels[i] = (byte) (random.nextInt(50) == 0 ? 1 : 0);
        truth[i] = 2.2 * labels[i] - 4.5 + random.nextGaussian();
        double reference = truth[i] + 0.5 * random.nextGaussian();
        codes[i] =
            (byte)
                (labels[i] == 1
                    ? 0
                    : reference > -2.5 ? 1 : reference > -3.5 ? 2 : reference > -4.5 ? 3 : 4);
        populations[codes[i]]++;
      }
      sample = sample(seed);
    }

    int[] sample(long seed) {
      var hash = InclusionHash.of("some other salt", seed);
      return IntStream.range(0, n).filter(i -> hash.u(i) < RATES[codes[i]]).toArray();
    }

    /** Scores of a model that sees the truth through so much noise. */
    WireBatches scored(long seed, double noise, long step) {
      var random = new SplittableRandom(seed);
      float[] scores = new float[n];
      for (int i = 0; i < n; i++) {
        scores[i] = (float) (1 / (1 + Math.exp(-truth[i] - noise * random.nextGaussian())));
      }
      var rows = WireBatches.of(scores, labels);
      rows.step = step;
      rows.checkpoint = "step-" + step;
      return rows;
    }

    SamplingPlan plan() {
      List<Stratum> strata = new ArrayList<>();
      for (int h = 0; h < 5; h++) {
        strata.add(new Stratum(NAMES[h], RATES[h], populations[h]));
      }
      return SamplingPlan.newBuilder().setSeed(1).setStrata(strata).build();
    }

    double exact(WireBatches rows, String metric) {
      return BinaryEvaluation.evaluate(
              rows.scores, labels, null, BinaryOptions.defaults().withDecisionThreshold(0.06))
          .metric(metric)
          .value();
    }
  }

  private static EngineSettings settings(Object... more) {
    SettingsSource source = SettingsSource.empty().with("fast.decision_threshold", 0.06);
    for (int i = 0; i < more.length; i += 2) {
      source = source.with((String) more[i], more[i + 1]);
    }
    return EngineSettings.from(source);
  }

  /** What the operator says of a set: points by slice and metric, the COMPLETE ones, and others. */
  private record Said(
      TreeMap<String, MetricPoint> points, List<MetricPoint> partial, Standing standing) {
    MetricPoint point(String name) {
      assertThat(points).containsKey(name);
      return points.get(name);
    }
  }

  private static Said said(EngineSettings settings, WireBatches rows, List<PredictionBatch> batches)
      throws Exception {
    var function = new ProxyMetrics(settings.fast(), settings.ledger(), STANDINGS);
    try (var harness =
        new KeyedOneInputStreamOperatorTestHarness<String, LedgerUpdate, MetricPoint>(
            new KeyedProcessOperator<>(function), LedgerUpdate::setKey, Types.STRING)) {
      harness.open();
      List<LedgerUpdate> updates = Updates.of(settings, rows, batches);
      for (LedgerUpdate update : updates.subList(0, updates.size() - 1)) {
        harness.processElement(update, 0);
      }
      harness.setProcessingTime(1_000);
      harness.processElement(updates.get(updates.size() - 1), 0);
      TreeMap<String, MetricPoint> points = new TreeMap<>();
      List<MetricPoint> partial = new ArrayList<>();
      for (MetricPoint point : harness.extractOutputValues()) {
        if (point.complete()) {
          assertThat(points.put(point.slice() + "/" + point.metric(), point)).isNull();
        } else {
          partial.add(point);
        }
      }
      var standings = harness.getSideOutput(STANDINGS);
      return new Said(points, partial, standings == null ? null : standings.peek().getValue());
    }
  }

  private static Said said(EngineSettings settings, World world, WireBatches rows)
      throws Exception {
    return said(settings, rows, rows.sampled(world.sample, world.codes, world.plan(), 300, 2));
  }

  @Test
  void aCompleteSampleSpeaksForItsPopulations() throws Exception {
    World world = new World(1, 20_000);
    WireBatches rows = world.scored(1, 0.3, 8);
    Said said = said(settings(), world, rows);
    for (String metric : ProxyMetrics.BINARY) {
      MetricPoint point = said.point("/" + metric);
      assertThat(point.target()).as(metric).isEqualTo("finite");
      assertThat(point.sample()).isEqualTo(said.standing().sample().plan().id()).hasSize(12);
      assertThat(point.n()).isEqualTo(world.sample.length);
      assertThat(point.effectiveN()).isBetween(100.0, (double) world.sample.length);
      double exact = world.exact(rows, metric);
      // five standard errors: no statement about coverage, which has a test of its own
      assertThat(Math.abs(point.value() - exact))
          .as(metric)
          .isLessThanOrEqualTo(5 * point.stdError() + 1e-9);
    }
    assertThat(said.point("/average_precision").ciMethod()).isEqualTo("linearised_logit_x1.6");
    assertThat(said.point("/accuracy").ciMethod()).isEqualTo("wilson_unseen");
    // all positives are there
    assertThat(said.point("/recall").stdError()).isZero();
    assertThat(said.point("/recall").value()).isCloseTo(world.exact(rows, "recall"), within(1e-9));
  }

  /** The batches of a sample in hash order, of two shards in turns. */
  private static List<PredictionBatch> inHashOrder(World world, WireBatches rows, int[] sample) {
    int[] order =
        IntStream.of(sample)
            .boxed()
            .sorted(
                Comparator.comparingLong(
                    i -> HashOrder.key(rows.firstId + i) ^ Long.MIN_VALUE)) // unsigned
            .mapToInt(i -> i)
            .toArray();
    List<PredictionBatch> batches = rows.sampled(order, world.codes, world.plan(), 400, 2);
    batches.sort(Comparator.comparingLong(PredictionBatch::getSequence));
    return batches;
  }

  @Test
  void aSampleInHashOrderHasAnIntervalWhileItArrives() throws Exception {
    World world = new World(6, 40_000);
    WireBatches rows = world.scored(1, 0.3, 8);
    List<PredictionBatch> batches = inHashOrder(world, rows, world.sample);
    Said said = said(settings(), rows, batches);
    List<MetricPoint> whole =
        said.partial().stream()
            .filter(p -> p.slice().isEmpty() && "asymptotic_cs_strata".equals(p.ciMethod()))
            .toList();
    assertThat(whole)
        .extracting(MetricPoint::metric)
        .containsExactlyInAnyOrder("log_loss", "brier", "accuracy");
    long below =
        IntStream.of(world.sample).filter(i -> HashOrder.u(rows.firstId + i) < 0.5).count();
    for (MetricPoint point : whole) {
      assertThat(point.n()).isEqualTo(below);
      assertThat(point.target()).isEqualTo("finite");
      assertThat(point.level()).isEqualTo(0.95);
      double exact = world.exact(rows, point.metric());
      assertThat(exact).isBetween(point.ciLow(), point.ciHigh());
      // wider than what the complete sample says, which has all positives, and of use
      MetricPoint end = said.point("/" + point.metric());
      assertThat(point.ciHigh() - point.ciLow()).isBetween(end.ciHigh() - end.ciLow(), 0.5 * exact);
    }
    // as they lie: no random part of the sample
    Said plain = said(settings(), world, rows);
    assertThat(plain.partial()).isNotEmpty().allMatch(p -> p.ciLow() == null);
  }

  /** 80 samples, each looked at with every batch. */
  @Test
  void intervalsOfSamplesInHashOrderHoldAtAllLevelsTogether() throws Exception {
    World world = new World(7, 40_000);
    WireBatches rows = world.scored(1, 0.3, 8);
    List<String> metrics = List.of("log_loss", "brier", "accuracy");
    double[] exact = metrics.stream().mapToDouble(m -> world.exact(rows, m)).toArray();
    int samples = 80;
    int[] missed = new int[metrics.size()];
    long looks = 0;
    for (int seed = 0; seed < samples; seed++) {
      rows.firstId = 1_000_000L * seed;
      var ordered = OrderedRows.ofSample(0.06, 5);
      boolean[] out = new boolean[metrics.size()];
      for (LedgerUpdate update :
          Updates.of(settings(), rows, inHashOrder(world, rows, world.sample(seed)))) {
        ordered.fold(update.batch());
        OrderedRows.Level level = ordered.sampledLevel(update.batch().plan());
        for (int m = 0; level != null && m < metrics.size(); m++) {
          out[m] |= !level.metric(metrics.get(m)).interval().contains(exact[m]);
          looks++;
        }
      }
      for (int m = 0; m < metrics.size(); m++) {
        missed[m] += out[m] ? 1 : 0;
      }
      assertThat(OrderedRows.fromBytes(ordered.toBytes()).toBytes()).isEqualTo(ordered.toBytes());
    }
    assertThat(looks).isGreaterThan(10L * samples);
    for (int m = 0; m < metrics.size(); m++) {
      // at most 5 %, with three Monte-Carlo errors of 2.4 points
      assertThat(missed[m] / (double) samples).as(metrics.get(m)).isLessThan(0.123);
    }
    assertThat(OrderedRows.ofSample(0.06, 65).inOrder()).as("too many strata").isFalse();
  }

  @Test
  void everyStratumHasPointsOfItsOwn() throws Exception {
    World world = new World(2, 20_000);
    WireBatches rows = world.scored(1, 0.3, 8);
    Said said = said(settings(), world, rows);
    for (int h = 0; h < 5; h++) {
      int code = h;
      int[] own = IntStream.of(world.sample).filter(i -> world.codes[i] == code).toArray();
      double right =
          IntStream.of(own).filter(i -> (rows.scores[i] >= 0.06f) == (world.labels[i] == 1)).count()
              / (double) own.length;
      MetricPoint accuracy = said.point("stratum=" + NAMES[h] + "/accuracy");
      assertThat(accuracy.value()).isCloseTo(right, within(1e-12));
      assertThat(accuracy.n()).isEqualTo(own.length);
      assertThat(accuracy.positives()).isEqualTo(h == 0 ? own.length : 0);
      MetricPoint loss = said.point("stratum=" + NAMES[h] + "/log_loss");
      assertThat(loss.value()).isPositive();
      // what was taken whole is exact
      assertThat(loss.stdError() == 0).isEqualTo(RATES[h] == 1);
    }
    assertThat(said.partial()).isNotEmpty().noneMatch(p -> p.slice().startsWith("stratum="));
  }

  @Test
  void whatHasArrivedSoFarClaimsNothing() throws Exception {
    World world = new World(3, 20_000);
    WireBatches rows = world.scored(1, 0.3, 8);
    assertThat(said(settings(), world, rows).partial())
        .isNotEmpty()
        .allSatisfy(
            point -> {
              assertThat(point.value()).isNotNull();
              assertThat(point.ciLow()).isNull();
              assertThat(point.stdError()).isNull();
              assertThat(point.n()).isLessThan(world.sample.length);
              assertThat(point.reason()).isEqualTo("arrival_order");
            });
  }

  @Test
  void aSampleLargerThanWhatIsKeptIsRankedFromItsBins() throws Exception {
    World world = new World(4, 20_000);
    WireBatches rows = world.scored(1, 0.3, 8);
    Said all = said(settings(), world, rows);
    Said some = said(settings("fast.sample_rows", 500), world, rows);
    assertThat(some.standing().sample().ids()).hasSize(500);
    assertThat(all.standing().sample().ids()).hasSize(world.sample.length);
    assertThat(some.point("/roc_auc").ciMethod()).isEqualTo("sampled_delong");
    assertThat(some.point("/roc_auc").value())
        .isCloseTo(all.point("/roc_auc").value(), within(0.01));
    // the others know all rows
    assertThat(some.point("/log_loss")).isEqualTo(all.point("/log_loss"));
  }

  @Test
  void rowsWithWeightsOfTheirOwnAreHajeks() throws Exception {
    World world = new World(6, 20_000);
    WireBatches rows = world.scored(1, 0.3, 8);
    List<PredictionBatch> batches = rows.sampled(world.sample, world.codes, world.plan(), 300, 2);
    for (PredictionBatch batch : batches) {
      ByteBuffer weights = ByteBuffer.allocate(4 * batch.getCount()).order(ByteOrder.LITTLE_ENDIAN);
      while (weights.hasRemaining()) {
        weights.putFloat(2);
      }
      batch.setWeights(weights.flip());
    }
    Said said = said(settings(), rows, batches);
    assertThat(said.point("/log_loss").ciMethod()).isEqualTo("hajek");
    assertThat(said.standing().sample()).isNull();
  }

  @Test
  void evenNegativesAreNoBasisForAveragePrecision() throws Exception {
    World world = new World(7, 5_000);
    WireBatches rows = world.scored(1, 0.3, 8);
    byte[] codes = world.labels.clone();
    long positives = IntStream.range(0, 5_000).filter(i -> codes[i] == 1).count();
    SamplingPlan plan =
        SamplingPlan.newBuilder()
            .setSeed(1)
            .setStrata(
                List.of(
                    new Stratum("negatives", 0.2, 5_000 - positives),
                    new Stratum("positives", 1.0, positives)))
            .build();
    int[] some = IntStream.range(0, 5_000).filter(i -> codes[i] == 1 || i % 5 == 0).toArray();
    Said said = said(settings(), rows, rows.sampled(some, codes, plan, 300, 1));
    assertThat(said.point("/average_precision").value()).isNull();
    assertThat(said.point("/average_precision").reason()).isEqualTo("uniform_negatives");
    assertThat(said.point("/roc_auc").value()).isNotNull();
  }

  private static KeyedTwoInputStreamOperatorTestHarness<String, Standing, ExactMetrics, MetricPoint>
      comparing(EngineSettings settings) throws Exception {
    var harness =
        new KeyedTwoInputStreamOperatorTestHarness<String, Standing, ExactMetrics, MetricPoint>(
            new KeyedCoProcessOperator<>(new CompareRun(settings)),
            CompareRun::key,
            CompareRun::key,
            Types.STRING);
    harness.open();
    return harness;
  }

  private static TreeMap<String, MetricPoint> byName(List<MetricPoint> points) {
    TreeMap<String, MetricPoint> byName = new TreeMap<>();
    points.forEach(point -> byName.put(point.claim().checkpoint() + "/" + point.metric(), point));
    return byName;
  }

  private static ExactMetrics exact(World world, WireBatches rows, Double threshold) {
    return new ExactMetrics(
        "key",
        new Claim("run", 0, rows.checkpoint, rows.step, null),
        "set",
        "val",
        "validation",
        null,
        0,
        threshold,
        false,
        world.n,
        ProxyMetrics.BINARY.stream()
            .map(metric -> new ExactMetrics.Value("", metric, world.exact(rows, metric)))
            .toList());
  }

  @Test
  void eachCheckpointIsHeldAgainstThePreviousAndTheBestOne() throws Exception {
    World world = new World(8, 20_000);
    List<WireBatches> steps =
        List.of(world.scored(1, 0.8, 1), world.scored(1, 0.2, 2), world.scored(1, 0.9, 3));
    EngineSettings settings = settings();
    try (var harness = comparing(settings)) {
      for (WireBatches rows : steps) {
        harness.processElement1(said(settings, world, rows).standing(), 0);
      }
      var points = byName(harness.extractOutputValues());
      assertThat(points).hasSize(2 * 16).doesNotContainKey("step-1/roc_auc_vs_best");
      for (String metric : ProxyMetrics.BINARY) {
        for (int[] pair : new int[][] {{1, 0}, {2, 1}}) {
          MetricPoint point = points.get("step-" + (pair[0] + 1) + "/" + metric + "_vs_previous");
          double difference =
              world.exact(steps.get(pair[0]), metric) - world.exact(steps.get(pair[1]), metric);
          assertThat(Math.abs(point.value() - difference))
              .as(point.metric())
              .isLessThanOrEqualTo(5 * point.stdError() + 1e-9);
          assertThat(point.target()).isEqualTo("finite");
        }
        // of three the second is the best
        assertThat(points.get("step-3/" + metric + "_vs_best").value())
            .isEqualTo(points.get("step-3/" + metric + "_vs_previous").value());
      }
      assertThat(points.get("step-3/average_precision_vs_best").ciHigh()).isNegative();
      assertThat(points.get("step-3/average_precision_vs_best").slice()).isEmpty();
    }
  }

  @Test
  void exactValuesOfAnEarlierCheckpointAnchorALaterOne() throws Exception {
    World world = new World(9, 20_000);
    WireBatches first = world.scored(1, 0.5, 1);
    WireBatches second = world.scored(1, 0.4, 2);
    EngineSettings settings = settings();
    for (boolean reportFirst : new boolean[] {true, false}) {
      try (var harness = comparing(settings)) {
        harness.processElement1(said(settings, world, first).standing(), 0);
        if (reportFirst) {
          harness.processElement2(exact(world, first, 0.06), 0);
          harness.processElement2(exact(world, second, 0.06), 0); // no anchor of itself
        }
        Said said = said(settings, world, second);
        harness.processElement1(said.standing(), 0);
        harness.processElement1(said.standing(), 0); // the same again
        if (!reportFirst) {
          assertThat(harness.extractOutputValues()).noneMatch(p -> p.metric().endsWith("d"));
          harness.processElement2(exact(world, first, 0.06), 0);
        }
        var points = byName(harness.extractOutputValues());
        assertThat(harness.extractOutputValues()).hasSize(24);
        for (String metric : List.of("log_loss", "roc_auc", "average_precision")) {
          MetricPoint point = points.get("step-2/" + metric + "_reanchored");
          double exact = world.exact(second, metric);
          assertThat(point.ciMethod()).isEqualTo("reanchored");
          assertThat(Math.abs(point.value() - exact)).isLessThanOrEqualTo(5 * point.stdError());
          assertThat(point.value())
              .isCloseTo(
                  world.exact(first, metric)
                      + points.get("step-2/" + metric + "_vs_previous").value(),
                  within(1e-12));
          assertThat(point.ciHigh() - point.ciLow()).isPositive();
        }
      }
    }
  }

  @Test
  void decisionsAtAnotherThresholdAnchorNothing() throws Exception {
    World world = new World(9, 5_000);
    EngineSettings settings = settings();
    try (var harness = comparing(settings)) {
      WireBatches first = world.scored(1, 0.5, 1);
      harness.processElement1(said(settings, world, first).standing(), 0);
      harness.processElement2(exact(world, first, 0.5), 0);
      harness.processElement1(said(settings, world, world.scored(1, 0.4, 2)).standing(), 0);
      var points = byName(harness.extractOutputValues());
      assertThat(points).containsKey("step-2/log_loss_reanchored");
      assertThat(points).doesNotContainKey("step-2/accuracy_reanchored");
    }
  }

  /** The same rows are worth more than two intervals: the run is stopped, and much sooner. */
  @Test
  void theJudgeComparesRowByRow() throws Exception {
    World world = new World(10, 20_000);
    EngineSettings settings =
        settings("signals.metric", "log_loss", "signals.min_delta", 0.0005, "signals.patience", 2);
    List<Standing> standings = new ArrayList<>();
    for (int step = 1; step <= 6; step++) {
      // worse by little with each step from the second on
      double noise = step == 1 ? 0.6 : 0.3 + 0.02 * step;
      standings.add(said(settings, world, world.scored(1, noise, step)).standing());
    }
    List<Signal> paired = JudgedRuns.judge(settings, standings);
    List<Signal> unpaired =
        JudgedRuns.judge(settings, standings.stream().map(s -> s.withSample(null)).toList());
    assertThat(paired.get(paired.size() - 1).stop()).isTrue();
    assertThat(unpaired).noneMatch(Signal::stop);
    Signal one = paired.get(2);
    Signal other = unpaired.get(2);
    assertThat(one.difference()).isCloseTo(other.difference(), within(1e-9));
    assertThat(one.differenceHigh() - one.differenceLow())
        .isLessThan((other.differenceHigh() - other.differenceLow()) / 2);
  }

  @Test
  void otherRowsAreNotPaired() throws Exception {
    World world = new World(11, 5_000);
    EngineSettings settings = settings();
    Standing one = said(settings, world, world.scored(1, 0.5, 1)).standing();
    Standing other = said(settings, world, world.scored(1, 0.4, 2)).standing();
    assertThat(CompareStandings.paired(one, other)).isNotNull();
    assertThat(CompareStandings.paired(one.withSample(null), other)).isNull();
    Standing elsewhere =
        said(settings, new World(12, 5_000), new World(12, 5_000).scored(1, 0.4, 2)).standing();
    assertThat(CompareStandings.paired(one, elsewhere)).isNull();
    var difference = CompareStandings.of(one, elsewhere, "roc_auc", 0.05);
    assertThat(difference.paired()).isFalse();
    assertThat(difference.low()).isLessThan(difference.high());
  }
}
