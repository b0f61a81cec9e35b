package dev.touchstone.metrics.stopping;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What was decided at one check, with everything it was decided on: the record that is kept.
 *
 * @param ruleVersion {@link StopRule#VERSION}
 * @param input the check
 * @param outcome what is known about the checkpoint
 * @param action what to do
 * @param reason machine-readable
 * @param claim what a STOP by patience claims, in words; null otherwise
 * @param alpha share of alpha that the comparison had to use; NaN without one
 * @param after the state after it
 */
public record Decision(
    String ruleVersion,
    Check input,
    Outcome outcome,
    Action action,
    String reason,
    String claim,
    double alpha,
    RunState after) {
  /** What is known about a model checkpoint. */
  public enum Outcome {
    /** Better than the best so far; it is the best now. */
    IMPROVED,
    /** Not better by min delta, for sure. */
    NO_IMPROVEMENT,
    /** Neither is known; never counts toward patience. */
    UNDECIDED,
    /** Not judged: something is broken, or there was nothing to compare. */
    NOT_JUDGED
  }

  /** What to do next. */
  public enum Action {
    /** Train on. */
    CONTINUE,
    /** Evaluate the same checkpoint on more of the sample. */
    GROW_SAMPLE,
    /** Evaluate it in full. */
    ASK_FULL_TIER,
    /** End the run. */
    STOP
  }

  /** Checks that the parts are there. */
  public Decision {
    Objects.requireNonNull(ruleVersion, "ruleVersion");
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(outcome, "outcome");
    Objects.requireNonNull(action, "action");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(after, "after");
  }

  /** Plain maps, texts and numbers for a JSON writer; what is not known is null. */
  public Map<String, Object> toMap() {
    var map = new LinkedHashMap<String, Object>();
    map.put("rule_version", ruleVersion);
    map.put("checkpoint", input.checkpoint());
    map.put("check", after.checks());
    map.put("value", number(input.value()));
    var c = input.comparison();
    map.put("compared_with", c == null ? null : c.best());
    map.put("difference", c == null ? null : number(c.difference()));
    map.put("low", c == null ? null : number(c.low()));
    map.put("high", c == null ? null : number(c.high()));
    map.put("n", c == null ? null : c.n());
    map.put("alpha", number(alpha));
    map.put("loss", input.health().loss() == null ? null : number(input.health().loss()));
    map.put("plan_digest", input.planDigest());
    map.put("outcome", outcome.name());
    map.put("action", action.name());
    map.put("reason", reason);
    map.put("claim", claim);
    map.put("best", after.best());
    map.put("bad", after.bad());
    return map;
  }

  private static Double number(double value) {
    return HealthLimits.isFinite(value) ? value : null;
  }
}
