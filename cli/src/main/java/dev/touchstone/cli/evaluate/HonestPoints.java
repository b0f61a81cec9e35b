package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.SectionJson;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.OperatingPoint;
import dev.touchstone.metrics.binary.Questions;
import dev.touchstone.metrics.compare.HonestOperatingPoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Operating points whose threshold was chosen on one hash half of the ids and whose figures are of
 * the other.
 *
 * @param points in the order of the report's, without the decision threshold, which is not chosen
 * @param questions what was asked for
 */
record HonestPoints(List<HonestOperatingPoint> points, Questions questions) {
  HonestPoints {
    points = List.copyOf(points);
  }

  /** Chooses and reports every operating point of {@code report}, whose rows have ids. */
  static HonestPoints of(Predictions rows, BinaryReport report, BinaryOptions options) {
    List<String> names =
        report.operatingPoints().stream()
            .map(OperatingPoint::name)
            .filter(name -> !name.equals("decision"))
            .toList();
    return new HonestPoints(
        HonestOperatingPoint.of(rows.scoredById(), names, options), options.questions());
  }

  /** By the operating point's name, what stands beside it in the report. */
  Map<String, Object> json() {
    var byName = new LinkedHashMap<String, Object>();
    points.forEach(point -> byName.put(point.chosen().name(), json(point)));
    return byName;
  }

  private Map<String, Object> json(HonestOperatingPoint point) {
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
    MetricValue value = reportedValue(point);
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

  // null where nothing is in the other half
  private static ThresholdRow reportedRow(HonestOperatingPoint point) {
    return point.reported().operatingPoints().stream()
        .filter(other -> other.name().equals("decision"))
        .map(OperatingPoint::row)
        .findFirst()
        .orElse(null);
  }

  // what the point was chosen for, on the other half
  private MetricValue reportedValue(HonestOperatingPoint point) {
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

  /** Lines for the terminal. */
  String table() {
    var table = new TextTable("<>>>>>>>>>>");
    table.row(head("honest operating point"));
    cells().forEach(row -> table.row(row.toArray(new String[0])));
    return table.render();
  }

  /** Appends a table to the page. */
  void html(Markup page) {
    page.element(
        "p", "Chosen on one half of the ids, by hash; everything else is of the other half.");
    page.open("div", "class", "scroll").open("table");
    HtmlFormat.head(page, head("chosen for"));
    for (List<String> row : cells()) {
      page.open("tr");
      row.forEach(cell -> page.element("td", cell));
      page.close().line();
    }
    page.close().close().close().line();
  }

  private static String[] head(String first) {
    return new String[] {
      first,
      "threshold",
      "when chosen",
      "reported",
      "precision",
      "recall",
      "F1",
      "TP",
      "FP",
      "FN",
      "TN"
    };
  }

  private List<List<String>> cells() {
    var rows = new ArrayList<List<String>>();
    for (HonestOperatingPoint point : points) {
      var row = new ArrayList<String>();
      row.add(Words.operatingPoint(point.chosen().name()));
      if (point.chosen().reason() != null) {
        row.add(Words.reason(point.chosen().reason()));
        row.addAll(Collections.nCopies(9, "–"));
        rows.add(row);
        continue;
      }
      row.add(TableFormat.number(point.threshold()));
      row.add(number(point.chosenValue()));
      row.add(number(reportedValue(point)));
      ThresholdRow counts = reportedRow(point);
      if (counts == null) {
        row.addAll(Collections.nCopies(7, "–"));
        rows.add(row);
        continue;
      }
      row.add(TableFormat.number(counts.precision()));
      row.add(TableFormat.number(counts.recall()));
      row.add(TableFormat.number(counts.f1()));
      for (double count : new double[] {counts.tp(), counts.fp(), counts.fn(), counts.tn()}) {
        row.add(TableFormat.amount(count));
      }
      rows.add(row);
    }
    return rows;
  }

  private static String number(MetricValue metric) {
    return metric.isDefined() ? TableFormat.number(metric.value()) : "–";
  }
}
