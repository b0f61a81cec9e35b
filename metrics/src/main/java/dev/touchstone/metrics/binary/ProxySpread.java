package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Intervals;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Sum128;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.ThresholdRow;

/**
 * How far the metrics of a weighted sample may be from those of the population it was drawn from,
 * under independent draws with known probabilities q (Poisson sampling). A row that weighs w = 1/q
 * adds v = w (w - 1) to the variance of a total: V(R) = sum v u² with the row's influence u on the
 * metric (methods 3.3 to 3.6). A stratum that was taken whole has v = 0 and adds nothing.
 *
 * <p>v is held in units of 2^-8 per bin and class; sums stop at 2^63 - 1, which keeps them
 * independent of order.
 */
final class ProxySpread {
  static final double UNIT = 0x1p-8;

  /** Simulated coverage of the level of average precision needs a wider interval (methods 3.7). */
  private static final double LEVEL_FACTOR = 1.6;

  /** A negative of such a share of all above the median positive may hide others like it. */
  private static final double UNSEEN_SHARE = 0.05;

  private final int size;
  private long[] byBin; // [bin * 2 + label], from the first row that was drawn
  private final long[] predictedInBin = new long[2];
  private final Sum128 loss = Sum128.zero();
  private final Sum128 squaredLoss = Sum128.zero();
  private final Sum128 brier = Sum128.zero();
  private final Sum128 squaredBrier = Sum128.zero();

  ProxySpread(int size) {
    this.size = size;
  }

  /** v of a row that stands for so many. */
  static long ofMultiplicity(double weight) {
    return units(weight * (weight - 1));
  }

  static long units(double variance) {
    return (long) Math.rint(Math.max(0, variance) / UNIT); // a cast stops at 2^63 - 1
  }

  void add(int at, long variance) {
    if (variance > 0) {
      if (byBin == null) {
        byBin = new long[size];
      }
      byBin[at] = capped(byBin[at], variance);
    }
  }

  private static long capped(long a, long b) {
    long sum = a + b;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }

  void addPredicted(int label, long variance) {
    predictedInBin[label] = capped(predictedInBin[label], variance);
  }

  /** Adds a row's losses in units of 2^-52. */
  void addLosses(long logLoss, long squaredError, long variance) {
    if (variance > 0) {
      loss.addProduct(logLoss, variance);
      squaredLoss.addProduct((logLoss >>> 30) * (logLoss >>> 30), variance);
      brier.addProduct(squaredError, variance);
      squaredBrier.addProduct((squaredError >>> 26) * (squaredError >>> 26), variance);
    }
  }

  /** Whether any row was drawn with a probability below 1. */
  boolean sampled() {
    return byBin != null;
  }

  long[] byBin() {
    return byBin;
  }

  long[] predictedInBin() {
    return predictedInBin;
  }

  void combine(ProxySpread other) {
    for (int at = 0; other.byBin != null && at < size; at++) {
      add(at, other.byBin[at]);
    }
    addPredicted(0, other.predictedInBin[0]);
    addPredicted(1, other.predictedInBin[1]);
    loss.combine(other.loss);
    squaredLoss.combine(other.squaredLoss);
    brier.combine(other.brier);
    squaredBrier.combine(other.squaredBrier);
  }

  MetricValue ofLogLoss(MetricValue mean, double weight, double level) {
    return ofMean(mean, loss.toDouble() * 0x1p-52, squaredLoss.toDouble() * 0x1p-44, weight, level);
  }

  MetricValue ofBrier(MetricValue mean, double weight, double level) {
    return ofMean(
        mean, brier.toDouble() * 0x1p-52, squaredBrier.toDouble() * 0x1p-52, weight, level);
  }

  /** sum v (d - mean)² / W² (Hájek 1971). */
  private MetricValue ofMean(
      MetricValue metric, double first, double second, double weight, double level) {
    double mean = metric.value();
    double all = 0;
    for (long variance : byBin) {
      all += variance;
    }
    double squares = UNIT * (second - 2 * mean * first + mean * mean * all);
    double error = Math.sqrt(Math.max(0, squares)) / weight;
    return metric
        .withInterval(
            Intervals.normal(mean, error, 0, Double.MAX_VALUE, level, "hajek")
                .as("hajek", Target.FINITE))
        .withError(error, Double.NaN);
  }

  /** Wilson's interval with the effective number of rows, or the delta method for F1. */
  static MetricValue ofDecision(
      MetricValue metric, ThresholdRow row, ThresholdRow v, double level) {
    return switch (metric.name()) {
      case "accuracy" ->
          wilson(
              metric,
              v.tp() + v.tn(),
              v.fp() + v.fn(),
              row.tp() + row.fp() + row.fn() + row.tn(),
              level);
      case "precision" -> wilson(metric, v.tp(), v.fp(), row.tp() + row.fp(), level);
      case "recall" -> wilson(metric, v.tp(), v.fn(), row.tp() + row.fn(), level);
      case "f1" -> f1(metric, row, v, level);
      default -> throw new IllegalArgumentException("no decision metric " + metric.name());
    };
  }

  private static MetricValue wilson(
      MetricValue metric, double ofHits, double ofMisses, double trials, double level) {
    double r = metric.value();
    if (ofHits + ofMisses == 0) {
      return metric
          .withInterval(new Interval(r, r, "hajek_wilson", level, Target.FINITE))
          .withError(0, Double.NaN);
    }
    double variance = (ofHits * (1 - r) * (1 - r) + ofMisses * r * r) / trials / trials;
    double effective =
        variance > 0 && r < 1 ? r * (1 - r) / variance : trials * trials / (ofHits + ofMisses);
    return metric
        .withInterval(
            Intervals.wilson(Math.min(1, r), effective, level).as("hajek_wilson", Target.FINITE))
        .withError(Math.sqrt(variance), Double.NaN);
  }

  private static MetricValue f1(
      MetricValue metric, ThresholdRow row, ThresholdRow v, double level) {
    double f = metric.value();
    double denominator = 2 * row.tp() + row.fp() + row.fn();
    double variance =
        (v.tp() * 4 * (1 - f) * (1 - f) + (v.fp() + v.fn()) * f * f) / denominator / denominator;
    if (!(f > 0 && f < 1)) {
      // nothing drawn can be told about what was not: as for a proportion
      return wilson(metric, v.tp(), v.fp() + v.fn(), denominator, level);
    }
    double error = Math.sqrt(variance);
    return metric
        .withInterval(
            Intervals.logit(f, error, Intervals.z(level), level, "hajek_logit")
                .as("hajek_logit", Target.FINITE))
        .withError(error, Double.NaN);
  }

  /** Weighted DeLong (methods 3.5) with bins as ties, beyond the certified bounds of the sample. */
  MetricValue ofRocAuc(
      MetricValue metric,
      long[] bins,
      double unit,
      double positives,
      double negatives,
      double level) {
    double auc = metric.value();
    double tp = 0;
    double fp = 0;
    double ofPositives = 0;
    double ofNegatives = 0;
    for (int at = bins.length - 2; at >= 0; at -= 2) {
      double n = unit * bins[at];
      double p = unit * bins[at + 1];
      double below = 1 - (fp + n / 2) / negatives - auc;
      double above = (tp + p / 2) / positives - auc;
      ofPositives += byBin[at + 1] * below * below;
      ofNegatives += byBin[at] * above * above;
      tp += p;
      fp += n;
    }
    double variance =
        UNIT * (ofPositives / positives / positives + ofNegatives / negatives / negatives);
    return widened(metric, Math.sqrt(variance), 1, level, "sampled_delong");
  }

  /** The influence function (methods 4.3) with bins as ties, and the factor of methods 3.7. */
  MetricValue ofAveragePrecision(
      MetricValue metric, long[] bins, double unit, double positives, double level) {
    double ap = metric.value();
    double tp = 0;
    double all = 0;
    double g = 0;
    double h = 0;
    for (int at = bins.length - 2; at >= 0; at -= 2) {
      double p = unit * bins[at + 1];
      tp += p;
      all += p + unit * bins[at];
      if (p > 0) {
        g += p / all;
        h += p / all * (tp / all);
      }
    }
    tp = 0;
    all = 0;
    double squares = 0;
    boolean risky = false;
    boolean aboveMedian = true;
    double heaviest = 0;
    for (int at = bins.length - 2; at >= 0; at -= 2) {
      double p = unit * bins[at + 1];
      double n = unit * bins[at];
      tp += p;
      all += p + n;
      // G and H of this bin hold it and all below
      double c = p > 0 ? tp / all - ap + g - h : 0;
      squares += byBin[at + 1] * c * c + byBin[at] * h * h;
      if (p > 0) {
        g -= p / all;
        h -= p / all * (tp / all);
      }
      if (aboveMedian && n > 0) {
        heaviest = Math.max(heaviest, byBin[at] > 0 ? UNIT * byBin[at] / n + 1 : 0);
      }
      if (aboveMedian && tp >= positives / 2) {
        aboveMedian = false;
        risky = heaviest > UNSEEN_SHARE * all;
      }
    }
    double error = Math.sqrt(UNIT * squares) / positives;
    var indicative =
        widened(metric, error, LEVEL_FACTOR, level, "sampled_influence").withFlag("indicative");
    return risky ? indicative.withFlag("unseen_negative_risk") : indicative;
  }

  /** Both ends of the bounds, moved outward on the logit scale. */
  private static MetricValue widened(
      MetricValue metric, double error, double factor, double level, String method) {
    double value = metric.value();
    var bounds = metric.interval();
    if (!(value > 0 && value < 1)) {
      return metric.withoutInterval("value_at_limit");
    }
    // the same shift in logits at the bounds as at the value
    double shift = factor * error / (value * (1 - value));
    double z = Intervals.z(level);
    double low =
        bounds.low() > 0
            ? Intervals.logit(
                    bounds.low(), shift * bounds.low() * (1 - bounds.low()), z, level, method)
                .low()
            : 0;
    double high =
        bounds.high() < 1
            ? Intervals.logit(
                    bounds.high(), shift * bounds.high() * (1 - bounds.high()), z, level, method)
                .high()
            : 1;
    return metric
        .withInterval(new Interval(low, high, method, level, Target.FINITE))
        .withError(error, Double.NaN);
  }

  void write(ByteWriter out) {
    out.writeCount(predictedInBin[0]).writeCount(predictedInBin[1]);
    out.writeSum(loss).writeSum(squaredLoss).writeSum(brier).writeSum(squaredBrier);
  }

  void read(ByteReader in) {
    predictedInBin[0] = in.readCount();
    predictedInBin[1] = in.readCount();
    loss.combine(in.readSum());
    squaredLoss.combine(in.readSum());
    brier.combine(in.readSum());
    squaredBrier.combine(in.readSum());
  }
}
