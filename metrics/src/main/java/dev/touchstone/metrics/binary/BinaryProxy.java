package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.Ln;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.ScoreKey;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Sum128;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.ThresholdRow;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntFunction;

/**
 * The mergeable one-pass state of fixed size behind the proxy metrics of one prediction set: log
 * loss, Brier, the confusion table at one threshold, a histogram of scores, and average precision
 * and ROC AUC with certified bounds from its bins.
 *
 * <p>Additive: calls may be merged in any grouping and order with identical bytes, as long as the
 * calls themselves are the same (losses of a call are multiplied before the logarithm and added
 * before they are rounded). Rows of a sample are given with weights: how many rows of the
 * population each stands for. Every metric then has an interval for the value of the population:
 * Hájek's estimator under independent (Poisson) sampling, {@link ProxySpread}.
 *
 * <p>About 150 KiB of memory (300 with weights), at most 256 KiB as bytes; {@link #coarse} some 10.
 * Not thread-safe.
 */
public final class BinaryProxy extends RowAccumulator {
  private static final int KIND = 'P';
  private static final int VERSION = 5;
  private static final int WEIGHT_BITS = 20;

  /** Factors of one product. */
  private static final int RUN = 128;

  /** Factors of a product that can't underflow: each is at least 2^-23. */
  private static final int SAFE_RUN = 32;

  /** Between the exponents' biases of doubles and floats. */
  private static final long EXPONENT_GAP = (1023L - 127) << 52;

  private static final double[] LABELS = {0, 1};

  /** Scratch space that no row stays in. */
  private static final ThreadLocal<SlicePass> SLICES = ThreadLocal.withInitial(SlicePass::new);

  private static final List<String> DECISIONS = List.of("accuracy", "precision", "recall", "f1");

  private static final double EPS = ScorePrecision.FLOAT32.clipEpsilon();

  /** 2^4 bins are one bin of a coarse state. */
  private static final int COARSE = 4;

  private final float decisionThreshold;
  private final int shift;
  private final int pad; // such that the decision threshold's fine bin starts a coarse one
  private Boolean weighted;
  // [bin * 2 + label], in rows or units of weight
  private final long[] bins;
  private final Sum128 logLoss = Sum128.zero();
  private final Sum128 brier = Sum128.zero();
  private long n; // this and the next are counted only with weights
  private long positiveRows;
  private long invalid;
  private long outside;
  private long clipped;
  private final long[] skippedUnits = new long[2]; // weights of rows without a score, by label
  // the decision threshold's bin, and its rows at or above the threshold by label; rows of higher
  // bins are all predicted positive
  private final int thresholdBin;
  private final boolean splitsBin;
  private final long[] predictedInBin = new long[2];
  private final ProxySpread spread;

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

  private BinaryProxy(float decisionThreshold, int shift) {
    this.decisionThreshold = decisionThreshold;
    this.shift = shift;
    int key = ScoreKey.of(decisionThreshold);
    int bin = ProxyBins.of(key);
    pad = -bin & (1 << shift) - 1;
    bins = new long[2 * ((ProxyBins.count() - 1 + pad >> shift) + 1)];
    spread = new ProxySpread(bins.length);
    thresholdBin = bin + pad >> shift;
    splitsBin = !ProxyBins.startsBin(key);
  }

  /** Nothing seen yet; a row is predicted positive iff its score is at least the threshold. */
  public static BinaryProxy of(double decisionThreshold) {
    return of(decisionThreshold, 0);
  }

  /**
   * The same in a sixteenth of the memory, some 10 KiB (20 with weights): the bounds of average
   * precision and ROC AUC are wider, all else is equal. For slices.
   */
  public static BinaryProxy coarse(double decisionThreshold) {
    return of(decisionThreshold, COARSE);
  }

  private static BinaryProxy of(double decisionThreshold, int shift) {
    if (Double.isNaN(decisionThreshold)) {
      throw new IllegalArgumentException("decision threshold must be a number, got NaN");
    }
    return new BinaryProxy((float) decisionThreshold, shift);
  }

  /**
   * Adds unweighted rows to the proxies of their slices and to that of all rows, in one pass.
   *
   * @param all of any decision threshold; null: the rows were added elsewhere
   * @param slices the proxy of a code, asked for once a call and code that has rows; coarse ones of
   *     one decision threshold
   * @param scores float32 little-endian, from the first byte on
   * @param labels one byte each, 0 or 1
   * @param codes of slices, one byte each, unsigned
   * @throws IllegalArgumentException before any row was added, for a column that is too short or a
   *     label that is neither
   */
  public static void acceptSlices(
      BinaryProxy all,
      IntFunction<BinaryProxy> slices,
      byte[] scores,
      byte[] labels,
      byte[] codes,
      int count) {
    wrap("scores", scores, 0, 4L * count);
    wrap("labels", labels, 0, count);
    wrap("codes", codes, 0, count);
    checkLabels(labels, 0, count, 0);
    if (all != null) {
      all.begin(false);
    }
    SLICES.get().accept(all, slices, scores, labels, codes, count);
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
    boolean plain = !block.weighted && block.probabilities();
    n += block.weighted ? block.size : 0;
    if (!plain) {
      for (int i = 0; i < block.size; i++) {
        positiveRows += block.weighted ? block.labels[i] : 0;
        long weight = block.weighted ? block.weights[i] : 1;
        acceptRow(
            block.bits[i],
            block.labels[i],
            weight,
            block.weighted ? ProxySpread.ofMultiplicity(weight * unit()) : 0);
      }
      return;
    }
    countBins(block.bits, block.labels, block.size);
    addRuns(block);
    countPredictedInBin(block);
  }

  /** Rows at or above the threshold in the bin that it divides. */
  private void countPredictedInBin(RowBlock block) {
    for (int i = 0; splitsBin && i < block.size; i++) {
      countPredictedInBin(block.bits[i], block.labels[i]);
    }
  }

  /** The same for one row, whose score is a probability. */
  void countPredictedInBin(int bits, int label) {
    if (splitsBin
        && ProxyBins.ofPlainBits(bits) + pad >> shift == thresholdBin
        && Float.intBitsToFloat(bits) >= decisionThreshold) {
      predictedInBin[label]++;
    }
  }

  private void addRuns(RowBlock block) {
    int from = 0;
    for (; from + RUN <= block.size; from += RUN) {
      addRun(block.bits, block.labels, from, from + RUN);
    }
    if (from < block.size) {
      addRun(block.bits, block.labels, from, block.size);
    }
  }

  private void countBins(int[] bits, byte[] labels, int size) {
    long[] into = bins;
    int coarser = shift;
    int before = pad;
    for (int i = 0; i < size; i++) {
      into[ProxyBins.ofPlainBits(bits[i]) + before >> coarser << 1 | labels[i]]++;
    }
  }

  /** Losses; two products at a time, and no branch on what varies from row to row. */
  private void addRun(int[] bits, byte[] labels, int from, int to) {
    double product = 1;
    double otherProduct = 1;
    double squares = 0;
    double otherSquares = 0;
    int beyond = 0; // below 0 where a score is to be clipped
    int i = from;
    for (; i + 1 < to; i += 2) {
      int first = bits[i];
      int second = bits[i + 1];
      beyond |=
          first - ProbabilitySums.LEAST
              | ProbabilitySums.MOST - first
              | second - ProbabilitySums.LEAST
              | ProbabilitySums.MOST - second;
      double error = LABELS[labels[i]] - widened(first);
      double otherError = LABELS[labels[i + 1]] - widened(second);
      product *= 1 - Math.abs(error);
      otherProduct *= 1 - Math.abs(otherError);
      squares += error * error;
      otherSquares += otherError * otherError;
    }
    if (i < to) {
      beyond |= bits[i] - ProbabilitySums.LEAST | ProbabilitySums.MOST - bits[i];
      double error = LABELS[labels[i]] - widened(bits[i]);
      product *= 1 - Math.abs(error);
      squares += error * error;
    }
    brier.add((long) ((squares + otherSquares) * ProbabilitySums.UNIT + 0.5));
    product *= otherProduct;
    if (beyond < 0 || product < Double.MIN_NORMAL) { // the Brier score clips nothing
      clipped += clipped(bits, from, to);
      for (int start = from; start < to; start += SAFE_RUN) {
        addLoss(clippedProduct(bits, labels, start, Math.min(to, start + SAFE_RUN)));
      }
    } else {
      addLoss(product);
    }
  }

  /**
   * A float in [0, 1] as a double, without the processor's conversion: on x86 that waits for what
   * was in its target before. Subnormal ones come out as some 10^-38, which makes no difference to
   * a rounded sum.
   */
  static double widened(int bits) {
    return Double.longBitsToDouble(((long) bits << 29) + EXPONENT_GAP);
  }

  private void addLoss(double product) {
    logLoss.add((long) (0.5 - ProbabilitySums.UNIT * Ln.ofNormal(product)));
  }

  private static double clippedProduct(int[] bits, byte[] labels, int from, int to) {
    double product = 1;
    for (int i = from; i < to; i++) {
      int kept = Math.max(ProbabilitySums.LEAST, Math.min(ProbabilitySums.MOST, bits[i]));
      product *= Math.abs(1 - labels[i] - (double) Float.intBitsToFloat(kept));
    }
    return product;
  }

  private static int clipped(int[] bits, int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += (bits[i] - ProbabilitySums.LEAST >>> 31) + (ProbabilitySums.MOST - bits[i] >>> 31);
    }
    return count;
  }

  /** Adds sums of losses in units of 2^-52. */
  void addLosses(long loss, long square) {
    logLoss.add(loss);
    brier.add(square);
  }

  void countClipped(int rows) {
    clipped += rows;
  }

  void checkSameBins(BinaryProxy other) {
    if (Float.compare(other.decisionThreshold, decisionThreshold) != 0) {
      throw new IllegalArgumentException(
          "decision thresholds must be equal, got "
              + decisionThreshold
              + " and "
              + other.decisionThreshold);
    }
    if (other.shift != shift) {
      throw new IllegalArgumentException("bins must be equal, got coarse and fine ones");
    }
  }

  long[] bins() {
    return bins;
  }

  int shift() {
    return shift;
  }

  int pad() {
    return pad;
  }

  boolean splitsBin() {
    return splitsBin;
  }

  /** Rows seen. */
  private long rows() {
    if (weighted != null && weighted) {
      return n;
    }
    long rows = invalid;
    for (long bin : bins) {
      rows += bin;
    }
    return rows;
  }

  /** Adds a row whatever its score is. */
  void acceptRow(int bits, int label, long weight, long variance) {
    double p = Float.intBitsToFloat(bits);
    if (p != p || weight == 0) {
      invalid += p != p ? 1 : 0;
      skippedUnits[label] += weight;
      return;
    }
    int bin = ProxyBins.of(ScoreKey.ofBits(bits)) + pad >> shift;
    bins[bin << 1 | label] += weight;
    if (splitsBin && bin == thresholdBin && p >= decisionThreshold) {
      predictedInBin[label] += weight;
      spread.addPredicted(label, variance);
    }
    spread.add(bin << 1 | label, variance);
    if (!(p >= 0 && p <= 1)) {
      outside++;
      return;
    }
    double error = (p - label) * (p - label);
    long square = (long) (error * ProbabilitySums.UNIT + 0.5);
    brier.addProduct(square, weight);
    double kept = p < EPS ? EPS : p > 1 - EPS ? 1 - EPS : p;
    clipped += kept == p ? 0 : 1;
    double ofOwn = label == 0 ? 1 - kept : kept;
    long loss = (long) (0.5 - ProbabilitySums.UNIT * Ln.ofNormal(ofOwn));
    logLoss.addProduct(loss, weight);
    spread.addLosses(loss, square, variance);
  }

  /**
   * Adds rows of a sample with known inclusion probabilities. A row weighs weight / rate; its share
   * in the variance of a total is (weight / rate)² (1 - rate). Rows of a plain {@link
   * #accept(byte[], int, byte[], int, double[], int, int) accept} with weights are taken to weigh 1
   * each, drawn at the rate 1 / weight.
   *
   * @param weights own weights, or null for 1 each
   * @param rates inclusion probabilities in (0, 1]
   */
  public void acceptSample(
      byte[] scores,
      int scoreOffset,
      byte[] labels,
      int labelOffset,
      double[] weights,
      int weightOffset,
      double[] rates,
      int rateOffset,
      int count) {
    var scoreBits =
        wrap("scores", scores, scoreOffset, 4L * count)
            .slice()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asIntBuffer();
    wrap("labels", labels, labelOffset, count);
    long[] units = new long[count];
    for (int i = 0; i < count; i++) {
      byte label = labels[labelOffset + i];
      if ((label & ~1) != 0) {
        throw badLabel(label, i);
      }
      double rate = rates[rateOffset + i];
      if (!(rate > 0 && rate <= 1)) {
        throw new IllegalArgumentException(
            "rate must be in (0, 1], got " + rate + " (row " + i + ")");
      }
      double weight = weights == null ? 1 : weights[weightOffset + i];
      units[i] = weightUnits(weight / rate, WEIGHT_BITS, i);
    }
    begin(true);
    n += count;
    for (int i = 0; i < count; i++) {
      positiveRows += labels[labelOffset + i];
      double expanded = units[i] * unit();
      acceptRow(
          scoreBits.get(i),
          labels[labelOffset + i],
          units[i],
          ProxySpread.units(expanded * expanded * (1 - rates[rateOffset + i])));
    }
  }

  /** Adds what the other saw; returns this. Both must have the same decision threshold and bins. */
  public BinaryProxy combine(BinaryProxy other) {
    checkSameBins(other);
    if (other.weighted != null) {
      begin(other.weighted);
    }
    for (int i = 0; i < bins.length; i++) {
      bins[i] += other.bins[i];
    }
    logLoss.combine(other.logLoss);
    brier.combine(other.brier);
    spread.combine(other.spread);
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

  /** The metrics so far, with intervals at 95 %. */
  public Result result() {
    return result(0.95);
  }

  /**
   * The metrics so far.
   *
   * @param level confidence level of sampling intervals, in (0, 1)
   */
  public Result result(double level) {
    double unit = unit();
    var row = table(bins, unit, predictedInBin, skippedUnits);
    return new Result(
        rows(),
        weighted != null && weighted ? positiveRows : (long) (row.tp() + row.fn()),
        row.tp() + row.fp() + row.fn() + row.tn(),
        row.tp() + row.fn(),
        invalid,
        metrics(row, level),
        histogram());
  }

  /** The four cells at the decision threshold, from a table by bin and label. */
  private ThresholdRow table(long[] byBin, double scale, long[] inBin, long[] skipped) {
    long[] totals = skipped.clone();
    long[] over = inBin.clone();
    for (int at = 0; at < byBin.length; at++) {
      totals[at & 1] += byBin[at];
      boolean above = at >> 1 > thresholdBin || !splitsBin && at >> 1 == thresholdBin;
      over[at & 1] += above ? byBin[at] : 0;
    }
    return new ThresholdRow(
        decisionThreshold,
        scale * over[1],
        scale * over[0],
        scale * (totals[1] - over[1]),
        scale * (totals[0] - over[0]));
  }

  private double unit() {
    return weighted != null && weighted ? Math.scalb(1.0, -WEIGHT_BITS) : 1;
  }

  private String reason(double weight) {
    return rows() == 0
        ? "empty"
        : invalid > 0 ? "invalid_score" : weight == 0 ? "zero_weight" : null;
  }

  private List<MetricValue> metrics(ThresholdRow row, double level) {
    double positives = row.tp() + row.fn();
    double negatives = row.fp() + row.tn();
    double weight = positives + negatives;
    var metrics = new ArrayList<MetricValue>();
    String general = reason(weight);
    boolean sampled = spread.sampled();
    if (general != null || positives == 0) {
      String reason = general != null ? general : "no_positives";
      metrics.add(MetricValue.undefined("average_precision", reason));
      metrics.add(MetricValue.undefined("roc_auc", reason));
    } else {
      addBounded(metrics, positives, negatives, level);
    }
    String reason = general != null ? general : outside > 0 ? "score_outside_0_1" : null;
    if (reason != null) {
      metrics.add(MetricValue.undefined("log_loss", reason));
      metrics.add(MetricValue.undefined("brier", reason));
    } else {
      double scale = unit() / ProbabilitySums.UNIT / weight;
      double loss = logLoss.toDouble() * scale;
      double square = brier.toDouble() * scale;
      var lossMetric = MetricValue.defined("log_loss", loss, "exact");
      var squareMetric = MetricValue.defined("brier", square, "exact");
      if (sampled) {
        lossMetric = spread.ofLogLoss(lossMetric, weight, level);
        squareMetric = spread.ofBrier(squareMetric, weight, level);
      }
      metrics.add(clipped > 0 ? lossMetric.withFlag("clipped") : lossMetric);
      metrics.add(squareMetric);
    }
    if (general != null) {
      DECISIONS.forEach(name -> metrics.add(MetricValue.undefined(name, general)));
      return metrics;
    }
    var variances =
        sampled
            ? table(spread.byBin(), ProxySpread.UNIT, spread.predictedInBin(), new long[2])
            : null;
    metrics.add(value("accuracy", row, variances, row.accuracy(), null, level));
    metrics.add(
        value("precision", row, variances, row.precision(), "no_predicted_positives", level));
    metrics.add(value("recall", row, variances, row.recall(), "no_positives", level));
    metrics.add(value("f1", row, variances, row.f1(), "no_positives", level));
    return metrics;
  }

  private static MetricValue value(
      String name,
      ThresholdRow row,
      ThresholdRow variances,
      OptionalDouble value,
      String reason,
      double level) {
    if (value.isEmpty()) {
      return MetricValue.undefined(name, reason);
    }
    var metric = MetricValue.defined(name, value.getAsDouble(), "exact");
    return variances == null ? metric : ProxySpread.ofDecision(metric, row, variances, level);
  }

  private void addBounded(
      List<MetricValue> metrics, double positives, double negatives, double level) {
    var bounds = new BinnedBounds();
    boolean whole = !weighted;
    double unit = unit();
    for (int bin = bins.length / 2 - 1; bin >= 0; bin--) {
      if (bins[2 * bin] + bins[2 * bin + 1] > 0) {
        bounds.add(unit * bins[2 * bin + 1], unit * bins[2 * bin], whole);
      }
    }
    var precision =
        MetricValue.defined(
            "average_precision",
            bounds.averagePrecision(),
            interval(bounds.averagePrecisionLow(), bounds.averagePrecisionHigh()));
    var area =
        negatives == 0
            ? MetricValue.undefined("roc_auc", "no_negatives")
            : MetricValue.defined(
                "roc_auc", bounds.rocAuc(), interval(bounds.rocAucLow(), bounds.rocAucHigh()));
    if (spread.sampled() && negatives > 0) {
      precision = spread.ofAveragePrecision(precision, bins, unit, positives, level);
      area = spread.ofRocAuc(area, bins, unit, positives, negatives, level);
    }
    metrics.add(precision);
    metrics.add(area);
  }

  private static Interval interval(double low, double high) {
    return new Interval(low, high, "binned_bounds", 1, Target.FINITE);
  }

  private List<Bin> histogram() {
    double unit = unit();
    var histogram = new ArrayList<Bin>();
    for (int bin = 0; bin < bins.length / 2; bin++) {
      if (bins[2 * bin] + bins[2 * bin + 1] > 0) {
        int first = Math.max(0, (bin << shift) - pad);
        int last = Math.min(ProxyBins.count(), (bin + 1 << shift) - pad) - 1;
        histogram.add(
            new Bin(
                ProxyBins.from(first),
                ProxyBins.to(last),
                unit * bins[2 * bin + 1],
                unit * bins[2 * bin]));
      }
    }
    return histogram;
  }

  /** Sparse and versioned; equal states give equal bytes. */
  public byte[] toBytes() {
    var out = new ByteWriter().writeByte(KIND).writeByte(VERSION);
    out.writeDouble(decisionThreshold)
        .writeBoolean(shift > 0)
        .writeByte(weighted == null ? 2 : weighted ? 1 : 0);
    out.writeCount(n).writeCount(positiveRows).writeCount(invalid).writeCount(outside);
    out.writeCount(clipped).writeSum(logLoss).writeSum(brier);
    for (int label = 0; label < 2; label++) {
      out.writeCount(skippedUnits[label]).writeCount(predictedInBin[label]);
    }
    boolean sampled = spread.sampled();
    out.writeBoolean(sampled);
    if (sampled) {
      spread.write(out);
    }
    int last = -1;
    for (int i = 0; i < bins.length; i++) {
      if (bins[i] > 0) {
        out.writeCount(i - last).writeCount(bins[i]);
        if (sampled) {
          out.writeCount(spread.byBin()[i]);
        }
        last = i;
      }
    }
    return out.writeCount(0).toBytes();
  }

  /** The inverse of {@link #toBytes}; refuses anything else. */
  public static BinaryProxy fromBytes(byte[] bytes) {
    var in = new ByteReader("binary proxy", bytes, KIND, VERSION);
    var proxy = of(in.readDouble(), in.readBoolean() ? COARSE : 0);
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
    boolean sampled = in.readBoolean();
    if (sampled) {
      proxy.spread.read(in);
    }
    int at = -1;
    int limit = proxy.bins.length;
    for (int step = in.readIndex(limit + 1); step > 0; step = in.readIndex(limit - at)) {
      at += step;
      proxy.bins[at] = in.readCount();
      if (sampled) {
        proxy.spread.add(at, in.readCount());
      }
    }
    in.end();
    return proxy;
  }
}
