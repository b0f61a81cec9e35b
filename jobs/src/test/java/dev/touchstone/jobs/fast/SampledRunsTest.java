package dev.touchstone.jobs.fast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.SamplingPlan;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Stratum;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.metrics.binary.BinaryEvaluation;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.sampling.InclusionHash;
import dev.touchstone.metrics.sampling.PlanMaker;
import dev.touchstone.metrics.sampling.PlanOptions;
import dev.touchstone.metrics.sampling.PlanRule;
import dev.touchstone.metrics.sampling.PlanTask;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
 * The fast tier on samples held against the full tier's values: runs of boosted trees, whose
 * validation sets are sampled again and again by the plan that their first model checkpoint gives.
 * Samples go through the fast tier's operators; exact values come from the full tier's evaluation.
 *
 * <p>Model checkpoints of one run share a sample, so Monte-Carlo errors are those of means over
 * samples.
 */
@SuppressWarnings("try") // a harness may be interrupted while it closes
class SampledRunsTest {

  private static final OutputTag<Standing> STANDINGS = new OutputTag<>("standings") {};
  private static final double THRESHOLD = 0.05;
  private static final double MIN_DELTA = 0.0005;
  private static final double ALPHA = 0.05;

  /** Covered and all, by sample; of one metric. */
  private static final class Coverage {
    private final List<double[]> samples = new ArrayList<>();

    void add(int hits, int all) {
      if (all > 0) {
        samples.add(new double[] {hits, all});
      }
    }

    long intervals() {
      return Math.round(samples.stream().mapToDouble(s -> s[1]).sum());
    }

    double share() {
      return samples.stream().mapToDouble(s -> s[0]).sum() / intervals();
    }

    /** Of the share, samples being independent. */
    double error() {
      double share = share();
      double squares = 0;
      for (double[] sample : samples) {
        squares += Math.pow(sample[0] - share * sample[1], 2);
      }
      return Math.sqrt(squares) / intervals();
    }
  }

  /** What came of all samples. */
  private static final class Found {
    final Map<String, Coverage> coverage = new TreeMap<>();
    int runs;
    int stops;
    int falseStops;
    int sameBest;
    double regret;
    double worstRegret;
    long lag;
    long sampledRows;
    long rows;
  }

  /** A run with the full tier's values, and the plan of its first model checkpoint. */
  private static final class Replay {
    final BoostedRun run;
    final PlanRule rule;
    final byte[] codes;
    final List<Map<String, Double>> exact = new ArrayList<>();

    Replay(BoostedRun run, long budget) {
      this.run = run;
      float[] reference = run.scores().get(0);
      rule =
          PlanMaker.<RuntimeException>make(
                  PlanTask.BINARY,
                  true,
                  false,
                  PlanOptions.of(1, budget),
                  to -> {
                    for (int i = 0; i < run.rows(); i++) {
                      to.accept(i, Integer.toString(run.labels()[i]), reference[i], null);
                    }
                  })
              .file()
              .rule();
      codes = new byte[run.rows()];
      for (int i = 0; i < run.rows(); i++) {
        codes[i] = (byte) rule.stratumOf(Integer.toString(run.labels()[i]), reference[i], null);
      }
      for (float[] scores : run.scores()) {
        var full =
            BinaryEvaluation.evaluate(
                scores,
                run.labels(),
                null,
                BinaryOptions.defaults().withDecisionThreshold(THRESHOLD));
        Map<String, Double> values = new TreeMap<>();
        ProxyMetrics.BINARY.forEach(m -> values.put(m, full.metric(m).value()));
        exact.add(values);
      }
    }

    int[] sample(long seed) {
      var hash = InclusionHash.of(PlanOptions.SALT, seed);
      return IntStream.range(0, run.rows())
          .filter(i -> hash.u(i) < rule.strata().get(codes[i] & 0xFF).rate())
          .toArray();
    }

    SamplingPlan plan(long seed) {
      return new SamplingPlan(
          seed,
          rule.strata().stream()
              .map(s -> new Stratum(s.name(), s.rate(), s.population()))
              .toList());
    }
  }

  private static EngineSettings settings() {
    return EngineSettings.from(
        SettingsSource.empty()
            .with("fast.decision_threshold", THRESHOLD)
            .with("signals.metric", "log_loss")
            .with("signals.min_delta", MIN_DELTA)
            .with("signals.patience", 3)
            .with("signals.alpha", ALPHA));
  }

  private static LedgerUpdate update(
      Replay replay, int[] rows, SamplingPlan plan, int checkpoint, String run) {
    ByteBuffer ids = ByteBuffer.allocate(8 * rows.length).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer scores = ByteBuffer.allocate(4 * rows.length).order(ByteOrder.LITTLE_ENDIAN);
    byte[] labels = new byte[rows.length];
    byte[] strata = new byte[rows.length];
    long positives = 0;
    for (int i = 0; i < rows.length; i++) {
      ids.putLong(rows[i]);
      scores.putFloat(replay.run.scores().get(checkpoint)[rows[i]]);
      labels[i] = replay.run.labels()[rows[i]];
      strata[i] = replay.codes[rows[i]];
      positives += labels[i];
    }
    SetIdentity set =
        new SetIdentity(
            run + "/" + checkpoint,
            null,
            null,
            null,
            "val",
            "validation",
            null,
            plan != null,
            Task.BINARY,
            1);
    Claim claim = new Claim(run, 0, "step-" + checkpoint, checkpoint, null);
    PredictionBatch batch =
        new PredictionBatch(
            set,
            claim,
            null,
            plan,
            0,
            1,
            0,
            true,
            rows.length,
            0,
            ids.array(),
            LabelEncoding.U8,
            labels,
            scores.array(),
            null,
            plan == null ? null : strata,
            List.of(),
            null,
            null);
    SetStatus status =
        new SetStatus(
            set,
            SetState.COMPLETE,
            null,
            List.of(claim),
            rows.length,
            null,
            positives,
            0,
            0,
            0,
            0,
            false,
            List.of(),
            0);
    return new LedgerUpdate(status, batch, null, false, LedgerUpdate.NO_LABELS);
  }

  /** The standings of a run's model checkpoints. */
  private static List<Standing> standings(List<LedgerUpdate> updates) throws Exception {
    var function = new ProxyMetrics(settings().fast(), settings().ledger(), STANDINGS);
    try (var harness =
        new KeyedOneInputStreamOperatorTestHarness<String, LedgerUpdate, MetricPoint>(
            new KeyedProcessOperator<>(function), LedgerUpdate::setKey, Types.STRING)) {
      harness.open();
      for (LedgerUpdate update : updates) {
        harness.processElement(update, 0);
      }
      return harness.getSideOutput(STANDINGS).stream().map(r -> r.getValue()).toList();
    }
  }

  private static List<MetricPoint> differences(List<Standing> standings) throws Exception {
    try (var harness =
        new KeyedTwoInputStreamOperatorTestHarness<String, Standing, ExactMetrics, MetricPoint>(
            new KeyedCoProcessOperator<>(new CompareRun(settings())),
            CompareRun::key,
            CompareRun::key,
            Types.STRING)) {
      harness.open();
      for (Standing standing : standings) {
        harness.processElement1(standing, 0);
      }
      return harness.extractOutputValues();
    }
  }

  private static void replay(Replay replay, int samples, Found found) throws Exception {
    int checkpoints = replay.exact.size();
    int[] all = IntStream.range(0, replay.run.rows()).toArray();
    List<LedgerUpdate> whole = new ArrayList<>();
    for (int c = 0; c < checkpoints; c++) {
      whole.add(update(replay, all, null, c, "whole"));
    }
    List<Signal> fullSignals = JudgedRuns.judge(settings(), standings(whole));
    Signal fullEnd = fullSignals.get(fullSignals.size() - 1);
    for (int seed = 0; seed < samples; seed++) {
      int[] rows = replay.sample(seed);
      found.sampledRows += rows.length;
      found.rows += all.length;
      List<LedgerUpdate> updates = new ArrayList<>();
      for (int c = 0; c < checkpoints; c++) {
        updates.add(update(replay, rows, replay.plan(seed), c, "run" + seed));
      }
      List<Standing> standings = standings(updates);
      assertThat(standings).hasSize(checkpoints);
      Map<String, int[]> hits = new TreeMap<>();
      for (int c = 0; c < checkpoints; c++) {
        for (MetricPoint point : standings.get(c).points()) {
          if (ProxyMetrics.BINARY.contains(point.metric())) {
            count(hits, point.metric(), point, replay.exact.get(c).get(point.metric()));
          }
        }
      }
      int bestSoFar = 0;
      Map<Long, Integer> bestBefore = new TreeMap<>();
      for (int c = 1; c < checkpoints; c++) {
        bestBefore.put((long) c, bestSoFar);
        double value = standings.get(c).point("log_loss").value();
        bestSoFar = value < standings.get(bestSoFar).point("log_loss").value() ? c : bestSoFar;
      }
      for (MetricPoint point : differences(standings)) {
        int c = (int) point.claim().step();
        int dash = point.metric().indexOf("_vs_");
        String metric = point.metric().substring(0, dash);
        int other = point.metric().endsWith("previous") ? c - 1 : bestBefore.get((long) c);
        double truth = replay.exact.get(c).get(metric) - replay.exact.get(other).get(metric);
        count(hits, metric + point.metric().substring(dash), point, truth);
      }
      hits.forEach(
          (name, count) ->
              found.coverage.computeIfAbsent(name, n -> new Coverage()).add(count[0], count[1]));
      decide(replay, standings, fullEnd, found);
    }
  }

  private static void count(Map<String, int[]> hits, String name, MetricPoint point, double truth) {
    int[] count = hits.computeIfAbsent(name, n -> new int[2]);
    if (point.ciLow() != null) {
      double slack = 1e-7; // exact values are summed in another order
      count[0] += point.ciLow() - slack <= truth && truth <= point.ciHigh() + slack ? 1 : 0;
      count[1]++;
    }
  }

  /** What a STOP claims: none of the last three checkpoints gains so much on the best one. */
  private static void decide(Replay replay, List<Standing> standings, Signal fullEnd, Found found)
      throws Exception {
    List<Signal> signals = JudgedRuns.judge(settings(), standings);
    Signal end = signals.get(signals.size() - 1);
    found.runs++;
    double least = replay.exact.stream().mapToDouble(e -> e.get("log_loss")).min().orElseThrow();
    int best = Integer.parseInt(end.bestCheckpoint().substring("step-".length()));
    double regret = replay.exact.get(best).get("log_loss") - least;
    found.regret += regret;
    found.worstRegret = Math.max(found.worstRegret, regret);
    found.sameBest += end.bestCheckpoint().equals(fullEnd.bestCheckpoint()) ? 1 : 0;
    if (end.stop()) {
      found.stops++;
      found.lag += end.claim().step() - fullEnd.claim().step();
      boolean wrong = false;
      for (Signal signal : signals.subList(signals.size() - 3, signals.size())) {
        double loss = replay.exact.get((int) signal.claim().step()).get("log_loss");
        wrong |= replay.exact.get(best).get("log_loss") - loss >= MIN_DELTA;
      }
      found.falseStops += wrong ? 1 : 0;
    }
  }

  private static Found replayed(
      long first, int runs, int samples, int rows, int checkpoints, long budget) throws Exception {
    Found found = new Found();
    for (int run = 0; run < runs; run++) {
      BoostedRun boosted = BoostedRun.of(first + run, 12_000, rows, checkpoints);
      replay(new Replay(boosted, budget), samples, found);
    }
    return found;
  }

  @Test
  void samplesAgreeWithTheFullTierAsTheirIntervalsSay() throws Exception {
    Found found = replayed(11, 1, 80, 50_000, 12, 1_500);
    for (String metric : ProxyMetrics.BINARY) {
      for (String suffix : List.of("", "_vs_previous", "_vs_best")) {
        Coverage coverage = found.coverage.get(metric + suffix);
        String of = metric + suffix + " " + coverage.share() + " ± " + coverage.error();
        assertThat(coverage.intervals()).as(of).isGreaterThan(80 * 10);
        assertThat(coverage.share()).as(of).isGreaterThan(0.93 - 3 * coverage.error());
        if (!careful(metric)) {
          assertThat(coverage.share()).as(of).isLessThan(0.99 + 3 * coverage.error());
        }
      }
    }
    // a STOP is wrong in at most alpha of the runs: 4 of 80, with three Monte-Carlo errors
    assertThat(found.falseStops).isLessThanOrEqualTo(9);
    assertThat(found.stops).isGreaterThan(70);
    // what is kept as the best is as good as the best, as far as min_delta goes
    assertThat(found.worstRegret).isLessThan(MIN_DELTA);
    // not sooner than on the whole set, where all is exact, and hardly later
    assertThat(found.lag / (double) found.stops).isBetween(0.0, 3.0);
    assertThat(found.sampledRows).isLessThan(found.rows / 25);
  }

  /**
   * Whether an interval covers more often than it says by design: average precision is widened, and
   * all positives are there for recall.
   */
  private static boolean careful(String metric) {
    return metric.equals("average_precision") || metric.equals("recall");
  }

  /** Prints the section of docs/simulations.md: runs, samples of each, seed of the first. */
  public static void main(String[] args) throws Exception {
    int runs = Integer.parseInt(args[0]);
    int samples = Integer.parseInt(args[1]);
    long start = System.nanoTime();
    long first = args.length > 2 ? Long.parseLong(args[2]) : 11;
    Found found = replayed(first, runs, samples, 100_000, 12, 2_000);
    System.out.println(table(found, runs));
    System.out.printf(Locale.ROOT, "%.0f s%n", (System.nanoTime() - start) * 1e-9);
  }

  private static String table(Found found, int runs) {
    StringBuilder text =
        new StringBuilder(
            "| metric | value | to the previous | to the best |\n|---|---|---|---|\n");
    for (String metric : ProxyMetrics.BINARY) {
      text.append("| ").append(metric).append(" |");
      for (String suffix : List.of("", "_vs_previous", "_vs_best")) {
        Coverage coverage = found.coverage.get(metric + suffix);
        text.append(
            String.format(
                Locale.ROOT,
                " %.3f ± %.3f (%,d) |",
                coverage.share(),
                coverage.error(),
                coverage.intervals()));
      }
      text.append("\n");
    }
    return text
        + String.format(
            Locale.ROOT,
            "%n%d runs, %d samples of %.2f %% in all: %d of them stopped, %d wrongly, on average"
                + " %.2f checkpoints after the whole set would; the best checkpoint is the same in"
                + " %d and worse by %.6f on average, %.6f at most (min_delta %s).",
            runs,
            found.runs,
            100.0 * found.sampledRows / found.rows,
            found.stops,
            found.falseStops,
            found.lag / (double) Math.max(1, found.stops),
            found.sameBest,
            found.regret / found.runs,
            found.worstRegret,
            MIN_DELTA);
  }
}
