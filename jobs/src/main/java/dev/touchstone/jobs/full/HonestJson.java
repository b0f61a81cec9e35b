package dev.touchstone.jobs.full;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import dev.touchstone.metrics.binary.OperatingPoint;
import dev.touchstone.metrics.binary.Questions;
import dev.touchstone.metrics.compare.HonestOperatingPoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The fields {@code honest} of operating points: the threshold was chosen on one hash half of the
 * ids, the figures are of the other.
 */
public final class HonestJson {
  private HonestJson() {}

  /** By the operating point's name, what stands beside it in the report. */
  public static Map<String, Object> byName(List<HonestOperatingPoint> points, Questions questions) {
    var byName = new LinkedHashMap<String, Object>();
    points.forEach(point -> byName.put(point.chosen().name(), json(point, questions)));
    return byName;
  }

  private static Map<String, Object> json(HonestOperatingPoint point, Questions questions) {
    var json = new LinkedHashMap<String, Object>();
    json.put("method", "hash_half");
    json.put("salt", HonestOperatingPoint.SALT);
    json.put("reason", point.chosen().reason());
    if (point.chosen().reason() != null) {
      json.put("threshold", null);
      return json;
    }
    json.put("threshold", point.threshold());
    if (Double.isInfinite(point.threshold())) {
      json.put("threshold_reason", "above_every_score");
    }
    var chosen = new LinkedHashMap<String, Object>();
    chosen.put("value", SectionJson.value(point.chosenValue()));
    addCounts(chosen, point.chosen().row());
    json.put("chosen", chosen);
    var reported = new LinkedHashMap<String, Object>(SectionJson.size(point.reported()));
    MetricValue value = reportedValue(point, questions);
    reported.put("value", SectionJson.value(value));
    reported.put("reason", value.reason());
    addCounts(reported, reportedRow(point));
    for (String metric : List.of("precision", "recall", "f1")) {
      reported.put(metric, SectionJson.metric(point.metric(metric)));
    }
    json.put("reported", reported);
    return json;
  }

  private static void addCounts(Map<String, Object> to, ThresholdRow row) {
    to.put("tp", row == null ? null : SectionJson.amount(row.tp()));
    to.put("fp", row == null ? null : SectionJson.amount(row.fp()));
    to.put("fn", row == null ? null : SectionJson.amount(row.fn()));
    to.put("tn", row == null ? null : SectionJson.amount(row.tn()));
  }

  /** Decisions on the other half; null where nothing is in it. */
  public static ThresholdRow reportedRow(HonestOperatingPoint point) {
    return point.reported().operatingPoints().stream()
        .filter(other -> other.name().equals("decision"))
        .map(OperatingPoint::row)
        .findFirst()
        .orElse(null);
  }

  /** What the point was chosen for, on the other half. */
  public static MetricValue reportedValue(HonestOperatingPoint point, Questions questions) {
    String name = point.chosen().name();
    if (name.equals("min_cost")) {
      ThresholdRow row = reportedRow(point);
      return row == null
          ? MetricValue.undefined(name, point.metric("recall").reason())
          : MetricValue.defined(
              name,
              questions.falsePositiveCost() * row.fp() + questions.falseNegativeCost() * row.fn());
    }
    String metric =
        name.startsWith("max_") ? name.substring(4) : name.substring(0, name.indexOf("_at_"));
    return point.metric(metric);
  }
}
