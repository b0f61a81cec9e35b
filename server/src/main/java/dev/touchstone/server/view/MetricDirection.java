package dev.touchstone.server.view;

import java.util.Set;

/** Which way a metric improves. */
final class MetricDirection {

  // losses and errors by name; whatever else is measured here is better the higher it is
  private static final Set<String> LOWER_IS_BETTER =
      Set.of("log_loss", "brier", "ece", "mse", "rmse", "mae", "error_rate", "fpr", "fnr");

  private MetricDirection() {}

  static boolean higherIsBetter(String metric) {
    return !LOWER_IS_BETTER.contains(metric) && !metric.endsWith("_loss");
  }
}
