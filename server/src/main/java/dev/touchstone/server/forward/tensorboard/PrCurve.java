package dev.touchstone.server.forward.tensorboard;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A precision-recall curve as TensorBoard's plugin {@code pr_curves} holds it: six rows (true
 * positives, false positives, true negatives, false negatives, precision, recall) at evenly spaced
 * thresholds from 0 to 1, which the plugin derives from their number alone.
 *
 * <p>A report's sweep has exact counts at such thresholds where scores are probabilities, and
 * between them rows at other thresholds, which have no place here. Both sides predict positive at
 * scores from the threshold on.
 *
 * @param thresholds how many
 * @param rows six times as many values, row by row
 */
record PrCurve(int thresholds, double[] rows) {

  static final int ROWS = 6;
  private static final int MIN_THRESHOLDS = 3; // with 0 and 1 alone there is no curve

  /** The curve of a binary report; empty where the report has no counts at even thresholds. */
  static Optional<PrCurve> of(JsonNode report) {
    Map<Double, JsonNode> byThreshold = new HashMap<>();
    for (JsonNode row : report.path("sweep")) {
      if (row.path("threshold").isNumber()) {
        byThreshold.put(row.path("threshold").doubleValue(), row);
      }
    }
    for (int n = byThreshold.size(); n >= MIN_THRESHOLDS; n--) {
      JsonNode[] even = even(byThreshold, n);
      if (even != null) {
        return Optional.of(of(even));
      }
    }
    return Optional.empty();
  }

  /** The rows at n even thresholds; null if one of them is missing. */
  private static JsonNode[] even(Map<Double, JsonNode> byThreshold, int n) {
    JsonNode[] even = new JsonNode[n];
    for (int i = 0; i < n; i++) {
      double threshold = i / (double) (n - 1);
      JsonNode row = byThreshold.get(threshold);
      // scores of 32 bits have thresholds of 32 bits
      even[i] = row != null ? row : byThreshold.get((double) (float) threshold);
      if (even[i] == null) {
        return null;
      }
    }
    return even;
  }

  private static PrCurve of(JsonNode[] even) {
    int n = even.length;
    double[] rows = new double[ROWS * n];
    for (int i = 0; i < n; i++) {
      JsonNode row = even[i];
      rows[i] = row.path("tp").doubleValue();
      rows[n + i] = row.path("fp").doubleValue();
      rows[2 * n + i] = row.path("tn").doubleValue();
      rows[3 * n + i] = row.path("fn").doubleValue();
      // undefined ones are 0, as TensorBoard's own summaries have them
      rows[4 * n + i] = row.path("precision").asDouble(0);
      rows[5 * n + i] = row.path("recall").asDouble(0);
    }
    return new PrCurve(n, rows);
  }
}
