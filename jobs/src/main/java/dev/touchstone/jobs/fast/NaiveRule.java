package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.settings.RuleSettings;
import dev.touchstone.metrics.stopping.Check;
import dev.touchstone.metrics.stopping.Decision;
import dev.touchstone.metrics.stopping.KerasPatience;
import dev.touchstone.metrics.stopping.LightningPatience;
import dev.touchstone.metrics.stopping.PatienceRule;
import dev.touchstone.metrics.stopping.PatienceState;
import dev.touchstone.metrics.stopping.StoppingJudge;

/**
 * Judges as the usual callbacks do: on the values seen, as if they had no noise. On a sample that
 * stops most runs too early (docs/simulations.md); on exact values there is nothing wrong with it.
 */
final class NaiveRule {

  private NaiveRule() {}

  static PatienceRule of(RuleSettings settings) {
    return settings.kind() == RuleSettings.Kind.KERAS
        ? new KerasPatience(
            settings.mode(),
            settings.minDelta(),
            settings.patience(),
            settings.startFrom(),
            settings.baseline())
        : new LightningPatience(
            settings.mode(),
            settings.minDelta(),
            settings.patience(),
            settings.checkFinite() == null || settings.checkFinite(),
            settings.stoppingThreshold(),
            settings.divergenceThreshold());
  }

  /** A check without the metric: it counts, and nothing is judged. */
  static Judged skip(RuleSettings settings, Judged before) {
    PatienceRule rule = of(settings);
    return new Judged(
        before.on(),
        before.step(),
        before.run(),
        rule.skip(before.patience() == null ? rule.start() : before.patience()),
        before.best());
  }

  static Ruling judge(RuleSettings settings, Judged before, Evidence check, Evidence best) {
    PatienceRule rule = of(settings);
    PatienceState state = before.patience() == null ? rule.start() : before.patience();
    double value = check.point().value();
    Decision health = // the loss alone: nothing is compared
        StoppingJudge.judge(
            ConfirmedRule.of(settings),
            before.run(),
            new Check(check.checkpoint(), value, null, check.health(), false, null));
    PatienceState after = check.trusted() ? rule.next(state, value) : rule.skip(state);
    boolean improved = after.bestAt() == state.checks();
    boolean judged = improved || after.waited() > state.waited();
    return new Ruling(
        health.action() == Decision.Action.STOP || after.stopped(),
        reason(settings, check, health, after, improved),
        improved ? "IMPROVED" : judged ? "NO_IMPROVEMENT" : "NOT_JUDGED",
        best == null ? null : difference(check, best),
        null,
        after.checks(),
        (int) Math.min(Integer.MAX_VALUE, after.waited()),
        settings.kind() + "-patience/1",
        false,
        new Judged(
            before.on(),
            check.standing().claim().step(),
            health.after(),
            after,
            improved ? check.standing() : before.best()));
  }

  private static String reason(
      RuleSettings settings,
      Evidence check,
      Decision health,
      PatienceState after,
      boolean improved) {
    if (health.action() == Decision.Action.STOP) {
      return health.reason();
    }
    if (!check.trusted()) {
      return ConfirmedRule.untrusted(settings);
    }
    if (after.stopped()) {
      return after.reason()
          + ": "
          + (after.reason().equals("patience")
              ? after.waited()
                  + " checks without a value better than "
                  + after.best()
                  + " by "
                  + "more than "
                  + settings.minDelta()
              : settings.metric() + " is " + check.point().value())
          + ", judged on values as if they had no noise";
    }
    return improved ? "gain_seen" : "no_gain_seen";
  }

  /** Without an interval: its ends are the difference. */
  private static Check.Comparison difference(Evidence check, Evidence best) {
    double difference = check.point().value() - best.point().value();
    return new Check.Comparison(
        best.checkpoint(), difference, difference, difference, Double.NaN, check.point().n(), true);
  }
}
