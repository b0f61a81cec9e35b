package dev.touchstone.metrics.stopping;

import dev.touchstone.metrics.stopping.Check.Comparison;
import dev.touchstone.metrics.stopping.Decision.Action;
import dev.touchstone.metrics.stopping.Decision.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Judges the checks of a run, in this order: (1) broken: loss not finite, invalid scores, collapse,
 * explosion; (2) the interval of the paired difference to the best checkpoint; (3) when undecided
 * for long, the full tier is asked, with the trend of the metric as advice; (4) the budget.
 *
 * <pre>
 * IMPROVED        L > 0 (strict: L > min delta)     best := this, bad := 0
 * NO_IMPROVEMENT  U &lt; min delta                     bad += 1; STOP at patience
 * UNDECIDED       otherwise                         grow the sample; at its last level ask the full tier
 * </pre>
 *
 * <p>With comparisons at alpha_t (t counts checkpoints, not looks at a growing sample: the interval
 * must be a confidence sequence), the claim of a STOP by patience holds for all checkpoints
 * together with confidence 1 - alpha. A pure function: the same checks give the same decisions.
 */
public final class StoppingJudge {
  private static final int FEWEST_FOR_TREND = 10;
  private static final double TREND_LEVEL = 0.01;

  private StoppingJudge() {}

  /**
   * The error that the comparison of the next checkpoint may use: its share, over the number of
   * checkpoints that may have become the best one. Which of them did hangs on the same examples and
   * favours the luckiest, so only intervals that hold for each of them hold for it.
   */
  public static double nextAlpha(StopRule rule, RunState state) {
    long next = state.comparisons() + 1;
    return rule.spending().at(rule.alpha(), next) / next;
  }

  /**
   * Judges one check.
   *
   * @throws IllegalArgumentException when the comparison is with another checkpoint than the best,
   *     or uses more error than {@link #nextAlpha}
   */
  public static Decision judge(StopRule rule, RunState state, Check check) {
    double alpha = check.comparison() == null ? Double.NaN : nextAlpha(rule, state);
    if (state.stopped()) {
      return decision(check, Outcome.NOT_JUDGED, Action.STOP, "already_stopped", alpha, state);
    }
    var seen = state.seen(check, rule.limits());
    String broken = rule.limits().verdict(check.health(), state.losses(), state.aboveLimit());
    if (broken != null) {
      return decision(check, Outcome.NOT_JUDGED, Action.STOP, broken, alpha, seen.stop());
    }
    var decision = compare(rule, state, seen, check, alpha);
    if (check.budgetSpent() && decision.action() != Action.STOP) {
      return decision(
          check, decision.outcome(), Action.STOP, "budget_spent", alpha, decision.after().stop());
    }
    return decision;
  }

  private static Decision compare(
      StopRule rule, RunState before, RunState seen, Check check, double alpha) {
    if (seen.best() == null) {
      var first = seen.compared(check.checkpoint(), 0, 0, 0);
      return decision(check, Outcome.IMPROVED, Action.CONTINUE, "first_checkpoint", alpha, first);
    }
    var c = check.comparison();
    if (c == null) {
      return decision(
          check, Outcome.NOT_JUDGED, Action.CONTINUE, "nothing_to_compare", alpha, seen);
    }
    checkFits(before, c, alpha);
    double low = Math.min(rule.mode().gain(c.low()), rule.mode().gain(c.high()));
    double high = Math.max(rule.mode().gain(c.low()), rule.mode().gain(c.high()));
    if (low > (rule.strict() ? rule.minDelta() : 0)) {
      return decision(
          check,
          Outcome.IMPROVED,
          Action.CONTINUE,
          "gain_confirmed",
          alpha,
          seen.compared(check.checkpoint(), 0, 0, 1));
    }
    if (high < rule.minDelta()) {
      return noImprovement(rule, seen, check, alpha);
    }
    return undecided(rule, before, seen, check, alpha);
  }

  private static void checkFits(RunState state, Comparison c, double alpha) {
    if (!c.best().equals(state.best())) {
      throw new IllegalArgumentException(
          "comparison must be with the best checkpoint " + state.best() + ", got " + c.best());
    }
    if (!(c.alpha() > 0 && c.alpha() <= alpha * (1 + 1e-9))) {
      throw new IllegalArgumentException(
          "interval of comparison "
              + (state.comparisons() + 1)
              + " must have an error of at most "
              + alpha
              + ", got "
              + c.alpha());
    }
  }

  private static Decision noImprovement(StopRule rule, RunState seen, Check check, double alpha) {
    int bad = seen.checks() > rule.startFrom() ? seen.bad() + 1 : 0;
    var after = seen.compared(seen.best(), bad, 0, 1);
    if (bad < rule.patience()) {
      return decision(
          check, Outcome.NO_IMPROVEMENT, Action.CONTINUE, "no_gain_confirmed", alpha, after);
    }
    String claim =
        String.format(
            Locale.ROOT,
            "with confidence %s none of the last %d judged checkpoints beats %s by %s or more%s",
            1 - rule.alpha(),
            bad,
            seen.best(),
            rule.minDelta(),
            check.planDigest() == null ? "" : " on the set of plan " + check.planDigest());
    return new Decision(
        StopRule.VERSION,
        check,
        Outcome.NO_IMPROVEMENT,
        Action.STOP,
        "patience",
        claim,
        alpha,
        after.stop());
  }

  private static Decision undecided(
      StopRule rule, RunState before, RunState seen, Check check, double alpha) {
    var c = check.comparison();
    int undecided = before.undecided() + 1;
    boolean tooLong = undecided >= rule.maxUndecided();
    if (!c.lastLevel() && !tooLong) {
      // the same checkpoint is judged again on more examples: its alpha is not spent yet
      return decision(
          check, Outcome.UNDECIDED, Action.GROW_SAMPLE, "interval_too_wide", alpha, before);
    }
    boolean advance = rule.advanceUndecided() && rule.mode().gain(c.difference()) > 0;
    var after =
        advance
            ? seen.compared(check.checkpoint(), 0, undecided, 1)
            : seen.compared(seen.best(), seen.bad(), undecided, 1);
    return decision(
        check,
        Outcome.UNDECIDED,
        Action.ASK_FULL_TIER,
        tooLong ? "undecided_" + trend(rule, seen.values()) : "sample_exhausted",
        alpha,
        after);
  }

  /** Advice for whoever reads the record: successive checkpoints are not independent. */
  private static String trend(StopRule rule, List<Double> values) {
    if (values.size() < FEWEST_FOR_TREND) {
      return "no_trend_known";
    }
    var test = MannKendall.hamedRao(values.stream().mapToDouble(Double::doubleValue).toArray());
    if (test.pValue() >= TREND_LEVEL) {
      return "no_trend";
    }
    return rule.mode().gain(test.z()) > 0 ? "improving" : "worsening";
  }

  private static Decision decision(
      Check check, Outcome outcome, Action action, String reason, double alpha, RunState after) {
    return new Decision(StopRule.VERSION, check, outcome, action, reason, null, alpha, after);
  }

  /** The decisions on all checks in order, from the start. */
  public static List<Decision> replay(StopRule rule, List<Check> checks) {
    var decisions = new ArrayList<Decision>();
    var state = RunState.START;
    for (var check : checks) {
      var decision = judge(rule, state, check);
      decisions.add(decision);
      state = decision.after();
    }
    return decisions;
  }

  /**
   * Holds recorded decisions against the rule.
   *
   * @throws IllegalArgumentException at the first record that its inputs do not lead to
   */
  public static void verify(StopRule rule, List<Decision> records) {
    var state = RunState.START;
    for (int i = 0; i < records.size(); i++) {
      var record = records.get(i);
      var again = judge(rule, state, record.input());
      if (!again.equals(record)) {
        throw new IllegalArgumentException(
            "record "
                + i
                + " (checkpoint "
                + record.input().checkpoint()
                + ") is not what its inputs lead to: recorded "
                + record.outcome()
                + " / "
                + record.action()
                + " / "
                + record.reason()
                + ", judged "
                + again.outcome()
                + " / "
                + again.action()
                + " / "
                + again.reason());
      }
      state = again.after();
    }
  }
}
