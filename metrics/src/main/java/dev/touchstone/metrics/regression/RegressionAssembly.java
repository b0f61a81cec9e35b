package dev.touchstone.metrics.regression;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.Moments;
import java.util.ArrayList;
import java.util.List;

/** Puts a report together from sums and a way to find quantiles. */
final class RegressionAssembly {
  /** Below this share of the second moment a variance is rounding. */
  private static final double ROUNDING = 1e-13;

  private final RegressionSums sums;
  private final RegressionOptions options;
  private final Quantiles quantiles;
  private final String reason;
  private final double rows;
  private final double weight; // in units, as all sums are
  private final Moments errors;
  private final Moments magnitudes;

  RegressionAssembly(RegressionSums sums, Quantiles quantiles) {
    this.sums = sums;
    this.options = sums.options;
    this.quantiles = quantiles;
    this.rows = sums.weighting.effectiveRows();
    this.weight = sums.weighting.totalUnits();
    this.reason =
        sums.n == 0
            ? "empty"
            : sums.invalid > 0 ? "invalid_value" : weight == 0 ? "zero_weight" : null;
    this.errors = Moments.ofParts(sums.over, sums.under);
    this.magnitudes = Moments.of().combine(sums.over).combine(sums.under);
  }

  RegressionReport report() {
    return new RegressionReport(
        sums.n,
        sums.weighting.total(),
        sums.invalid,
        sums.zeroTruths,
        quantiles.method(),
        reason == null ? metrics() : undefined());
  }

  private List<String> names() {
    var names =
        new ArrayList<>(
            List.of(
                "mse",
                "rmse",
                "mae",
                "median_absolute_error",
                "max_error",
                "bias",
                "mape",
                "r2",
                "explained_variance"));
    options.pinballQuantiles().forEach(q -> names.add("pinball_" + q));
    options.errorQuantiles().forEach(q -> names.add("error_q" + q));
    return names;
  }

  private List<MetricValue> undefined() {
    return names().stream().map(name -> MetricValue.undefined(name, reason)).toList();
  }

  private List<MetricValue> metrics() {
    var metrics = new ArrayList<MetricValue>();
    var mse = meanSquare();
    metrics.add(mse);
    metrics.add(root(mse));
    metrics.add(magnitudes.metric("mae", rows, 0, Double.MAX_VALUE, options.level()));
    metrics.add(quantiles.of("median_absolute_error", 0.5, true));
    metrics.add(MetricValue.defined("max_error", sums.largest, "not_available"));
    metrics.add(errors.metric("bias", rows, -Double.MAX_VALUE, Double.MAX_VALUE, options.level()));
    metrics.add(mape());
    // 1 - SSE / M2(truth), and the same without the bias
    metrics.add(explained("r2", magnitudes.sumOfSquares()));
    metrics.add(explained("explained_variance", errors.centredSquares()));
    for (double q : options.pinballQuantiles()) {
      metrics.add(pinball(q));
    }
    for (double q : options.errorQuantiles()) {
      metrics.add(quantiles.of("error_q" + q, q, false));
    }
    return metrics;
  }

  private MetricValue meanSquare() {
    double sum = magnitudes.sumOfSquares();
    double mean = sum / weight;
    boolean constant = magnitudes.centredSquares() == 0;
    return mean(
        "mse", mean, constant ? 0 : sums.fourths.value() - sum * mean, sums.fourths.value());
  }

  /** The interval of the mean square, both ends under the root. */
  private static MetricValue root(MetricValue mse) {
    double value = Math.sqrt(mse.value());
    var of = mse.interval();
    if (of == null) {
      return MetricValue.defined("rmse", value, mse.intervalReason());
    }
    return MetricValue.defined(
        "rmse",
        value,
        new Interval(
            Math.sqrt(of.low()), Math.sqrt(of.high()), "clt_t_root", of.level(), of.target()));
  }

  private MetricValue mean(String name, double mean, double centred, double squares) {
    double variance = centred > ROUNDING * squares ? centred / weight / (rows - 1) : 0;
    return Moments.withInterval(
        MetricValue.defined(name, mean),
        rows >= 2 ? Math.sqrt(variance) : 0,
        rows,
        0,
        Double.MAX_VALUE,
        options.level());
  }

  private MetricValue mape() {
    if (options.zeroTruth() == ZeroTruth.UNDEFINED && sums.zeroTruths > 0
        || sums.ratios.weight() == 0) {
      return MetricValue.undefined("mape", "zero_truth");
    }
    // as many effective rows as the share of the weight that is left
    double left = rows * sums.ratios.weight() / weight;
    var metric = sums.ratios.metric("mape", left, 0, Double.MAX_VALUE, options.level());
    return sums.zeroTruths > 0
        ? metric.withFlag(
            options.zeroTruth() == ZeroTruth.EPSILON ? "zero_truth" : "zero_truth_left_out")
        : metric;
  }

  private MetricValue explained(String name, double unexplained) {
    if (sums.counted < 2) {
      return MetricValue.undefined(name, "n_lt_2");
    }
    double all = sums.truth.centredSquares();
    return all > 0
        ? MetricValue.defined(name, 1 - unexplained / all, "not_available")
        : MetricValue.undefined(name, "constant_truth");
  }

  /** Mean of q (truth - prediction) where that is above 0, of (1 - q) (prediction - truth) else. */
  private MetricValue pinball(double q) {
    double loss = q * sums.under.sum() + (1 - q) * sums.over.sum();
    double squares =
        q * q * sums.under.sumOfSquares() + (1 - q) * (1 - q) * sums.over.sumOfSquares();
    double mean = loss / weight;
    return mean("pinball_" + q, mean, squares - loss * mean, squares);
  }
}
