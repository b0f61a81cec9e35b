package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.Judgement;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.RunEvent;
import dev.touchstone.jobs.model.RunInput;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.model.Trust;
import dev.touchstone.jobs.model.Vitals;
import dev.touchstone.jobs.model.WantedEvaluation;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;

/** A judge of runs in a harness, restarted whenever a test wants. */
@SuppressWarnings("try") // a harness may be interrupted while it closes
final class JudgedRuns implements AutoCloseable {

  static final double Z = 1.959963984540054;
  private static final OutputTag<MetricPoint> POINTS = new OutputTag<>("points") {};
  private static final OutputTag<WantedEvaluation> WANTED = new OutputTag<>("wanted") {};
  private static final OutputTag<DeadLetter> REFUSED = new OutputTag<>("refused") {};

  private final EngineSettings settings;
  private final List<Judgement> judgements = new ArrayList<>();
  private final List<MetricPoint> points = new ArrayList<>();
  private final List<WantedEvaluation> wanted = new ArrayList<>();
  private final List<DeadLetter> refused = new ArrayList<>();
  private KeyedOneInputStreamOperatorTestHarness<String, RunInput, Judgement> harness;

  JudgedRuns(Object... more) throws Exception {
    this(settings(more));
  }

  /** Log loss, a gain of 0.01, patience 3, and what else is said by key and value. */
  static EngineSettings settings(Object... more) {
    SettingsSource source =
        SettingsSource.empty()
            .with("signals.metric", "log_loss")
            .with("signals.min_delta", 0.01)
            .with("signals.patience", 3);
    for (int i = 0; i < more.length; i += 2) {
      source = source.with((String) more[i], more[i + 1]);
    }
    return EngineSettings.from(source);
  }

  private JudgedRuns(EngineSettings settings) throws Exception {
    this.settings = settings;
    open(null);
  }

  /** What is said of some runs' model checkpoints. */
  static List<Signal> judge(EngineSettings settings, List<Standing> standings) throws Exception {
    try (var runs = new JudgedRuns(settings)) {
      for (Standing standing : standings) {
        runs.stand(standing);
      }
      return runs.signals();
    }
  }

  private void open(OperatorSubtaskState state) throws Exception {
    harness = open(settings, state);
  }

  static KeyedOneInputStreamOperatorTestHarness<String, RunInput, Judgement> open(
      EngineSettings settings, OperatorSubtaskState state) throws Exception {
    var harness =
        new KeyedOneInputStreamOperatorTestHarness<String, RunInput, Judgement>(
            new KeyedProcessOperator<>(
                new JudgeRun(settings, new JudgeRun.Outputs(POINTS, WANTED, REFUSED))),
            RunInput::runId,
            Types.STRING);
    if (state != null) {
      harness.initializeState(state);
    }
    harness.open();
    return harness;
  }

  /** Ends and goes on from a snapshot. */
  void restart() throws Exception {
    OperatorSubtaskState state = harness.snapshot(1, 1);
    harness.close();
    open(state);
  }

  private void hear(RunInput input) throws Exception {
    harness.processElement(input, 0);
    judgements.addAll(harness.extractOutputValues());
    harness.getOutput().clear();
    drain(POINTS, points);
    drain(WANTED, wanted);
    drain(REFUSED, refused);
  }

  private <T> void drain(OutputTag<T> tag, List<T> into) {
    var side = harness.getSideOutput(tag);
    while (side != null && !side.isEmpty()) {
      into.add(side.poll().getValue());
    }
  }

  JudgedRuns stand(Standing standing) throws Exception {
    hear(RunInput.of(standing));
    return this;
  }

  JudgedRuns tell(RunEvent event) throws Exception {
    hear(RunInput.of(event));
    return this;
  }

  JudgedRuns report(ExactMetrics exact) throws Exception {
    hear(RunInput.of(exact));
    return this;
  }

  List<Judgement> judgements() {
    return judgements;
  }

  List<Signal> signals() {
    return judgements.stream().map(Judgement::signal).toList();
  }

  Signal last() {
    return judgements.get(judgements.size() - 1).signal();
  }

  List<MetricPoint> points() {
    return points;
  }

  /** The newest count of that name. */
  double count(String name) {
    return points.stream()
        .filter(p -> p.metric().equals(name))
        .reduce((a, b) -> b)
        .orElseThrow()
        .value();
  }

  List<WantedEvaluation> wanted() {
    return wanted;
  }

  List<DeadLetter> refused() {
    return refused;
  }

  @Override
  public void close() throws Exception {
    harness.close();
  }

  // ------------------------------------------------------------------ inputs

  /** Of a whole set, exact. */
  static Standing standing(String run, int attempt, long step, String metric, Double value) {
    return standing(run, attempt, step, metric, value, null, Trust.UNKNOWN, Vitals.of(1_000));
  }

  /**
   * @param deviation of a sample's estimate, normal; null for an exact value of a whole set
   */
  static Standing standing(
      String run,
      int attempt,
      long step,
      String metric,
      Double value,
      Double deviation,
      Trust trust,
      Vitals vitals) {
    Claim claim = new Claim(run, attempt, "step-" + step, step, null);
    SetIdentity set =
        new SetIdentity(
            "key" + step,
            null,
            null,
            null,
            "val",
            "validation",
            null,
            deviation != null,
            Task.BINARY,
            1);
    MetricValue known =
        value == null
            ? MetricValue.undefined(metric, "no_positives")
            : MetricValue.defined(metric, value, "exact");
    if (deviation != null) {
      double half = Z * deviation;
      known =
          known.withInterval(
              new Interval(value - half, value + half, "hajek_normal", 0.95, Target.FINITE));
    }
    MetricPoint point =
        MetricPoint.of(known, MetricPoint.Tier.PROXY, set, claim, 1_000, 100, true, 0)
            .withSample(set.sampled() ? "sample" : "")
            .withTrust(trust);
    return new Standing(claim, set, List.of(point), null, vitals);
  }

  static RunEvent event(
      String run, int attempt, Long step, Map<String, Double> metrics, Map<String, String> rule) {
    return event(run, attempt, step, metrics, rule, null);
  }

  static RunEvent event(
      String run,
      int attempt,
      Long step,
      Map<String, Double> metrics,
      Map<String, String> rule,
      String sweep) {
    RawMessage source = new RawMessage("run-events", 0, 7, null, new byte[] {'{'}, 0);
    return new RunEvent(run, attempt, step, null, metrics, rule, sweep, 5, source);
  }

  static ExactMetrics exact(String run, int attempt, long step, String metric, double value) {
    return new ExactMetrics(
        "report" + step,
        new Claim(run, attempt, "step-" + step, step, null),
        "whole" + step,
        "val",
        "validation",
        null,
        0,
        0.5,
        false,
        100_000,
        List.of(new ExactMetrics.Value("", metric, value)));
  }
}
