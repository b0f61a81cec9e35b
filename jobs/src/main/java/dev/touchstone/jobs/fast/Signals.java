package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Judgement;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.RunEvent;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.settings.RuleSettings;
import dev.touchstone.metrics.stopping.Check;
import java.util.TreeSet;

/** What is said of a run, with its evidence. */
final class Signals {

  private final RuleSettings rule;
  private final RunCourse course;
  private final long now;

  Signals(RuleSettings rule, RunCourse course, long now) {
    this.rule = rule;
    this.course = course;
    this.now = now;
  }

  Judgement of(Evidence check, Ruling ruling) {
    return said(check, ruling, ruling.reason());
  }

  /** With exact values, after the same check was judged without. */
  Judgement again(Evidence check, Ruling ruling) {
    return said(check, ruling, ruling.reason() + " (judged again with exact values)");
  }

  private Judgement said(Evidence check, Ruling ruling, String reason) {
    MetricPoint point = check.point();
    Check.Comparison c = ruling.comparison();
    boolean interval = c != null && ruling.alpha() != null;
    Standing best = ruling.after().best();
    return new Judgement(
        course.sweep,
        On.of(check.standing().set()),
        check.trusted(),
        new Signal(
            check.standing().claim(),
            ruling.stop(),
            reason,
            ruling.outcome(),
            point.evaluationSet(),
            best == null ? null : best.claim().checkpoint(),
            rule.metric(),
            point.value(),
            point.ciLow(),
            point.ciHigh(),
            c == null ? null : c.best(),
            c == null ? null : (Double) c.difference(),
            interval ? (Double) c.low() : null,
            interval ? (Double) c.high() : null,
            ruling.alpha(),
            ruling.checks(),
            ruling.withoutGain(),
            ruling.rule() + " " + rule.describe() + changed(),
            now));
  }

  /** Of a model checkpoint whose metrics don't matter any longer. */
  Judgement broken(Standing standing, String reason) {
    MetricPoint point = standing.point(rule.metric());
    return stop(
        standing.claim(),
        reason,
        standing.set().evaluationSet(),
        rule.metric(),
        point == null ? null : point.value());
  }

  /** Of a loss that the training job has reported. */
  Judgement broken(RunEvent event, LossWatch.Broken broken) {
    return stop(event.claim(), broken.reason(), null, broken.name(), broken.loss());
  }

  private Judgement stop(
      Claim claim, String reason, String evaluationSet, String metric, Double value) {
    Judged judged = course.judged;
    boolean judgedBefore = judged != null && judged.best() != null;
    return new Judgement(
        course.sweep,
        judged == null ? null : judged.on(),
        false,
        new Signal(
            claim,
            true,
            reason,
            "NOT_JUDGED",
            evaluationSet,
            judgedBefore ? judged.best().claim().checkpoint() : null,
            metric,
            value,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            judged == null ? 0 : judged.run().checks(),
            judged == null ? 0 : judged.run().bad(),
            "limits/1" + changed(),
            now));
  }

  private String changed() {
    return course.changes.isEmpty()
        ? ""
        : " (of the run: " + String.join(", ", new TreeSet<>(course.changes.keySet())) + ")";
  }
}
