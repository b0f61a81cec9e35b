package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryReport;
import java.util.List;
import java.util.Map;

/** What tables and pages call things. */
public final class Words {
  private static final Map<String, String> METRICS =
      Map.ofEntries(
          Map.entry("roc_auc", "ROC AUC"),
          Map.entry("brier", "Brier score"),
          Map.entry("brier_skill", "Brier skill"),
          Map.entry("f1", "F1"),
          Map.entry("max_f1", "best F1"),
          Map.entry("mcc", "MCC"),
          Map.entry("max_mcc", "best MCC"),
          Map.entry("youden_j", "Youden J"),
          Map.entry("max_youden_j", "best Youden J"),
          Map.entry("ks", "KS"),
          Map.entry("ece", "ECE"),
          Map.entry("mce", "largest calibration error"),
          Map.entry("mse", "MSE"),
          Map.entry("rmse", "RMSE"),
          Map.entry("mae", "MAE"),
          Map.entry("mape", "MAPE"),
          Map.entry("r2", "R²"),
          Map.entry("mrr", "MRR"),
          Map.entry("map", "MAP"),
          Map.entry("ndcg", "NDCG"),
          Map.entry("decision", "decision threshold"),
          Map.entry("min_cost", "least cost"));

  private static final Map<String, String> POINTS =
      Map.of(
          "recall_at_precision_", "precision ≥ ",
          "precision_at_recall_", "recall ≥ ",
          "recall_at_fpr_", "FPR ≤ ");

  private Words() {}

  /** A metric. */
  public static String metric(String name) {
    String known = METRICS.get(name);
    if (known != null) {
      return known;
    }
    return name.replace('_', ' ')
        .replace("roc auc", "ROC AUC")
        .replace("pr auc", "PR AUC")
        .replace("ece ", "ECE ")
        .replace("brier ", "Brier ")
        .replace(" fpr ", " FPR ")
        .replaceAll("^ndcg at ", "NDCG at ")
        .replaceAll("^map at ", "MAP at ")
        .replaceAll(" f1$", " F1")
        .replaceAll("^f([0-9.]+)$", "F$1");
  }

  /** What an operating point was chosen for. */
  public static String operatingPoint(String name) {
    for (Map.Entry<String, String> point : POINTS.entrySet()) {
      if (name.startsWith(point.getKey())) {
        return point.getValue() + name.substring(point.getKey().length());
      }
    }
    return metric(name);
  }

  /** Why something is undefined. */
  public static String reason(String reason) {
    return reason.equals("score_outside_0_1") ? "scores outside [0, 1]" : reason.replace('_', ' ');
  }

  /** The metrics that are not the answer of an operating point, which have a table of their own. */
  static List<MetricValue> metricsBesidePoints(BinaryReport report) {
    return report.metrics().stream()
        .filter(
            metric ->
                POINTS.keySet().stream().noneMatch(prefix -> metric.name().startsWith(prefix))
                    && !metric.name().equals("max_f1_threshold"))
        .toList();
  }
}
