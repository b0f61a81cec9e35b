package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ThresholdRow;
import java.util.Objects;

/**
 * A threshold that answers a question: {@code max_f1}, {@code recall_at_precision_0.9}, ….
 *
 * @param name of the metric that it belongs to
 * @param row its confusion table, or null exactly when {@code reason} is not null
 * @param reason why there is none, machine-readable, or null
 */
public record OperatingPoint(String name, ThresholdRow row, String reason) {
  /** Holds "no row iff a reason". */
  public OperatingPoint {
    Objects.requireNonNull(name, "name");
    if ((row == null) != (reason != null)) {
      throw new IllegalArgumentException(
          name + ": a row is absent exactly when a reason says why, got " + row + ", " + reason);
    }
  }
}
