package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import dev.touchstone.jobs.settings.EngineSettings.SignalSettings;
import dev.touchstone.metrics.sequential.AlphaSpending;
import dev.touchstone.metrics.stopping.Check;
import dev.touchstone.metrics.stopping.Decision;
import dev.touchstone.metrics.stopping.Health;
import dev.touchstone.metrics.stopping.HealthLimits;
import dev.touchstone.metrics.stopping.Mode;
import dev.touchstone.metrics.stopping.RunState;
import dev.touchstone.metrics.stopping.StopRule;
import dev.touchstone.metrics.stopping.StoppingJudge;
import java.util.Objects;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Whether a run should go on, said with each of its model checkpoints whose proxies are complete.
 * Keyed by run.
 *
 * <p>A checkpoint is compared with the best one so far, example by example where both were sampled
 * under one plan ({@link CompareStandings}), at the error that the check may use. So the share of
 * runs that are stopped wrongly is at most {@code signals.alpha} (methods 5.7).
 *
 * <p>Model checkpoints are judged in the order of completion, and only those of a later step than
 * any before; on the evaluation set, split and fold, whole or sampled, whose proxies were complete
 * first. A STOP is said once; a later attempt of a stopped run starts anew.
 */
public final class JudgeRun extends KeyedProcessFunction<String, Standing, Signal> {

  private static final long serialVersionUID = 1L;
  static final Set<String> LOWER_IS_BETTER =
      Set.of("log_loss", "brier", "mae", "mse", "rmse", "median_absolute_error", "hamming_loss");
  private static final String LOSS = "log_loss";

  private final SignalSettings settings;
  private final LedgerSettings ledger;
  private transient ValueState<Judged> judged;

  /**
   * Where a run stands.
   *
   * @param on what its model checkpoints are judged on
   * @param step of the last one
   * @param best proxies of the best one; null before the first
   */
  public record Judged(String on, int attempt, long step, RunState run, Standing best) {}

  public JudgeRun(SignalSettings settings, LedgerSettings ledger) {
    this.settings = settings;
    this.ledger = ledger;
  }

  @Override
  public void open(OpenContext context) {
    var state = new ValueStateDescriptor<>("judged", Types.POJO(Judged.class));
    state.enableTimeToLive(ledger.retention());
    judged = getRuntimeContext().getState(state);
  }

  @Override
  public void processElement(Standing standing, Context context, Collector<Signal> out)
      throws Exception {
    String on = name(standing.set());
    int attempt = standing.claim().attempt();
    long step = standing.claim().step();
    Judged before = judged.value();
    if (before != null && before.run().stopped() && attempt > before.attempt()) {
      before = null;
    }
    if (before == null) {
      before = new Judged(on, attempt, -1, RunState.START, null);
    }
    MetricPoint point = point(standing, settings.metric());
    if (!on.equals(before.on())
        || step <= before.step()
        || before.run().stopped()
        || point == null
        || point.value() == null) {
      return;
    }
    StopRule rule = rule(settings);
    Check check = check(standing, before, point, rule);
    Decision decision = StoppingJudge.judge(rule, before.run(), check);
    boolean isBest = standing.claim().checkpoint().equals(decision.after().best());
    judged.update(
        new Judged(
            on,
            Math.max(attempt, before.attempt()),
            step,
            decision.after(),
            isBest ? standing : before.best()));
    long now = context.timerService().currentProcessingTime();
    out.collect(signal(standing, point, decision, now));
  }

  private Check check(Standing standing, Judged before, MetricPoint point, StopRule rule) {
    Check.Comparison comparison = null;
    if (before.best() != null) {
      double alpha = StoppingJudge.nextAlpha(rule, before.run());
      CompareStandings.Difference difference =
          CompareStandings.of(before.best(), standing, settings.metric(), alpha);
      comparison =
          new Check.Comparison(
              before.run().best(),
              difference.value(),
              difference.low(),
              difference.high(),
              alpha,
              point.n(),
              true);
    }
    MetricPoint loss = point(standing, LOSS);
    return new Check(
        standing.claim().checkpoint(),
        point.value(),
        comparison,
        loss == null || loss.value() == null ? Health.UNKNOWN : Health.ofLoss(loss.value()),
        false,
        null);
  }

  /** The rule that settings name. */
  static StopRule rule(SignalSettings settings) {
    return new StopRule(
        LOWER_IS_BETTER.contains(settings.metric()) ? Mode.MIN : Mode.MAX,
        settings.minDelta(),
        settings.strict(),
        settings.patience(),
        settings.startFrom(),
        settings.alpha(),
        AlphaSpending.TELESCOPING,
        settings.maxUndecided(),
        true,
        HealthLimits.defaults());
  }

  private Signal signal(Standing standing, MetricPoint point, Decision decision, long now) {
    Check.Comparison c = decision.input().comparison();
    boolean stop = decision.action() == Decision.Action.STOP;
    return new Signal(
        standing.claim(),
        stop,
        decision.claim() == null ? decision.reason() : decision.claim(),
        decision.outcome().name(),
        point.evaluationSet(),
        decision.after().best(),
        settings.metric(),
        point.value(),
        point.ciLow(),
        point.ciHigh(),
        c == null ? null : c.best(),
        c == null ? null : (Double) c.difference(),
        c == null ? null : (Double) c.low(),
        c == null ? null : (Double) c.high(),
        Double.isNaN(decision.alpha()) ? null : (Double) decision.alpha(),
        decision.after().checks(),
        decision.after().bad(),
        decision.ruleVersion()
            + " min_delta="
            + settings.minDelta()
            + " patience="
            + settings.patience()
            + " alpha="
            + settings.alpha(),
        now);
  }

  private static MetricPoint point(Standing standing, String metric) {
    return standing.points().stream()
        .filter(point -> point.metric().equals(metric))
        .findFirst()
        .orElse(null);
  }

  private static String name(SetIdentity set) {
    return set.evaluationSet()
        + "\n"
        + set.split()
        + "\n"
        + Objects.toString(set.fold())
        + "\n"
        + set.sampled();
  }
}
