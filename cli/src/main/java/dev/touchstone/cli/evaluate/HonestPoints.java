package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.HonestJson;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.OperatingPoint;
import dev.touchstone.metrics.binary.Questions;
import dev.touchstone.metrics.compare.HonestOperatingPoint;
import java.util.ArrayList;
import java.util.Collections;
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
    return HonestJson.byName(points, questions);
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
      row.add(number(HonestJson.reportedValue(point, questions)));
      ThresholdRow counts = HonestJson.reportedRow(point);
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
