package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Ln;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ScoreKey;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Sum128;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.ThresholdRow;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The mergeable one-pass state of fixed size behind the proxy metrics of one prediction set: log
 * loss, Brier, the confusion table at one threshold, a histogram of scores, and average precision
 * and ROC AUC with certified bounds from its bins.
 *
 * <p>Additive: calls may be merged in any grouping and order with identical bytes, as long as the
 * calls themselves are the same (log losses of a call are multiplied before the logarithm). Rows of
 * a sample are given with weights: how many rows of the population each stands for. The bounds then
 * hold for the weighted sample, not for the population it was drawn from.
 *
 * <p>About 150 KiB of memory, at most 256 KiB as bytes. Not thread-safe.
 */
public final class BinaryProxy extends RowAccumulator {
  private static final int KIND = 'P';
  private static final int VERSION = 1;
  private static final int WEIGHT_BITS = 20;

  /** Factors of one product: 32 of at least 2^-23 each stay normal numbers. */
  private static final int RUN = 32;

  private static final double EPS = ScorePrecision.FLOAT32.clipEpsilon();

  private final float decisionThreshold;
  private Boolean weighted;
  // [bin * 2 + label], in rows or units of weight
  private final long[] bins = new long[2 * ProxyBins.count()];
  private final Sum128 logLoss = Sum128.zero();
  private final Sum128 brier = Sum128.zero();
  private long n;
  private long nPos;
  private long invalid;
  private long outside;
  private long clipped;
  private final long[] totals = new long[2]; // by label, rows without a score included
  private final long[] predicted = new long[2]; // at or above the decision threshold, by label

  /**
   * What a proxy answers.
   *
   * @param n rows
   * @param nPos rows with label 1
   * @param weightTotal sum of weights
   * @param weightPos sum of weights of rows with label 1
   * @param invalidScores rows whose score is NaN
   * @param metrics average_precision, roc_auc, log_loss, brier, accuracy, precision, recall, f1
   * @param histogram ascending, disjoint score intervals that hold a row
   */
  public record Result(
      long n,
      long nPos,
      double weightTotal,
      double weightPos,
      long invalidScores,
      List<MetricValue> metrics,
      List<Bin> histogram) {
    /** Copies the lists. */
    public Result {
      metrics = List.copyOf(metrics);
      histogram = List.copyOf(histogram);
    }

    /** The metric of that name. */
    public MetricValue metric(String name) {
      return metrics.stream()
          .filter(m -> m.name().equals(name))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("no metric " + name));
    }
  }

  /**
   * Weights of both classes with scores in [from, to).
   *
   * @param from lowest score
   * @param to lowest score above
   * @param positives sum of weights with label 1
   * @param negatives sum of weights with label 0
   */
  public record Bin(double from, double to, double positives, double negatives) {}

  private BinaryProxy(float decisionThreshold) {
    this.decisionThreshold = decisionThreshold;
  }

  /** Nothing seen yet; a row is predicted positive iff its score is at least the threshold. */
  public static BinaryProxy of(double decisionThreshold) {
    if (Double.isNaN(decisionThreshold)) {
      throw new IllegalArgumentException("decision threshold must be a number, got NaN");
    }
    return new BinaryProxy((float) decisionThreshold);
  }

  @Override
  int weightBits() {
    return WEIGHT_BITS;
  }

  @Override
  void begin(boolean weightedRows) {
    if (weighted == null) {
      weighted = weightedRows;
    } else if (weighted != weightedRows) {
      throw new IllegalArgumentException("rows must be all weighted or all unweighted, got both");
    }
  }

  @Override
  void acceptBlock(RowBlock block) {
    n += block.size;
    boolean plain = !block.weighted && allProbabilities(block);
    if (!plain) {
      for (int i = 0; i < block.size; i++) {
        acceptRow(block.bits[i], block.labels[i], block.weighted ? block.weights[i] : 1);
      }
      return;
    }
    count(block);
    addLosses(block);
  }

  /** Whether every score is in [0, 1] and none is -0.0. */
  private static boolean allProbabilities(RowBlock block) {
    int bad = 0;
    for (int i = 0; i < block.size; i++) {
      int bits = block.bits[i];
      bad |= bits | (0x3F80_0000 - bits);
    }
    return bad >= 0;
  }

  private void count(RowBlock block) {
    int positives = 0;
    int predictedPositive = 0;
    int truePositive = 0;
    for (int i = 0; i < block.size; i++) {
      int bits = block.bits[i];
      int label = block.labels[i];
      bins[ProxyBins.of(bits ^ Integer.MIN_VALUE) << 1 | label]++;
      int over = Float.intBitsToFloat(bits) >= decisionThreshold ? 1 : 0;
      positives += label;
      predictedPositive += over;
      truePositive += over & label;
    }
    nPos += positives;
    totals[1] += positives;
    totals[0] += block.size - positives;
    predicted[1] += truePositive;
    predicted[0] += predictedPositive - truePositive;
  }

  private void addLosses(RowBlock block) {
    for (int from = 0; from < block.size; from += RUN) {
      int to = Math.min(block.size, from + RUN);
      double product = 1;
      long squares = 0;
      for (int i = from; i < to; i++) {
        double p = Float.intBitsToFloat(block.bits[i]);
        int label = block.labels[i];
        double ofOther = label == 0 ? p : 1 - p;
        squares += (long) (ofOther * ofOther * ProbabilitySums.UNIT + 0.5);
        double kept = Math.min(Math.max(p, EPS), 1 - EPS);
        clipped += kept == p ? 0 : 1;
        product *= label == 0 ? 1 - kept : kept;
      }
      brier.add(squares);
      logLoss.add((long) (0.5 - ProbabilitySums.UNIT * Ln.ofNormal(product)));
    }
  }

  private void acceptRow(int bits, int label, long weight) {
    nPos += label;
    totals[label] += weight;
    double p = Float.intBitsToFloat(bits);
    if (p != p) {
      invalid++;
      return;
    }
    if (weight == 0) {
      return;
    }
    bins[ProxyBins.of(ScoreKey.ofBits(bits)) << 1 | label] += weight;
    if (p >= decisionThreshold) {
      predicted[label] += weight;
    }
    if (!(p >= 0 && p <= 1)) {
      outside++;
      return;
    }
    double ofOther = label == 0 ? p : 1 - p;
    brier.addProduct((long) (ofOther * ofOther * ProbabilitySums.UNIT + 0.5), weight);
    double kept = Math.min(Math.max(p, EPS), 1 - EPS);
    clipped += kept == p ? 0 : 1;
    double ofOwn = label == 0 ? 1 - kept : kept;
    logLoss.addProduct((long) (0.5 - ProbabilitySums.UNIT * Ln.ofNormal(ofOwn)), weight);
  }

  /** Adds what the other saw; returns this. Both must have the same decision threshold. */
  public BinaryProxy combine(BinaryProxy other) {
    if (Float.compare(other.decisionThreshold, decisionThreshold) != 0) {
      throw new IllegalArgumentException(
          "decision thresholds must be equal, got "
              + decisionThreshold
              + " and "
              + other.decisionThreshold);
    }
    if (other.weighted != null) {
      begin(other.weighted);
    }
    for (int i = 0; i < bins.length; i++) {
      bins[i] += other.bins[i];
    }
    logLoss.combine(other.logLoss);
    brier.combine(other.brier);
    n += other.n;
    nPos += other.nPos;
    invalid += other.invalid;
    outside += other.outside;
    clipped += other.clipped;
    for (int label = 0; label < 2; label++) {
      totals[label] += other.totals[label];
      predicted[label] += other.predicted[label];
    }
    return this;
  }

  /** The metrics so far. */
  public Result result() {
    double unit = unit();
    return new Result(
        n,
        nPos,
        unit * ((double) totals[0] + totals[1]),
        unit * totals[1],
        invalid,
        metrics(),
        histogram());
  }

  private double unit() {
    return weighted != null && weighted ? Math.scalb(1.0, -WEIGHT_BITS) : 1;
  }

  private String reason() {
    return n == 0
        ? "empty"
        : invalid > 0 ? "invalid_score" : totals[0] + totals[1] == 0 ? "zero_weight" : null;
  }

  private List<MetricValue> metrics() {
    var metrics = new ArrayList<MetricValue>();
    String general = reason();
    addBounded(metrics, general != null ? general : totals[1] == 0 ? "no_positives" : null);
    String reason = general != null ? general : outside > 0 ? "score_outside_0_1" : null;
    if (reason != null) {
      metrics.add(MetricValue.undefined("log_loss", reason));
      metrics.add(MetricValue.undefined("brier", reason));
    } else {
      double weight = (double) totals[0] + totals[1];
      var loss =
          MetricValue.defined("log_loss", logLoss.toDouble() / ProbabilitySums.UNIT / weight);
      metrics.add(clipped > 0 ? loss.withFlag("clipped") : loss);
      metrics.add(MetricValue.defined("brier", brier.toDouble() / ProbabilitySums.UNIT / weight));
    }
    var row =
        new ThresholdRow(
            decisionThreshold,
            predicted[1],
            predicted[0],
            totals[1] - predicted[1],
            totals[0] - predicted[0]);
    metrics.add(value("accuracy", general, row.accuracy(), null));
    metrics.add(value("precision", general, row.precision(), "no_predicted_positives"));
    metrics.add(value("recall", general, row.recall(), "no_positives"));
    metrics.add(value("f1", general, row.f1(), "no_positives"));
    return metrics;
  }

  private static MetricValue value(
      String name, String general, OptionalDouble value, String reason) {
    return general != null || value.isEmpty()
        ? MetricValue.undefined(name, general != null ? general : reason)
        : MetricValue.defined(name, value.getAsDouble());
  }

  private void addBounded(List<MetricValue> metrics, String reason) {
    if (reason != null) {
      metrics.add(MetricValue.undefined("average_precision", reason));
      metrics.add(MetricValue.undefined("roc_auc", reason));
      return;
    }
    var bounds = new BinnedBounds();
    boolean whole = !weighted;
    double unit = unit();
    for (int bin = ProxyBins.count() - 1; bin >= 0; bin--) {
      long negatives = bins[2 * bin];
      long positives = bins[2 * bin + 1];
      if (negatives + positives > 0) {
        bounds.add(unit * positives, unit * negatives, whole);
      }
    }
    metrics.add(
        MetricValue.defined(
            "average_precision",
            bounds.averagePrecision(),
            interval(bounds.averagePrecisionLow(), bounds.averagePrecisionHigh())));
    metrics.add(
        totals[0] == 0
            ? MetricValue.undefined("roc_auc", "no_negatives")
            : MetricValue.defined(
                "roc_auc", bounds.rocAuc(), interval(bounds.rocAucLow(), bounds.rocAucHigh())));
  }

  private static Interval interval(double low, double high) {
    return new Interval(low, high, "binned_bounds", 1, Target.FINITE);
  }

  private List<Bin> histogram() {
    double unit = unit();
    var histogram = new ArrayList<Bin>();
    for (int bin = 0; bin < ProxyBins.count(); bin++) {
      if (bins[2 * bin] + bins[2 * bin + 1] > 0) {
        histogram.add(
            new Bin(
                ProxyBins.from(bin),
                ProxyBins.to(bin),
                unit * bins[2 * bin + 1],
                unit * bins[2 * bin]));
      }
    }
    return histogram;
  }

  /** Sparse and versioned; equal states give equal bytes. */
  public byte[] toBytes() {
    var out = new ByteWriter().writeByte(KIND).writeByte(VERSION);
    out.writeDouble(decisionThreshold).writeByte(weighted == null ? 2 : weighted ? 1 : 0);
    out.writeCount(n).writeCount(nPos).writeCount(invalid).writeCount(outside);
    out.writeCount(clipped).writeSum(logLoss).writeSum(brier);
    for (int label = 0; label < 2; label++) {
      out.writeCount(totals[label]).writeCount(predicted[label]);
    }
    int last = -1;
    for (int i = 0; i < bins.length; i++) {
      if (bins[i] > 0) {
        out.writeCount(i - last).writeCount(bins[i]);
        last = i;
      }
    }
    return out.writeCount(0).toBytes();
  }

  /** The inverse of {@link #toBytes}; refuses anything else. */
  public static BinaryProxy fromBytes(byte[] bytes) {
    var in = new ByteReader("binary proxy", bytes, KIND, VERSION);
    var proxy = of(in.readDouble());
    int weighting = in.readIndex(3);
    proxy.weighted = weighting == 2 ? null : weighting == 1;
    proxy.n = in.readCount();
    proxy.nPos = in.readCount();
    proxy.invalid = in.readCount();
    proxy.outside = in.readCount();
    proxy.clipped = in.readCount();
    proxy.logLoss.combine(in.readSum());
    proxy.brier.combine(in.readSum());
    for (int label = 0; label < 2; label++) {
      proxy.totals[label] = in.readCount();
      proxy.predicted[label] = in.readCount();
    }
    int at = -1;
    int limit = proxy.bins.length;
    for (int step = in.readIndex(limit + 1); step > 0; step = in.readIndex(limit - at)) {
      at += step;
      proxy.bins[at] = in.readCount();
    }
    in.end();
    return proxy;
  }
}
