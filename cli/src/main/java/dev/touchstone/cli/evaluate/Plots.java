package dev.touchstone.cli.evaluate;

import dev.touchstone.cli.evaluate.Plot.Point;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.CalibrationBin;
import dev.touchstone.metrics.binary.OperatingPoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** The plots of a report. What cannot be drawn (no positives, no rows) is left out. */
final class Plots {
  // between two vertices precision bends; so many pieces across the whole plot look smooth
  private static final double PIECES = 200;

  private static final Set<String> MARKED = Set.of("decision", "max_f1");

  private Plots() {}

  /** Plots by the name of their file, without extension. */
  static Map<String, Plot> of(Evaluated evaluated) {
    BinaryReport report = evaluated.report();
    var plots = new LinkedHashMap<String, Plot>();
    if (report.curve().isEmpty()) {
      return plots;
    }
    List<OperatingPoint> marks =
        report.operatingPoints().stream()
            .filter(point -> point.row() != null && MARKED.contains(point.name()))
            .toList();
    ThresholdRow all = report.curve().get(report.curve().size() - 1);
    double positives = all.tp() + all.fn();
    double negatives = all.fp() + all.tn();
    if (positives > 0) {
      plots.put(
          "precision_recall",
          precisionRecall(report, evaluated.baseline(), marks, positives, negatives));
    }
    if (positives > 0 && negatives > 0) {
      plots.put("roc", roc(report, evaluated.baseline(), marks));
    }
    if (positives > 0) {
      plots.put("thresholds", thresholds(report, evaluated.options().decisionThreshold()));
    }
    if (!report.calibration().isEmpty()) {
      plots.put("calibration", calibration(report));
    }
    return plots;
  }

  private static String with(String words, MetricValue metric) {
    if (!metric.isDefined()) {
      return words;
    }
    String interval =
        metric.interval() == null
            ? ""
            : " ["
                + TableFormat.number(metric.interval().low())
                + ", "
                + TableFormat.number(metric.interval().high())
                + "]";
    return words + " " + TableFormat.number(metric.value()) + interval;
  }

  // with a second line in the legend there is no room for intervals, which stand elsewhere
  private static String without(String words, MetricValue metric) {
    return with(words, MetricValue.defined(metric.name(), metric.value()));
  }

  private static Plot precisionRecall(
      BinaryReport report,
      BinaryReport baseline,
      List<OperatingPoint> marks,
      double positives,
      double negatives) {
    var plot = new Plot("Precision and recall", Axis.unit("recall"), Axis.unit("precision"));
    for (double f1 : new double[] {0.2, 0.4, 0.6, 0.8}) {
      var points = new ArrayList<Point>();
      for (int i = 0; i <= 50; i++) {
        // F1 = 2PR / (P + R): precision for a recall, from where it is 1
        double recall = f1 / (2 - f1) + (1 - f1 / (2 - f1)) * i / 50.0;
        points.add(new Point(recall, f1 * recall / (2 * recall - f1)));
      }
      plot.hair(points, "F1 " + f1);
    }
    double prevalence = positives / (positives + negatives);
    plot.faint(List.of(new Point(0, prevalence), new Point(1, prevalence)));
    boolean both = baseline != null && baseline.metric("average_precision").isDefined();
    plot.line(
        "a",
        both
            ? without("AP", report.metric("average_precision"))
            : with("AP", report.metric("average_precision")),
        precisionByRecall(report.curve(), positives));
    if (both) {
      plot.lineBehind(
          "d",
          without("baseline", baseline.metric("average_precision")),
          precisionByRecall(baseline.curve(), baseline.weightPos()));
    }
    for (OperatingPoint mark : marks) {
      if (mark.row().precision().isPresent()) {
        plot.dot(
            colour(mark),
            new Point(mark.row().recall().orElse(0), mark.row().precision().getAsDouble()),
            words(mark));
      }
    }
    nameMarks(plot, marks);
    return plot;
  }

  /**
   * The curve through the vertices. Between two of them false positives rise linearly with true
   * ones, so that precision bends (Davis and Goadrich 2006, section 4); a straight line would
   * promise too much.
   */
  static List<Point> precisionByRecall(List<ThresholdRow> curve, double positives) {
    var points = new ArrayList<Point>();
    ThresholdRow last = null;
    for (ThresholdRow row : curve) {
      if (row.tp() + row.fp() == 0) {
        last = row;
        continue;
      }
      double fromTp = last == null ? 0 : last.tp();
      double fromFp = last == null ? 0 : last.fp();
      boolean bends = row.tp() > fromTp && row.fp() > fromFp;
      int pieces = bends ? (int) Math.ceil(PIECES * (row.tp() - fromTp) / positives) : 1;
      for (int i = fromTp + fromFp == 0 ? 0 : 1; i <= pieces; i++) {
        double share = i / (double) pieces;
        double tp = fromTp + share * (row.tp() - fromTp);
        double fp = fromFp + share * (row.fp() - fromFp);
        // leaving the origin, precision is that of the first vertex
        double precision = tp + fp == 0 ? row.tp() / (row.tp() + row.fp()) : tp / (tp + fp);
        points.add(new Point(tp / positives, precision));
      }
      last = row;
    }
    return points;
  }

  private static Plot roc(BinaryReport report, BinaryReport baseline, List<OperatingPoint> marks) {
    var plot =
        new Plot("ROC", Axis.unit("false-positive rate"), Axis.unit("true-positive rate (recall)"));
    plot.faint(List.of(new Point(0, 0), new Point(1, 1)));
    boolean both = baseline != null && baseline.metric("roc_auc").isDefined();
    MetricValue area = report.metric("roc_auc");
    plot.line(
        "a", both ? without("ROC AUC", area) : with("ROC AUC", area), recallByFpr(report.curve()));
    if (both) {
      plot.lineBehind(
          "d", without("baseline", baseline.metric("roc_auc")), recallByFpr(baseline.curve()));
    }
    for (OperatingPoint mark : marks) {
      plot.dot(
          colour(mark),
          new Point(mark.row().fpr().orElse(0), mark.row().recall().orElse(0)),
          words(mark));
    }
    nameMarks(plot, marks);
    return plot;
  }

  private static List<Point> recallByFpr(List<ThresholdRow> curve) {
    return curve.stream()
        .map(row -> new Point(row.fpr().orElse(0), row.recall().orElse(0)))
        .toList();
  }

  private static String colour(OperatingPoint mark) {
    return mark.name().equals("max_f1") ? "c" : "b";
  }

  private static void nameMarks(Plot plot, List<OperatingPoint> marks) {
    for (OperatingPoint mark : marks) {
      plot.named(
          colour(mark),
          mark.name().equals("max_f1") ? "best F1" : "at " + Axis.label(mark.row().threshold()));
    }
  }

  private static String words(OperatingPoint mark) {
    ThresholdRow row = mark.row();
    return Words.operatingPoint(mark.name())
        + " "
        + TableFormat.number(row.threshold())
        + ": precision "
        + TableFormat.number(row.precision())
        + ", recall "
        + TableFormat.number(row.recall())
        + ", F1 "
        + TableFormat.number(row.f1());
  }

  private static Plot calibration(BinaryReport report) {
    List<CalibrationBin> bins = report.calibration();
    Axis x = Axis.unit("mean score");
    Axis y = Axis.unit("share of positives");
    long small = bins.stream().filter(bin -> bin.meanScore() < 0.05).count();
    if (2 * small > bins.size()) {
      // the work is done where a plot of 0 to 1 would show one corner
      double low =
          bins.stream()
              .flatMapToDouble(bin -> DoubleStream.of(bin.meanScore(), bin.positiveRate()))
              .filter(value -> value > 0)
              .min()
              .orElse(1e-3);
      double start = Math.max(1e-6, Math.min(0.01, low / 2));
      double most =
          bins.stream()
              .mapToDouble(bin -> Math.max(bin.meanScore(), bin.positiveRate()))
              .max()
              .orElse(0);
      double end = Math.min(0.999, Math.max(0.1, 1.5 * most));
      x = Axis.logit("mean score (log-odds scale)", start, end);
      y = Axis.logit("share of positives (log-odds scale)", start, end);
    }
    var plot = new Plot("Calibration", x, y);
    var diagonal = new ArrayList<Point>();
    for (double value : new double[] {x.low(), x.high()}) {
      diagonal.add(new Point(value, value));
    }
    plot.faint(diagonal);
    plot.line(
        "a",
        with("ECE", report.metric("ece_equal_mass")),
        bins.stream().map(bin -> new Point(bin.meanScore(), bin.positiveRate())).toList());
    for (CalibrationBin bin : bins) {
      if (bin.interval() != null) {
        plot.whisker("a", bin.meanScore(), bin.interval().low(), bin.interval().high());
      }
      plot.dot(
          "a",
          new Point(bin.meanScore(), bin.positiveRate()),
          TableFormat.amount(bin.weight())
              + " rows: promised "
              + TableFormat.number(bin.meanScore())
              + ", came "
              + TableFormat.number(bin.positiveRate()));
    }
    return plot;
  }

  private static Plot thresholds(BinaryReport report, double decision) {
    List<ThresholdRow> rows =
        Stream.concat(report.sweep().stream(), report.curve().stream())
            .filter(row -> Double.isFinite(row.threshold()))
            .sorted(Comparator.comparingDouble(ThresholdRow::threshold))
            .toList();
    Axis x = thresholdAxis(rows);
    var plot = new Plot("Thresholds", x, Axis.unit("precision, recall, F1"));
    plot.line("a", "precision", series(rows, x, ThresholdRow::precision));
    plot.line("b", "recall", series(rows, x, ThresholdRow::recall));
    plot.line("c", "F1", series(rows, x, ThresholdRow::f1));
    if (decision >= x.low() && decision <= x.high()) {
      plot.faint(List.of(new Point(decision, 0), new Point(decision, 1)));
    }
    return plot;
  }

  // below the axis's start nothing changes that would be seen
  private static List<Point> series(
      List<ThresholdRow> rows, Axis x, Function<ThresholdRow, OptionalDouble> value) {
    var points = new ArrayList<Point>();
    for (ThresholdRow row : rows) {
      if (value.apply(row).isPresent()
          && row.threshold() >= x.low()
          && row.threshold() <= x.high()) {
        points.add(new Point(row.threshold(), value.apply(row).getAsDouble()));
      }
    }
    return points;
  }

  private static Axis thresholdAxis(List<ThresholdRow> rows) {
    if (rows.isEmpty()) {
      return Axis.unit("threshold");
    }
    double low = rows.get(0).threshold();
    double high = rows.get(rows.size() - 1).threshold();
    boolean probabilities = low >= 0 && high <= 1;
    if (!probabilities) {
      return low < high
          ? Axis.linear("threshold", low, high)
          : Axis.linear("threshold", low - 1, high + 1);
    }
    // half of the positives' scores: where the work is done
    long small = rows.stream().filter(row -> row.threshold() < 0.05).count();
    if (2 * small < rows.size()) {
      return Axis.unit("threshold");
    }
    double firstSeen =
        rows.stream()
            .filter(row -> row.threshold() > 0 && row.recall().orElse(1) < 1)
            .mapToDouble(ThresholdRow::threshold)
            .findFirst()
            .orElse(1e-3);
    return Axis.logit(
        "threshold (log-odds scale)", Math.max(1e-6, Math.min(firstSeen, 1e-2)), 0.999);
  }
}
