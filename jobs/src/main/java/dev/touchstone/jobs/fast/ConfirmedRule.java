package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.settings.RuleSettings;
import dev.touchstone.metrics.sequential.AlphaSpending;
import dev.touchstone.metrics.stopping.Check;
import dev.touchstone.metrics.stopping.Decision;
import dev.touchstone.metrics.stopping.HealthLimits;
import dev.touchstone.metrics.stopping.RunState;
import dev.touchstone.metrics.stopping.StopRule;
import dev.touchstone.metrics.stopping.StoppingJudge;

/**
 * Judges on intervals of differences at a declared error, so that the share of runs that are
 * stopped wrongly is at most {@code signals.alpha} (methods 5.7).
 */
final class ConfirmedRule {

  private ConfirmedRule() {}

  static StopRule of(RuleSettings settings) {
    return new StopRule(
        settings.mode(),
        settings.minDelta(),
        settings.strict(),
        Math.max(1, settings.patience()),
        settings.startFrom(),
        settings.alpha(),
        AlphaSpending.TELESCOPING,
        settings.maxUndecided(),
        true,
        HealthLimits.defaults());
  }

  /**
   * @param best of the model checkpoints; null before the first
   * @param askFullTier where an undecided check would end the run if it surely had no gain
   */
  static Ruling judge(
      RuleSettings settings, Judged before, Evidence check, Evidence best, boolean askFullTier) {
    StopRule rule = of(settings);
    RunState state = before.run();
    Check.Comparison comparison = null;
    boolean untrusted = best != null && !check.mayBeHeldAgainst(best);
    if (best != null && !untrusted) {
      comparison = check.against(best, settings.metric(), StoppingJudge.nextAlpha(rule, state));
    }
    Decision decision =
        StoppingJudge.judge(
            rule,
            state,
            new Check(
                check.checkpoint(),
                check.point().value(),
                comparison,
                check.health(),
                false,
                null));
    RunState after = decision.after();
    boolean stop = decision.action() == Decision.Action.STOP;
    boolean undecided = decision.outcome() == Decision.Outcome.UNDECIDED;
    boolean tooLong = undecided && after.undecided() % settings.maxUndecided() == 0;
    boolean wouldStop = undecided && state.bad() + 1 >= settings.patience();
    String reason = decision.claim() == null ? decision.reason() : decision.claim();
    if (untrusted && !stop) {
      reason = untrusted(settings);
    }
    return new Ruling(
        stop,
        reason,
        decision.outcome().name(),
        comparison,
        Double.isNaN(decision.alpha()) ? null : (Double) decision.alpha(),
        after.checks(),
        after.bad(),
        decision.ruleVersion(),
        tooLong || askFullTier && (wouldStop || untrusted),
        new Judged(
            before.on(),
            check.standing().claim().step(),
            after,
            null,
            check.checkpoint().equals(after.best()) ? check.standing() : before.best()));
  }

  static String untrusted(RuleSettings settings) {
    return "untrusted_proxy: the intervals of "
        + settings.metric()
        + " have not covered the exact values, so nothing is decided on them";
  }
}
