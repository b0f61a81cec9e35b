package dev.touchstone.jobs.settings;

import dev.touchstone.metrics.stopping.Mode;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * By which rule a run is told to go on or to stop: settings {@code signals.*}, which a run may
 * change for itself.
 *
 * @param metric of the proxies
 * @param mode which way it is better; derived from its name
 * @param minDelta a gain below it is none
 * @param strict confirmed: an improvement exceeds {@code minDelta} for sure, instead of 0
 * @param patience checks in a row without a gain that stop a run; for sure where {@code kind} is
 *     confirmed, else by the value seen
 * @param startFrom earlier checks never count toward patience; not for lightning
 * @param alpha confirmed: the share of runs that may be stopped wrongly
 * @param maxUndecided confirmed: undecided checks in a row after which the full tier is asked
 * @param baseline keras: to be beaten for the wait to end; null for none
 * @param stoppingThreshold lightning: good enough beyond this; null for none
 * @param divergenceThreshold lightning: hopeless beyond this; null for none
 * @param checkFinite lightning: stops at a value that is not finite; null: yes
 */
public record RuleSettings(
    Kind kind,
    String metric,
    Mode mode,
    double minDelta,
    boolean strict,
    int patience,
    int startFrom,
    double alpha,
    int maxUndecided,
    Double baseline,
    Double stoppingThreshold,
    Double divergenceThreshold,
    Boolean checkFinite)
    implements Serializable {

  private static final String PREFIX = "signals.";

  private static final Pattern LOWER_IS_BETTER =
      Pattern.compile(".*loss|brier|mae|mse|rmse|median_absolute_error");

  private static final Set<String> KEYS =
      Set.of(
          "rule",
          "metric",
          "mode",
          "min_delta",
          "strict",
          "patience",
          "start_from",
          "alpha",
          "max_undecided",
          "baseline",
          "stopping_threshold",
          "divergence_threshold",
          "check_finite");

  /** What a check is judged on. */
  public enum Kind {
    /** On intervals, at a declared error. */
    CONFIRMED,
    /** As Keras' callback: on the values seen, as if they had no noise. */
    KERAS,
    /** As Lightning's callback: likewise. */
    LIGHTNING;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Takes a rule's settings out of their source.
   *
   * @throws IllegalArgumentException naming key, rule and value; also where they contradict each
   *     other
   */
  static RuleSettings from(SettingsSource source) {
    RuleSettings rule = read(source);
    rule.checkTogether();
    return rule;
  }

  /** Which way a metric of that name is better. */
  public static Mode modeOf(String metric) {
    return LOWER_IS_BETTER.matcher(metric).matches() ? Mode.MIN : Mode.MAX;
  }

  private static RuleSettings read(SettingsSource source) {
    String metric = source.string("signals.metric", "average_precision");
    Mode derived = modeOf(metric);
    String mode = source.string("signals.mode", null);
    if (mode != null && !mode.equals(derived.name().toLowerCase(Locale.ROOT))) {
      throw bad("mode", derived.name().toLowerCase(Locale.ROOT) + " for metric " + metric, mode);
    }
    return new RuleSettings(
        source.oneOf("signals.rule", Kind.CONFIRMED),
        metric,
        derived,
        source.number("signals.min_delta", 0.002, 0, 1e9),
        source.flag("signals.strict", false),
        (int) source.integer("signals.patience", 5, 0, 1_000_000),
        (int) source.integer("signals.start_from", 0, 0, 1_000_000),
        source.number("signals.alpha", 0.05, 1e-9, 0.5),
        (int) source.integer("signals.max_undecided", 10, 1, 1_000_000),
        source.optionalNumber("signals.baseline"),
        source.optionalNumber("signals.stopping_threshold"),
        source.optionalNumber("signals.divergence_threshold"),
        source.optionalFlag("signals.check_finite"));
  }

  private void checkTogether() {
    if (kind == Kind.CONFIRMED && patience < 1) {
      throw bad("patience", "at least 1 for rule confirmed", patience);
    }
    if (kind != Kind.CONFIRMED && strict) {
      throw bad("strict", "false for rule " + kind + ", which has no intervals", strict);
    }
    if (kind != Kind.KERAS && baseline != null) {
      throw bad("baseline", "left out for rule " + kind, baseline);
    }
    if (kind == Kind.LIGHTNING && startFrom > 0) {
      throw bad("start_from", "0 for rule lightning", startFrom);
    }
    if (kind != Kind.LIGHTNING) {
      refuse("stopping_threshold", stoppingThreshold);
      refuse("divergence_threshold", divergenceThreshold);
      refuse("check_finite", checkFinite);
    }
    if (stoppingThreshold != null
        && divergenceThreshold != null
        && !mode.improves(stoppingThreshold, divergenceThreshold, 0)) {
      throw bad(
          "stopping_threshold",
          "better than signals.divergence_threshold, " + divergenceThreshold,
          stoppingThreshold);
    }
  }

  private void refuse(String key, Object value) {
    if (value != null) {
      throw bad(key, "left out for rule " + kind, value);
    }
  }

  private static IllegalArgumentException bad(String key, String rule, Object value) {
    return new IllegalArgumentException(
        "setting " + PREFIX + key + " must be " + rule + ", got " + value);
  }

  /**
   * The rule with some of its settings changed.
   *
   * @param changes by key without the prefix
   * @throws IllegalArgumentException naming key, rule and value
   */
  public RuleSettings with(Map<String, String> changes) {
    return from(source(changes));
  }

  /**
   * Whether each of some changes is one, whatever the others are.
   *
   * @param changes by key without the prefix; an empty value takes a change back
   * @throws IllegalArgumentException naming key, rule and value
   */
  public static void check(Map<String, String> changes) {
    for (Map.Entry<String, String> change : changes.entrySet()) {
      if (!KEYS.contains(change.getKey())) {
        throw new IllegalArgumentException(
            "rule must have keys of "
                + new TreeSet<>(KEYS)
                + ", got "
                + change.getKey()
                + " = "
                + change.getValue());
      }
      boolean wantsItsMetric = change.getKey().equals("mode");
      if (!change.getValue().isEmpty() && !wantsItsMetric) {
        read(SettingsSource.of("a run event").with(PREFIX + change.getKey(), change.getValue()));
      } else if (!Set.of("", "min", "max").contains(change.getValue())) {
        throw bad("mode", "min or max", change.getValue());
      }
    }
  }

  private SettingsSource source(Map<String, String> changes) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("rule", kind);
    all.put("metric", metric);
    all.put("min_delta", minDelta);
    all.put("strict", strict);
    all.put("patience", patience);
    all.put("start_from", startFrom);
    all.put("alpha", alpha);
    all.put("max_undecided", maxUndecided);
    all.put("baseline", baseline);
    all.put("stopping_threshold", stoppingThreshold);
    all.put("divergence_threshold", divergenceThreshold);
    all.put("check_finite", checkFinite);
    all.putAll(changes);
    SettingsSource source = SettingsSource.of("a run event");
    all.forEach(
        (key, value) -> {
          if (value != null) {
            source.with(PREFIX + key, value);
          }
        });
    return source;
  }

  /** What a signal says of the rule behind it. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    text.append("min_delta=").append(minDelta).append(" patience=").append(patience);
    if (startFrom > 0) {
      text.append(" start_from=").append(startFrom);
    }
    if (kind == Kind.CONFIRMED) {
      text.append(" alpha=").append(alpha).append(strict ? " strict" : "");
    }
    append(text, "baseline", baseline);
    append(text, "stopping_threshold", stoppingThreshold);
    append(text, "divergence_threshold", divergenceThreshold);
    append(text, "check_finite", checkFinite);
    return text.toString();
  }

  private static void append(StringBuilder text, String key, Object value) {
    if (value != null) {
      text.append(' ').append(key).append('=').append(value);
    }
  }
}
