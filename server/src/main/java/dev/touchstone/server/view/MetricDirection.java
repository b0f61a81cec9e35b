package dev.touchstone.server.view;

import java.util.regex.Pattern;

/** Which way a metric improves. */
final class MetricDirection {

  // losses and errors by name; whatever else is measured is better the higher it is
  private static final Pattern LOWER_IS_BETTER =
      Pattern.compile(
          ".*_loss|brier(_reliability)?|(ece|mce)(_.*)?|r?mse|mae|error_rate|fpr|fnr|.*proxy_absolute_error");

  // properties of the data or of a choice, neither good nor bad
  private static final Pattern NEITHER =
      Pattern.compile("prevalence|brier_(uncertainty|within_bin_.*)|.*_threshold|.*proxy_bias");

  // differences between model checkpoints, and values by way of them, improve as their metric does
  private static final Pattern DERIVED = Pattern.compile("_(vs_(best|previous)|reanchored)$");

  private MetricDirection() {}

  /** Null where neither way is better. */
  static Boolean higherIsBetter(String metric) {
    if (NEITHER.matcher(metric).matches()) {
      return null;
    }
    return !LOWER_IS_BETTER.matcher(DERIVED.matcher(metric).replaceFirst("")).matches();
  }
}
