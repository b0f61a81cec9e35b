package dev.touchstone.metrics.regression;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.QuantileRanks;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.regression.ErrorHistogram.Place;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Quantiles of errors, or of their magnitudes. Without weights by linear interpolation between the
 * neighbours of rank (n - 1) q, NumPy's default (Hyndman and Fan 1996, type 7); with weights the
 * least value at or below which there is a share q of the weight (type 1).
 *
 * <p>From a histogram a value is known to within 0.4 %, and its interval is certified to hold the
 * exact one ({@code histogram_bounds}). With the errors at hand values are exact, and without
 * weights have an interval by order statistics ({@code order_statistics}; Conover 1999, section
 * 3.2), where there are enough rows for one ({@code too_few_rows}).
 */
final class Quantiles {
  private final ErrorHistogram histogram;
  private final boolean weighted;
  private final double level;
  private final double[] errors;
  private final long[] units;

  /** From a histogram alone. */
  Quantiles(ErrorHistogram histogram, boolean weighted, double level) {
    this(histogram, weighted, level, null, null);
  }

  /** Exact: {@code errors} are those of the histogram; {@code units} is null without weights. */
  Quantiles(
      ErrorHistogram histogram, boolean weighted, double level, double[] errors, long[] units) {
    this.histogram = histogram;
    this.weighted = weighted;
    this.level = level;
    this.errors = errors;
    this.units = units;
  }

  /** {@code exact} or {@code histogram}. */
  String method() {
    return errors != null ? "exact" : "histogram";
  }

  /** A quantile of errors, or of magnitudes; there must be a row. */
  MetricValue of(String name, double q, boolean magnitudes) {
    long total = histogram.total();
    long below;
    long above;
    double share = 0;
    if (weighted) {
      below = above = Math.max(0, Math.min(total - 1, (long) Math.ceil(q * total) - 1));
    } else {
      double rank = q * (total - 1);
      below = (long) rank;
      above = Math.min(total - 1, (long) Math.ceil(rank));
      share = rank - below;
    }
    if (errors == null) {
      return bounded(name, place(below, magnitudes), place(above, magnitudes), share);
    }
    double low = value(below, magnitudes);
    double value = below == above ? low : between(low, value(above, magnitudes), share);
    var metric = MetricValue.defined(name, value, "weighted");
    return weighted ? metric : withOrderStatistics(metric, q, magnitudes);
  }

  private Place place(long position, boolean magnitudes) {
    return magnitudes ? histogram.placeOfMagnitude(position) : histogram.placeOfError(position);
  }

  private static double between(double low, double high, double share) {
    return Math.min(high, low + share * (high - low));
  }

  private static MetricValue bounded(String name, Place below, Place above, double share) {
    double value = between(middle(below), middle(above), share);
    var interval = new Interval(least(below), most(above), "histogram_bounds", 1, Target.FINITE);
    return MetricValue.defined(name, value, interval);
  }

  private static double least(Place place) {
    return place.negative()
        ? -ErrorHistogram.low(place.bin() + 1)
        : ErrorHistogram.low(place.bin());
  }

  private static double most(Place place) {
    return place.negative()
        ? 0.0 - ErrorHistogram.low(place.bin())
        : ErrorHistogram.low(place.bin() + 1);
  }

  private static double middle(Place place) {
    // the lowest bin is 0 and what is next to nothing
    return place.bin() == 0 ? 0 : least(place) / 2 + most(place) / 2;
  }

  /** The value of the unit at a position: only its bin is sorted. */
  private double value(long position, boolean magnitudes) {
    var place = place(position, magnitudes);
    int[] rows =
        IntStream.range(0, errors.length)
            .filter(
                i ->
                    (units == null || units[i] > 0)
                        && ErrorHistogram.bin(errors[i]) == place.bin()
                        && (magnitudes || errors[i] < 0 == place.negative()))
            .toArray();
    if (units == null) {
      double[] values = Arrays.stream(rows).mapToDouble(i -> ofRow(i, magnitudes)).toArray();
      Arrays.parallelSort(values);
      return values[(int) (position - place.before())];
    }
    var sorted =
        Arrays.stream(rows)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> ofRow(i, magnitudes)))
            .toList();
    long seen = place.before();
    for (int i : sorted) {
      seen += units[i];
      if (position < seen) {
        return ofRow(i, magnitudes);
      }
    }
    throw new IllegalStateException("errors are not those of the histogram");
  }

  private double ofRow(int row, boolean magnitudes) {
    return magnitudes ? Math.abs(errors[row]) : errors[row] + 0.0; // not -0.0
  }

  private MetricValue withOrderStatistics(MetricValue metric, double q, boolean magnitudes) {
    int n = (int) histogram.total();
    var ranks = QuantileRanks.of(n, q, level);
    if (!ranks.enclosed()) {
      return metric.withoutInterval("too_few_rows");
    }
    return metric.withInterval(
        new Interval(
            Math.min(metric.value(), value(ranks.lower() - 1, magnitudes)),
            Math.max(metric.value(), value(ranks.upper() - 1, magnitudes)),
            "order_statistics",
            level,
            Target.SUPERPOPULATION));
  }
}
