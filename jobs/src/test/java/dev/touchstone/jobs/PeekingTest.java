package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.RuleSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.CollectingSink;
import dev.touchstone.jobs.testing.MemorySource;
import dev.touchstone.jobs.testing.NullRuns;
import dev.touchstone.metrics.stopping.Mode;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Runs whose model checkpoints are all worth exactly the same, judged by the job of predictions
 * from a sample of a few hundred examples: with min_delta 0 every decision is wrong, whichever way
 * it goes, and every STOP.
 *
 * <p>{@code bench/simulations/signals} runs it larger and prints a table.
 */
class PeekingTest {

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(2)
              .build());

  private static final double ALPHA = 0.05;
  private static final int RUNS = Integer.getInteger("peeking.runs", 200);
  private static final int CHECKPOINTS = Integer.getInteger("peeking.checkpoints", 30);
  private static final String METRICS = System.getProperty("peeking.metrics", "log_loss");

  /** How many runs were decided on wrongly, and how many of these were stopped. */
  private record Errors(int decided, int stopped, int naive) {}

  private static EngineSettings settings(String metric) {
    return EngineSettings.from(
        SettingsSource.empty()
            .with("signals.metric", metric)
            .with("signals.min_delta", 0)
            .with("signals.patience", 1)
            .with("signals.alpha", ALPHA)
            .with("signals.full_evaluations", 0)
            .with("fast.max_slices", 0)
            .with("cache.enabled", false));
  }

  private static Errors judge(String metric) throws Exception {
    Configuration failFast = new Configuration();
    failFast.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(failFast);
    env.setParallelism(1); // model checkpoints end in the order of their steps
    Source<RawMessage, ?, ?> predictions =
        MemorySource.made(i -> NullRuns.message(i, RUNS), (long) RUNS * CHECKPOINTS);
    var metrics = new CollectingSink<MetricPoint>(point -> point.metric().equals(metric));
    var signals = new CollectingSink<Signal>();
    var deadLetters = new CollectingSink<DeadLetter>();
    PredictionsJob.topology(
        env,
        settings(metric),
        predictions,
        MemorySource.nothing(),
        MemorySource.nothing(),
        MemorySource.nothing(),
        metrics,
        new CollectingSink<>(),
        signals,
        new CollectingSink<>(),
        deadLetters);
    env.execute();
    assertThat(deadLetters.collected()).allMatch(letter -> letter.source().value().length == 0);

    Set<String> decided = new TreeSet<>();
    Set<String> stopped = new TreeSet<>();
    Set<String> judged = new TreeSet<>();
    for (Signal signal : signals.collected()) {
      judged.add(signal.claim().runId());
      if (signal.comparedWith() != null && !signal.outcome().equals("UNDECIDED")) {
        decided.add(signal.claim().runId());
      }
      if (signal.stop()) {
        stopped.add(signal.claim().runId());
      }
    }
    assertThat(judged).hasSize(RUNS);
    return new Errors(decided.size(), stopped.size(), naive(metric, metrics.collected()));
  }

  /** Runs where some checkpoint differs from the best before by its fixed 95 % interval. */
  private static int naive(String metric, List<MetricPoint> points) {
    TreeMap<String, TreeMap<Long, MetricPoint>> byRun = new TreeMap<>();
    for (MetricPoint point : points) {
      if (point.complete() && point.slice().isEmpty()) {
        byRun
            .computeIfAbsent(point.claim().runId(), run -> new TreeMap<>())
            .put(point.claim().step(), point);
      }
    }
    Mode mode = RuleSettings.modeOf(metric);
    int wrong = 0;
    for (TreeMap<Long, MetricPoint> run : byRun.values()) {
      assertThat(run).hasSize(CHECKPOINTS);
      MetricPoint best = run.firstEntry().getValue();
      boolean decided = false;
      for (MetricPoint point : run.tailMap(best.claim().step(), false).values()) {
        double gain = mode.gain(point.value() - best.value());
        double error = Math.hypot(half(point), half(best));
        decided |= Math.abs(gain) > error;
        best = gain > 0 ? point : best;
      }
      wrong += decided ? 1 : 0;
    }
    return wrong;
  }

  /** Half of the interval at 95 %. */
  private static double half(MetricPoint point) {
    assertThat(point.level()).isEqualTo(0.95);
    return (point.ciHigh() - point.ciLow()) / 2;
  }

  @Test
  void peekingForThirtyCheckpointsDecidesNothingWronglyButTheNaiveRuleDoes() throws Exception {
    for (String metric : METRICS.split(",")) {
      Errors errors = judge(metric);
      if (System.getProperty("peeking.metrics") != null) {
        System.out.printf(
            "| %s | %d | %d | %.3f | %.3f | %.3f |%n",
            metric,
            RUNS,
            CHECKPOINTS,
            (double) errors.decided() / RUNS,
            (double) errors.stopped() / RUNS,
            (double) errors.naive() / RUNS);
      }
      assertThat(errors.decided())
          .as("wrong decisions on %s", metric)
          .isLessThanOrEqualTo((int) (ALPHA * RUNS));
      assertThat(errors.stopped()).isLessThanOrEqualTo(errors.decided());
      assertThat(errors.naive()).as("of the naive rule").isGreaterThanOrEqualTo(RUNS / 2);
    }
  }
}
