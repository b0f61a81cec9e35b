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
 * calls themselves are the same (losses of a call are multiplied before the logarithm and added
 * before they are rounded). Rows of a sample are given with weights: how many rows of the
 * population each stands for. The bounds then hold for the weighted sample, not for the population
 * it was drawn from.
 *
 * <p>About 150 KiB of memory, at most 256 KiB as bytes. Not thread-safe.
 */
public final class BinaryProxy extends RowAccumulator {
  private static final int KIND = 'P';
  private static final int VERSION = 2;
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
  private long positiveRows; // known only with weights
  private long invalid;
  private long outside;
  private long clipped;
  private final long[] skippedUnits = new long[2]; // weights of rows without a score, by label
  // the decision threshold's bin, and its rows at or above the threshold by label; rows of higher
  // bins are all predicted positive
  private final int thresholdBin;
  private final boolean splitsBin;
  private final long[] predictedInBin = new long[2];

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
    int key = ScoreKey.of(decisionThreshold);
    thresholdBin = ProxyBins.of(key);
    splitsBin = !ProxyBins.startsBin(key);
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
    boolean plain = !block.weighted && block.probabilities();
    if (!plain) {
      for (int i = 0; i < block.size; i++) {
        positiveRows += block.weighted ? block.labels[i] : 0;
        acceptRow(block.bits[i], block.labels[i], block.weighted ? block.weights[i] : 1);
      }
      return;
    }
    count(block);
    addLosses(block);
  }

  private void count(RowBlock block) {
    long[] into = bins;
    int[] bits = block.bits;
    byte[] labels = block.labels;
    int size = block.size;
    int watched = splitsBin ? thresholdBin : -1;
    for (int i = 0; i < size; i++) {
      int bin = ProxyBins.ofPlainBits(bits[i]);
      into[bin << 1 | labels[i]]++;
      if (bin == watched && Float.intBitsToFloat(bits[i]) >= decisionThreshold) {
        predictedInBin[labels[i]]++;
      }
    }
  }

  private void addLosses(RowBlock block) {
    int from = 0;
    for (; from + RUN <= block.size; from += RUN) {
      addRun(block.bits, block.labels, from, from + RUN);
    }
    if (from < block.size) {
      addRun(block.bits, block.labels, from, block.size);
    }
  }

  /** Two products at a time, and no branch on what varies from row to row. */
  private void addRun(int[] bits, byte[] labels, int from, int to) {
    double product = 1;
    double otherProduct = 1;
    double squares = 0;
    double otherSquares = 0;
    int changes = 0;
    int i = from;
    for (; i + 1 < to; i += 2) {
      int kept = Math.max(ProbabilitySums.LEAST, Math.min(ProbabilitySums.MOST, bits[i]));
      int otherKept = Math.max(ProbabilitySums.LEAST, Math.min(ProbabilitySums.MOST, bits[i + 1]));
      changes |= kept ^ bits[i] | otherKept ^ bits[i + 1];
      double own = Math.abs(1 - labels[i] - (double) Float.intBitsToFloat(kept));
      double otherOwn = Math.abs(1 - labels[i + 1] - (double) Float.intBitsToFloat(otherKept));
      product *= own;
      otherProduct *= otherOwn;
      squares += (1 - own) * (1 - own);
      otherSquares += (1 - otherOwn) * (1 - otherOwn);
    }
    if (i < to) {
      int kept = Math.max(ProbabilitySums.LEAST, Math.min(ProbabilitySums.MOST, bits[i]));
      changes |= kept ^ bits[i];
      double own = Math.abs(1 - labels[i] - (double) Float.intBitsToFloat(kept));
      product *= own;
      squares += (1 - own) * (1 - own);
    }
    squares += otherSquares;
    if (changes != 0) { // the Brier score clips nothing
      clipped += clipped(bits, from, to);
      squares = squares(bits, labels, from, to);
    }
    brier.add((long) (squares * ProbabilitySums.UNIT + 0.5));
    logLoss.add((long) (0.5 - ProbabilitySums.UNIT * Ln.ofNormal(product * otherProduct)));
  }

  private static double squares(int[] bits, byte[] labels, int from, int to) {
    double squares = 0;
    for (int i = from; i < to; i++) {
      double error = labels[i] - (double) Float.intBitsToFloat(bits[i]);
      squares += error * error;
    }
    return squares;
  }

  private static int clipped(int[] bits, int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += (bits[i] - ProbabilitySums.LEAST >>> 31) + (ProbabilitySums.MOST - bits[i] >>> 31);
    }
    return count;
  }

  private void acceptRow(int bits, int label, long weight) {
    double p = Float.intBitsToFloat(bits);
    if (p != p || weight == 0) {
      invalid += p != p ? 1 : 0;
      skippedUnits[label] += weight;
      return;
    }
    int bin = ProxyBins.of(ScoreKey.ofBits(bits));
    bins[bin << 1 | label] += weight;
    if (splitsBin && bin == thresholdBin && p >= decisionThreshold) {
      predictedInBin[label] += weight;
    }
    if (!(p >= 0 && p <= 1)) {
      outside++;
      return;
    }
    double ofOther = label == 0 ? p : 1 - p;
    brier.addProduct((long) (ofOther * ofOther * ProbabilitySums.UNIT + 0.5), weight);
    double kept = p < EPS ? EPS : p > 1 - EPS ? 1 - EPS : p;
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
    positiveRows += other.positiveRows;
    invalid += other.invalid;
    outside += other.outside;
    clipped += other.clipped;
    for (int label = 0; label < 2; label++) {
      skippedUnits[label] += other.skippedUnits[label];
      predictedInBin[label] += other.predictedInBin[label];
    }
    return this;
  }

  /** The metrics so far. */
  public Result result() {
    double unit = unit();
    long[] totals = {skippedUnits[0], skippedUnits[1]};
    long[] predicted = predictedInBin.clone();
    for (int at = 0; at < bins.length; at++) {
      totals[at & 1] += bins[at];
      boolean above = at >> 1 > thresholdBin || !splitsBin && at >> 1 == thresholdBin;
      predicted[at & 1] += above ? bins[at] : 0;
    }
    return new Result(
        n,
        weighted != null && weighted ? positiveRows : totals[1],
        unit * ((double) totals[0] + totals[1]),
        unit * totals[1],
        invalid,
        metrics(totals, predicted),
        histogram());
  }

  private double unit() {
    return weighted != null && weighted ? Math.scalb(1.0, -WEIGHT_BITS) : 1;
  }

  private String reason(long[] totals) {
    return n == 0
        ? "empty"
        : invalid > 0 ? "invalid_score" : totals[0] + totals[1] == 0 ? "zero_weight" : null;
  }

  private List<MetricValue> metrics(long[] totals, long[] predicted) {
    var metrics = new ArrayList<MetricValue>();
    String general = reason(totals);
    addBounded(
        metrics,
        general != null ? general : totals[1] == 0 ? "no_positives" : null,
        totals[0] == 0);
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

  private void addBounded(List<MetricValue> metrics, String reason, boolean noNegatives) {
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
        noNegatives
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
    out.writeCount(n).writeCount(positiveRows).writeCount(invalid).writeCount(outside);
    out.writeCount(clipped).writeSum(logLoss).writeSum(brier);
    for (int label = 0; label < 2; label++) {
      out.writeCount(skippedUnits[label]).writeCount(predictedInBin[label]);
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
    proxy.positiveRows = in.readCount();
    proxy.invalid = in.readCount();
    proxy.outside = in.readCount();
    proxy.clipped = in.readCount();
    proxy.logLoss.combine(in.readSum());
    proxy.brier.combine(in.readSum());
    for (int label = 0; label < 2; label++) {
      proxy.skippedUnits[label] = in.readCount();
      proxy.predictedInBin[label] = in.readCount();
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
