package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.ReportJson;
import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ThresholdRow;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.OperatingPoint;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** The report as aligned tables for the terminal. */
final class TableFormat {
  private static final String NONE = "–";
  private static final List<String> SLICE_METRICS =
      List.of("average_precision", "roc_auc", "log_loss", "brier", "f1");

  private TableFormat() {}

  static void write(OutputStream to, Evaluated evaluated) throws IOException {
    BinaryReport report = evaluated.report();
    var text = new StringBuilder();
    text.append(evaluated.name()).append('\n');
    text.append(head(report, evaluated.predictions())).append("\n\n");
    text.append(metrics(report, evaluated.options()));
    evaluated.sections().forEach(section -> text.append('\n').append(section.table()));
    if (!report.operatingPoints().isEmpty()) {
      text.append('\n').append(points(report.operatingPoints()));
    }
    if (evaluated.honest() != null) {
      text.append('\n').append(evaluated.honest().table());
    }
    if (!evaluated.slices().isEmpty()) {
      text.append('\n').append(slices(evaluated.slices()));
    }
    to.write(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** How many rows there are, in words. */
  static String head(BinaryReport report, Predictions predictions) {
    String head =
        count(report.n())
            + " predictions, "
            + count(report.nPos())
            + " positive"
            + (report.n() > 0 ? " (" + percent(report.nPos() / (double) report.n()) + ")" : "")
            + ", scores "
            + predictions.scoreType();
    return predictions.weights() == null
        ? head
        : head
            + "\nweights sum to "
            + number(report.weightTotal())
            + ", of positives to "
            + number(report.weightPos());
  }

  private static String metrics(BinaryReport report, BinaryOptions options) {
    var table = new TextTable("<><<");
    table.row("metric", "value", percent(options.level()) + " interval", "");
    for (MetricValue metric : Words.metricsBesidePoints(report)) {
      String remark = metric.isDefined() ? String.join(", ", metric.flags()) : metric.reason();
      String interval = "";
      if (metric.interval() != null) {
        interval = range(metric.interval()) + "  " + metric.interval().method();
      }
      table.row(
          metric.name(), metric.isDefined() ? number(metric.value()) : NONE, interval, remark);
    }
    return table.render();
  }

  /** Both ends of an interval, or a dash. */
  static String range(Interval interval) {
    return interval == null ? NONE : number(interval.low()) + " … " + number(interval.high());
  }

  private static String points(List<OperatingPoint> points) {
    var table = new TextTable("<>>>>>>>>");
    table.row("operating point", "threshold", "precision", "recall", "F1", "TP", "FP", "FN", "TN");
    for (OperatingPoint point : points) {
      ThresholdRow row = point.row();
      String name = Words.operatingPoint(point.name());
      if (row == null) {
        table.row(name, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE);
        continue;
      }
      table.row(
          name,
          number(row.threshold()),
          number(row.precision()),
          number(row.recall()),
          number(row.f1()),
          amount(row.tp()),
          amount(row.fp()),
          amount(row.fn()),
          amount(row.tn()));
    }
    return table.render();
  }

  private static String slices(List<ReportJson.Slice> slices) {
    var table = new TextTable("<>>>" + ">".repeat(SLICE_METRICS.size()));
    String[] head = new String[4 + SLICE_METRICS.size()];
    head[0] = "slice";
    head[1] = "n";
    head[2] = "positive";
    head[3] = "share";
    for (int i = 0; i < SLICE_METRICS.size(); i++) {
      head[4 + i] = SLICE_METRICS.get(i);
    }
    table.row(head);
    for (ReportJson.Slice slice : slices) {
      BinaryReport report = slice.report();
      String[] cells = new String[head.length];
      cells[0] = slice.slice();
      cells[1] = count(report.n());
      cells[2] = count(report.nPos());
      cells[3] = percent(report.nPos() / (double) report.n());
      for (int i = 0; i < SLICE_METRICS.size(); i++) {
        MetricValue metric = report.metric(SLICE_METRICS.get(i));
        cells[4 + i] = metric.isDefined() ? number(metric.value()) : NONE;
      }
      table.row(cells);
    }
    return table.render();
  }

  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  static String amount(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? count((long) value)
        : number(value);
  }

  static String number(OptionalDouble value) {
    return value.isPresent() ? number(value.getAsDouble()) : NONE;
  }

  /** Four significant digits at least, never more than people read. */
  static String number(double value) {
    double size = Math.abs(value);
    if (Double.isInfinite(value)) {
      return value > 0 ? "∞" : "-∞";
    }
    if (size == 0) {
      return "0";
    }
    if (size >= 1e9 || size < 1e-4) {
      return String.format(Locale.ROOT, "%.3e", value);
    }
    return String.format(Locale.ROOT, size >= 100 ? "%,.1f" : size >= 1 ? "%.4f" : "%.5f", value);
  }

  static String percent(double share) {
    if (share == 0) {
      return "0 %";
    }
    String digits =
        String.format(
            Locale.ROOT, share >= 0.1 ? "%.1f" : share >= 0.01 ? "%.2f" : "%.3f", 100 * share);
    return (digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits) + " %";
  }
}
