package dev.touchstone.metrics.shared;

import dev.touchstone.metrics.MetricValue;
import java.util.Objects;

/**
 * How one class (or label) fared against the rest.
 *
 * @param name of the class
 * @param support sum of weights of rows that are of the class
 * @param predicted sum of weights of rows that were said to be
 * @param truePositives of both
 */
public record ClassScore(String name, double support, double predicted, double truePositives) {
  /** Holds that a count is not above what it is a part of. */
  public ClassScore {
    Objects.requireNonNull(name, "name");
    if (!(truePositives >= 0 && truePositives <= support && truePositives <= predicted)) {
      throw new IllegalArgumentException(
          "true positives of class "
              + name
              + " must be in [0, support, predicted], got "
              + truePositives
              + " of "
              + support
              + " and "
              + predicted);
    }
  }

  /** Whether the truth holds the class. */
  public boolean isPresent() {
    return support > 0;
  }

  /** TP / predicted; {@code no_predicted_positives} where nothing was predicted. */
  public MetricValue precision(ZeroDivision zeroDivision) {
    if (predicted > 0) {
      return MetricValue.defined("precision", truePositives / predicted);
    }
    return zeroDivision == ZeroDivision.ZERO
        ? MetricValue.defined("precision", 0).withFlag("zero_division")
        : MetricValue.undefined("precision", "no_predicted_positives");
  }

  /** TP / support; {@code no_positives} for a class that the truth does not hold. */
  public MetricValue recall() {
    return isPresent()
        ? MetricValue.defined("recall", truePositives / support)
        : MetricValue.undefined("recall", "no_positives");
  }

  /** 2 TP / (support + predicted); {@code no_positives} for a class that is absent. */
  public MetricValue f1() {
    return isPresent()
        ? MetricValue.defined("f1", 2 * truePositives / (support + predicted))
        : MetricValue.undefined("f1", "no_positives");
  }
}
