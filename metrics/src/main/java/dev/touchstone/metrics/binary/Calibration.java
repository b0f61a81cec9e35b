package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ScoreKey;
import java.util.ArrayList;
import java.util.List;

/**
 * Do the probabilities come true? Calibration errors, the parts of the Brier score and the
 * reliability curve.
 *
 * <p>Equal-width bins are exact. Equal-mass bins are cut at multiples of 1/128 octave of the score,
 * the first at or after each quantile: equal scores never part.
 */
final class Calibration {
  static final List<String> NAMES =
      List.of(
          "ece",
          "ece_equal_mass",
          "ece_debiased",
          "mce",
          "brier_reliability",
          "brier_resolution",
          "brier_uncertainty",
          "brier_within_bin_variance",
          "brier_within_bin_covariance");

  /** A bin counts for the maximum only with so many rows: less is noise. */
  private static final double MCE_ROWS = 100;

  private final CoarseCounts total;
  private final double weight;
  private final double level;
  private final CalibrationSums sums;
  private final List<CalibrationBin> equalMass = new ArrayList<>();

  Calibration(CoarseCounts total, CalibrationSums sums, double weight, double level) {
    this.total = total;
    this.sums = sums;
    this.weight = weight;
    this.level = level;
    cut();
  }

  List<CalibrationBin> equalMass() {
    return equalMass;
  }

  /** Closes a bin as soon as its quantile is reached. */
  private void cut() {
    int bins = total.probability().binCount();
    int closed = 0;
    double seen = 0;
    double low = 0;
    double positives = 0;
    double all = 0;
    double scores = 0;
    int last = ScoreKey.of(1f) >>> 16;
    for (int cell = ScoreKey.of(0f) >>> 16; cell <= last; cell++) {
      long p = total.scoreUnits(cell, 1);
      long n = total.scoreUnits(cell, 0);
      if (p + n == 0) {
        continue;
      }
      positives += p;
      all += (double) p + n;
      scores += total.moments().sum(cell, 1, p) + total.moments().sum(cell, 0, n);
      if (seen + all >= weight * (closed + 1) / bins || seen + all >= weight) {
        double high = cell == last ? 1 : ScoreKey.toFloat((cell + 1) << 16);
        double rate = positives / all;
        equalMass.add(
            new CalibrationBin(
                low,
                high,
                all * total.unit(),
                Math.min(1, scores / all),
                rate,
                total.weighted() ? null : Intervals.wilson(rate, all, level)));
        seen += all;
        closed = (int) Math.floor(seen * bins / weight);
        low = high;
        positives = all = scores = 0;
      }
    }
  }

  void addTo(List<MetricValue> metrics) {
    metrics.add(MetricValue.defined("ece", equalWidthError()));
    double mass = 0;
    double debiased = 0;
    double most = Double.NEGATIVE_INFINITY;
    boolean small = false;
    double scale = weight * total.unit();
    for (var bin : equalMass) {
      double gap = Math.abs(bin.positiveRate() - bin.meanScore());
      mass += bin.weight() / scale * gap;
      small |= bin.weight() < 2;
      double noise = bin.positiveRate() * (1 - bin.positiveRate()) / (bin.weight() - 1);
      debiased += bin.weight() / scale * (gap * gap - noise);
      if (bin.weight() >= MCE_ROWS) {
        most = Math.max(most, gap);
      }
    }
    metrics.add(MetricValue.defined("ece_equal_mass", mass));
    // Kumar, Liang and Ma 2019
    metrics.add(
        total.weighted()
            ? MetricValue.undefined("ece_debiased", "weighted")
            : small
                ? MetricValue.undefined("ece_debiased", "bin_of_one")
                : MetricValue.defined("ece_debiased", Math.sqrt(Math.max(0, debiased))));
    metrics.add(
        total.weighted()
            ? MetricValue.undefined("mce", "weighted")
            : most >= 0
                ? MetricValue.defined("mce", most)
                : MetricValue.undefined("mce", "too_few_rows"));
    addBrierParts(metrics);
  }

  private double equalWidthError() {
    double error = 0;
    for (int bin = 0; bin < sums.binCount(); bin++) {
      // (W_k / W) |ybar_k - pbar_k| without the division by W_k
      error += Math.abs(sums.weight(bin, 1) - sums.scores(bin, 0) - sums.scores(bin, 1));
    }
    return error / weight;
  }

  /** BS = REL - RES + UNC + WBV - WBC (Stephenson, Coelho and Jolliffe 2008). */
  private void addBrierParts(List<MetricValue> metrics) {
    double positives = 0;
    for (int bin = 0; bin < sums.binCount(); bin++) {
      positives += sums.weight(bin, 1);
    }
    double rate = positives / weight;
    double reliability = 0;
    double resolution = 0;
    double variance = 0;
    double covariance = 0;
    for (int bin = 0; bin < sums.binCount(); bin++) {
      double y = sums.weight(bin, 1);
      double w = y + sums.weight(bin, 0);
      if (w == 0) {
        continue;
      }
      double p = sums.scores(bin, 0) + sums.scores(bin, 1);
      reliability += (p - y) * (p - y) / w;
      resolution += w * (y / w - rate) * (y / w - rate);
      variance += Math.max(0, sums.squares(bin, 0) + sums.squares(bin, 1) - p * p / w);
      covariance += 2 * (sums.scores(bin, 1) - p * y / w);
    }
    metrics.add(MetricValue.defined("brier_reliability", reliability / weight));
    metrics.add(MetricValue.defined("brier_resolution", resolution / weight));
    metrics.add(MetricValue.defined("brier_uncertainty", rate * (1 - rate)));
    metrics.add(MetricValue.defined("brier_within_bin_variance", variance / weight));
    metrics.add(MetricValue.defined("brier_within_bin_covariance", covariance / weight));
  }
}
