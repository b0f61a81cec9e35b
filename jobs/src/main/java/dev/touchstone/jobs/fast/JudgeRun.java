package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.Judgement;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.RunEvent;
import dev.touchstone.jobs.model.RunInput;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.WantedEvaluation;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import dev.touchstone.jobs.settings.EngineSettings.SignalSettings;
import dev.touchstone.jobs.settings.RuleSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Whether a run should go on, said with each of its model checkpoints whose proxies are complete,
 * and at once when the losses that its training job reports say no. Keyed by run.
 *
 * <p>A checkpoint is compared with the best one so far, by the rule of the settings or of the run
 * itself. Model checkpoints are judged in the order of completion, and only those of a later step
 * than any before; on the evaluation set, split and fold, whole or sampled, whose proxies were
 * complete first. A STOP is said once; a later attempt of a stopped run starts anew, under the same
 * rule.
 *
 * <p>What a check leaves open the full tier may be asked, within a budget. Once its report is
 * there, the check and those after it are judged again with exact values, at the price of further
 * shares of alpha; a check that was followed by {@value #MOST_AGAIN} others stays as it is.
 */
public final class JudgeRun extends KeyedProcessFunction<String, RunInput, Judgement> {

  private static final long serialVersionUID = 1L;

  /** Checks that wait for an exact value; each is a standing in state. */
  static final int MOST_AGAIN = 4;

  private final SignalSettings settings;
  private final double decisionThreshold;
  private final LedgerSettings ledger;
  private final Outputs outputs;
  private transient ValueState<RunCourse> courses;

  /**
   * Where else something goes.
   *
   * @param points counts of the run
   * @param wanted full evaluations
   * @param refused events that contradict what is known of their run
   */
  public record Outputs(
      OutputTag<MetricPoint> points,
      OutputTag<WantedEvaluation> wanted,
      OutputTag<DeadLetter> refused)
      implements java.io.Serializable {}

  public JudgeRun(EngineSettings settings, Outputs outputs) {
    this.settings = settings.signals();
    this.decisionThreshold = settings.fast().decisionThreshold();
    this.ledger = settings.ledger();
    this.outputs = outputs;
  }

  @Override
  public void open(OpenContext context) {
    var state = new ValueStateDescriptor<>("course", Types.POJO(RunCourse.class));
    state.enableTimeToLive(ledger.retention());
    courses = getRuntimeContext().getState(state);
  }

  @Override
  public void processElement(RunInput input, Context context, Collector<Judgement> out)
      throws Exception {
    RunCourse course = courses.value();
    if (course == null) {
      course = new RunCourse();
    }
    if (input.standing() != null) {
      stood(input.standing(), course, context, out);
    } else if (input.event() != null) {
      told(input.event(), course, context, out);
    } else {
      reported(input.exact(), course, context, out);
    }
    courses.update(course);
  }

  // ------------------------------------------------------------------ a model checkpoint

  private void stood(
      Standing standing, RunCourse course, Context context, Collector<Judgement> out) {
    course.heardOf(standing.claim().attempt());
    long now = context.timerService().currentProcessingTime();
    long unscored = course.unscored(standing);
    RuleSettings rule = course.rule(settings.rule());
    String on = On.of(standing.set());
    Judged before = course.judged == null ? Judged.start(on) : course.judged;
    if (course.stopped || !on.equals(before.on()) || standing.claim().step() <= before.step()) {
      return;
    }
    Signals signals = new Signals(rule, course, now);
    String broken = BrokenSet.reason(standing, before.step() < 0, settings);
    if (broken != null) {
      course.stopped = true;
      course.closeLog();
      out.collect(signals.broken(standing, broken));
      return;
    }
    Evidence check = Evidence.of(standing, rule.metric(), course);
    if (check == null) {
      if (course.judged != null && rule.kind() != RuleSettings.Kind.CONFIRMED) {
        course.judged = NaiveRule.skip(rule, before);
      }
      return;
    }
    Ruling ruling = judge(rule, before, check, course);
    if (!check.exact() && ruling.decided()) {
      course.avoided++;
    }
    course.judged = ruling.after();
    course.stopped = ruling.stop();
    remember(standing, before, ruling, course);
    out.collect(signals.of(check, ruling));
    if (ruling.asksFullTier()) {
      ask(List.of(standing, before.best()), course, context);
    }
    count(standing, course, unscored, context);
  }

  private Ruling judge(RuleSettings rule, Judged before, Evidence check, RunCourse course) {
    Evidence best =
        before.best() == null ? null : Evidence.of(before.best(), rule.metric(), course);
    return rule.kind() == RuleSettings.Kind.CONFIRMED
        ? ConfirmedRule.judge(rule, before, check, best, settings.askFullTier())
        : NaiveRule.judge(rule, before, check, best);
  }

  /** Keeps what an exact value may change. */
  private static void remember(Standing standing, Judged before, Ruling ruling, RunCourse course) {
    if (ruling.stop() || course.log.size() >= MOST_AGAIN) {
      course.closeLog();
    }
    boolean begins = course.log.isEmpty() && ruling.open() && !ruling.stop();
    if (begins) {
      course.base = before;
    }
    if (begins || !course.log.isEmpty()) {
      course.log.add(standing);
    }
  }

  // ------------------------------------------------------------------ the full tier

  private void ask(List<Standing> standings, RunCourse course, Context context) {
    long now = context.timerService().currentProcessingTime();
    for (Standing standing : standings) {
      String checkpoint = standing.claim().checkpoint();
      boolean known =
          course.asked.contains(checkpoint)
              || course.exact.stream().anyMatch(values -> values.about(standing));
      if (!known && course.asked.size() < settings.fullEvaluations()) {
        course.asked.add(checkpoint);
        context.output(outputs.wanted(), WantedEvaluation.of(standing, now));
      }
    }
  }

  private void reported(
      ExactMetrics exact, RunCourse course, Context context, Collector<Judgement> out) {
    ExactValues values = ExactValues.of(exact, decisionThreshold);
    course.know(values);
    if (exact.reused()) {
      count(
          "inference_avoided",
          course.unscored(exact),
          exact.claim(),
          exact.evaluationSet(),
          exact.split(),
          context);
    }
    boolean concerns =
        course.log.stream().anyMatch(values::about)
            || course.base != null
                && course.base.best() != null
                && values.about(course.base.best());
    if (course.stopped || !concerns) {
      return;
    }
    RuleSettings rule = course.rule(settings.rule());
    Signals signals = new Signals(rule, course, context.timerService().currentProcessingTime());
    // what the first judgement spent of alpha stays spent
    Judged state = course.base.withComparisons(course.judged.run().comparisons());
    List<Standing> again = List.copyOf(course.log);
    course.closeLog();
    Judgement last = null;
    for (Standing standing : again) {
      Evidence check = Evidence.of(standing, rule.metric(), course);
      if (check == null || course.stopped) {
        continue;
      }
      Ruling ruling = judge(rule, state, check, course);
      remember(standing, state, ruling, course);
      state = ruling.after();
      course.stopped = ruling.stop();
      last = signals.again(check, ruling);
    }
    course.judged = state;
    if (last != null) {
      out.collect(last);
    }
  }

  // ------------------------------------------------------------------ the training job

  private void told(RunEvent event, RunCourse course, Context context, Collector<Judgement> out) {
    course.heardOf(event.attempt());
    try {
      changeRule(event, course);
      joinSweep(event, course);
    } catch (IllegalArgumentException e) {
      context.output(
          outputs.refused(),
          new DeadLetter(event.source(), e.getMessage() + " (run " + event.runId() + ")"));
    }
    LossWatch.Broken broken = LossWatch.hear(event, settings.losses(), course);
    if (broken == null || course.stopped || event.attempt() < course.attempt) {
      return;
    }
    course.stopped = true;
    course.closeLog();
    long now = context.timerService().currentProcessingTime();
    out.collect(new Signals(course.rule(settings.rule()), course, now).broken(event, broken));
  }

  private void changeRule(RunEvent event, RunCourse course) {
    if (event.rule().isEmpty()) {
      return;
    }
    Map<String, String> changes = new HashMap<>(course.changes);
    changes.putAll(event.rule());
    changes.values().removeIf(String::isEmpty);
    RuleSettings before = course.rule(settings.rule());
    RuleSettings after = settings.rule().with(changes);
    course.changes = changes;
    if (after.kind() != before.kind() || !after.metric().equals(before.metric())) {
      course.closeLog();
      course.judged = course.judged == null ? null : course.judged.underAnotherRule();
    }
  }

  private static void joinSweep(RunEvent event, RunCourse course) {
    if (event.sweep() == null) {
      return;
    }
    if (course.sweep != null && !course.sweep.equals(event.sweep())) {
      throw new IllegalArgumentException(
          "sweep must stay " + course.sweep + " over a run, got " + event.sweep());
    }
    course.sweep = event.sweep();
  }

  // ------------------------------------------------------------------ counts

  private void count(Standing standing, RunCourse course, long unscored, Context context) {
    count("full_evaluations_asked", course.asked.size(), standing, context);
    count("full_evaluations_avoided", course.avoided, standing, context);
    count("inference_avoided", unscored, standing, context);
  }

  private void count(String name, long value, Standing standing, Context context) {
    SetIdentity set = standing.set();
    count(name, value, standing.claim(), set.evaluationSet(), set.split(), context);
  }

  private void count(
      String name, long value, Claim claim, String evaluationSet, String split, Context context) {
    context.output(
        outputs.points(),
        MetricPoint.figure(
            context.timerService().currentProcessingTime(),
            claim,
            evaluationSet,
            split,
            name,
            value,
            "counted"));
  }
}
