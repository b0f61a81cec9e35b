package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScoreKey;
import dev.touchstone.metrics.ScorePrecision;
import dev.touchstone.metrics.Sum128;

/**
 * Pass 1: how many positives and negatives have which upper 16 bits of the score key, and the exact
 * sums behind log loss and Brier. Additive: any partition of the rows, combined in any order, gives
 * the same state and the same bytes.
 *
 * <p>Below 4 MiB of memory (8 MiB with weights), whatever the number of rows. Not thread-safe.
 */
public final class CoarseCounts extends RowAccumulator {
  static final int BINS = 1 << 16;

  /** Totals stay below this, so that twice a count and products of two fit. */
  static final long MAX_TOTAL = 1L << 61;

  private static final int KIND = 'C';
  private static final int VERSION = 4;

  private final ScorePrecision precision;
  private final boolean probabilityMetrics;
  private final int weightBits;
  private Boolean weighted;
  // [bin * 2 + label]: rows that count, that is, with a score and a weight above 0
  private final long[] rows = new long[2 * BINS];
  private final Tally tally = new Tally(); // of rows that are not in the array above yet
  private long[] weights;
  // exact sums of squared weights, as 128-bit integers
  private long[] squaresHigh;
  private long[] squaresLow;
  private long largestWeight;
  private ProbabilitySums probability;
  private ScoreMoments moments; // from the first rows on, where probabilities are asked for
  private final long[] floatUnits; // of float64 scores, by the coarse bin of the float32
  private long n;
  private long invalid;
  // rows without a score or with weight 0, by label, and their weights
  private final long[] skippedRows = new long[2];
  private final long[] skippedUnits = new long[2];

  CoarseCounts(
      ScorePrecision precision, boolean probabilityMetrics, int calibrationBins, int weightBits) {
    this.precision = precision;
    this.probabilityMetrics = probabilityMetrics;
    this.weightBits = weightBits;
    probability = new ProbabilitySums(calibrationBins);
    floatUnits =
        probabilityMetrics && precision == ScorePrecision.FLOAT64 ? new long[2 * BINS] : null;
  }

  /** Nothing counted yet. */
  public static CoarseCounts of(BinaryOptions options) {
    return new CoarseCounts(
        ScorePrecision.FLOAT32,
        options.probabilityMetrics(),
        options.calibrationBins(),
        options.weightBits());
  }

  @Override
  int weightBits() {
    return weightBits;
  }

  @Override
  void begin(boolean weightedRows) {
    if (weighted == null) {
      weighted = weightedRows;
      probability.begin(weightedRows);
      if (probabilityMetrics) {
        moments = new ScoreMoments(!sumsFromMoments());
      }
      if (weightedRows) {
        weights = new long[2 * BINS];
        squaresHigh = new long[2 * BINS];
        squaresLow = new long[2 * BINS];
      }
    } else if (weighted != weightedRows) {
      throw new IllegalArgumentException("rows must be all weighted or all unweighted, got both");
    }
  }

  @Override
  void acceptBlock(RowBlock block) {
    n += block.size;
    if (block.weighted) {
      countWeighted(block);
    } else {
      makeRoom(block.size);
      note(tally.add(block.bits, block.labels, block.size));
    }
    if (probabilityMetrics) {
      boolean plain = !block.weighted && block.probabilities();
      probability.accept(block, plain);
      if (plain) {
        moments.addProbabilities(block.bits, block.labels, block.size);
      } else {
        addMoments(block);
      }
    }
  }

  @Override
  boolean acceptDirect(float[] scores, byte[] labels, int from, int to) {
    if (probabilityMetrics) {
      return false;
    }
    n += to - from;
    makeRoom(to - from);
    note(tally.add(scores, labels, from, to));
    return true;
  }

  private void makeRoom(int more) {
    if (tally.pending() + more > Integer.MAX_VALUE) {
      settled();
    }
  }

  private void note(long[] nanByLabel) {
    for (int label = 0; nanByLabel != null && label < 2; label++) {
      skippedRows[label] += nanByLabel[label];
      skippedUnits[label] += nanByLabel[label];
      invalid += nanByLabel[label];
    }
  }

  private long[] settled() {
    if (tally.pending() > 0) {
      tally.settle(rows);
      if (moments != null) {
        checkCells();
      }
    }
    return rows;
  }

  private void checkCells() {
    for (int at = 0; sumsFromMoments() && at < rows.length; at++) {
      if (rows[at] > ScoreMoments.MOST_ROWS_OF_A_CELL) {
        throw new ArithmeticException(
            "rows of one class whose scores share 16 bits must be at most 2^33, got " + rows[at]);
      }
    }
  }

  /** How many rows of either label have scores from one on, up to the next that is told. */
  public interface Bin {
    /** One bin that holds rows; a score of NaN and rows of weight 0 are in none. */
    void accept(float from, long negatives, long positives);
  }

  /** Gives all bins that hold rows, ascending; rows count once each, whatever they weigh. */
  public void forEachBin(Bin to) {
    long[] byBin = settled();
    for (int bin = 0; bin < BINS; bin++) {
      if (byBin[2 * bin] + byBin[2 * bin + 1] > 0) {
        int key =
            Integer.compareUnsigned(bin << 16, ScoreKey.MIN_FLOAT) < 0
                ? ScoreKey.MIN_FLOAT
                : bin << 16;
        to.accept(ScoreKey.toFloat(key), byBin[2 * bin], byBin[2 * bin + 1]);
      }
    }
  }

  /** Notes a row that counts in no bin. */
  private void skip(int label, long weight) {
    skippedRows[label]++;
    skippedUnits[label] += weight;
  }

  private void countWeighted(RowBlock block) {
    for (int i = 0; i < block.size; i++) {
      int bits = block.bits[i];
      acceptKey(
          (bits & 0x7FFF_FFFF) > 0x7F80_0000 ? -1 : ScoreKey.ofBits(bits) >>> 16,
          block.labels[i],
          block.weights[i]);
    }
  }

  private void addMoments(RowBlock block) {
    for (int i = 0; i < block.size; i++) {
      int bits = block.bits[i];
      if ((bits & 0x7FFF_FFFF) <= 0x7F80_0000) {
        int key = ScoreKey.ofBits(bits);
        int cell = (key >>> 16 << 1) | block.labels[i];
        if (block.weighted) {
          moments.addWeighted(cell, key & 0xFFFF, block.weights[i]);
        } else {
          moments.add(cell, key & 0xFFFF);
        }
      }
    }
  }

  /** Counts one row; the bin is below 0 for a score that is NaN. */
  private void acceptKey(int bin, int label, long weight) {
    if (bin < 0) {
      invalid++;
      skip(label, weight);
    } else if (weight == 0) {
      skip(label, 0);
    } else {
      rows[(bin << 1) | label]++;
      weights[(bin << 1) | label] = checked(weights[(bin << 1) | label] + weight);
      addSquare((bin << 1) | label, Math.multiplyHigh(weight, weight), weight * weight);
      largestWeight = Math.max(largestWeight, weight);
    }
  }

  private void addSquare(int at, long high, long low) {
    long sum = squaresLow[at] + low;
    squaresHigh[at] += high + (Long.compareUnsigned(sum, low) < 0 ? 1 : 0);
    squaresLow[at] = sum;
  }

  /** Counts float64 rows [from, to); {@code units} may be null. */
  void acceptDoubles(double[] scores, byte[] labels, long[] units, int from, int to) {
    begin(units != null);
    n += to - from;
    for (int i = from; i < to; i++) {
      double score = scores[i];
      long weight = units == null ? 1 : units[i];
      int bin = score != score ? -1 : (int) (ScoreKey.of(score) >>> 48);
      if (units != null) {
        acceptKey(bin, labels[i], weight);
      } else {
        if (bin < 0) {
          invalid++;
          skip(labels[i], 1);
        } else {
          rows[(bin << 1) | labels[i]]++;
        }
      }
      if (probabilityMetrics && bin >= 0 && weight > 0) {
        probability.accept(score, labels[i], weight, ScorePrecision.FLOAT64);
        int key = ScoreKey.of((float) score);
        int at = (key >>> 16 << 1) | labels[i];
        floatUnits[at] += weight;
        moments.addWeighted(at, key & 0xFFFF, weight);
      }
    }
  }

  private static long checked(long total) {
    if (total >= MAX_TOTAL) {
      throw new ArithmeticException(
          "the sum of weights must stay below 2^61 units of weight; use fewer weight bits");
    }
    return total;
  }

  /** Nothing counted, of the same options. */
  CoarseCounts empty() {
    return new CoarseCounts(precision, probabilityMetrics, probability.binCount(), weightBits);
  }

  /** Adds what the other counted; returns this. Both must come from the same options. */
  public CoarseCounts combine(CoarseCounts other) {
    if (other.precision != precision
        || other.weightBits != weightBits
        || other.probability.binCount() != probability.binCount()
        || other.probabilityMetrics != probabilityMetrics) {
      throw new IllegalArgumentException("coarse counts must come from the same options");
    }
    if (other.weighted != null) {
      begin(other.weighted);
    }
    settled();
    other.settled();
    for (int i = 0; i < rows.length; i++) {
      rows[i] += other.rows[i];
    }
    if (weights != null && other.weights != null) {
      for (int i = 0; i < weights.length; i++) {
        weights[i] = checked(weights[i] + other.weights[i]);
        addSquare(i, other.squaresHigh[i], other.squaresLow[i]);
      }
    }
    largestWeight = Math.max(largestWeight, other.largestWeight);
    probability.combine(other.probability);
    if (other.moments != null) {
      moments.combine(other.moments);
      checkCells();
    }
    n += other.n;
    invalid += other.invalid;
    for (int label = 0; label < 2; label++) {
      skippedRows[label] += other.skippedRows[label];
      skippedUnits[label] += other.skippedUnits[label];
    }
    return this;
  }

  /** Rows so far, invalid ones included. */
  public long n() {
    return n;
  }

  /** Rows with label 1 so far, invalid ones included. */
  public long nPos() {
    long sum = skippedRows[1];
    for (int at = 1; at < rows.length; at += 2) {
      sum += settled()[at];
    }
    return sum;
  }

  /** Rows so far whose score is NaN. */
  public long invalidScores() {
    return invalid;
  }

  ScorePrecision precision() {
    return precision;
  }

  boolean weighted() {
    return weighted != null && weighted;
  }

  boolean probabilityMetrics() {
    return probabilityMetrics;
  }

  /** What one unit of {@link #units} weighs. */
  double unit() {
    return weighted() ? Math.scalb(1.0, -weightBits) : 1;
  }

  /** Rows that count, by bin and label. */
  long rows(int bin, int label) {
    return settled()[(bin << 1) | label];
  }

  /** Weight units (rows without weights) by bin and label. */
  long units(int bin, int label) {
    return weights == null ? settled()[(bin << 1) | label] : weights[(bin << 1) | label];
  }

  /** Weight units of a class over rows with a score. */
  long units(int label) {
    long sum = 0;
    for (int bin = 0; bin < BINS; bin++) {
      sum = checked(sum + units(bin, label));
    }
    return sum;
  }

  /** Weight units of a class over rows without a score. */
  long skippedUnits(int label) {
    return skippedUnits[label];
  }

  /** Units by the coarse bin of the float32 score. */
  long scoreUnits(int bin, int label) {
    return floatUnits == null ? units(bin, label) : floatUnits[(bin << 1) | label];
  }

  /** Null before the first rows. */
  ScoreMoments moments() {
    return moments;
  }

  /** Whether the moments of a cell stand for its rows: float32 without weights. */
  boolean sumsFromMoments() {
    return !weighted() && precision == ScorePrecision.FLOAT32;
  }

  ProbabilitySums probability() {
    return probability;
  }

  /**
   * Squared weights are summed in units of 2^shift squared units of weight, so that their total
   * stays below 2^61.
   */
  int squareShift() {
    if (!weighted()) {
      return 0;
    }
    int largest = 64 - Long.numberOfLeadingZeros(largestWeight);
    int all = 64 - Long.numberOfLeadingZeros(units(0) + units(1));
    return Math.max(0, largest + all - 61);
  }

  /** Sum of squared weights by bin and label, in units of the {@link #squareShift} given. */
  long squares(int bin, int label, int shift) {
    int at = (bin << 1) | label;
    return weights == null
        ? settled()[at]
        : (long)
            Math.rint(Math.scalb(Sum128.of(squaresHigh[at], squaresLow[at]).toDouble(), -shift));
  }

  /**
   * Whether every score is known to lie in [0, 1]. From the bins alone: the bin of 1 holds nothing
   * above 1 + 2^-7.
   */
  boolean looksLikeProbabilities() {
    int zero = bin(0);
    int one = bin(1);
    for (int bin = 0; bin < BINS; bin++) {
      if ((bin < zero || bin > one) && rows(bin, 0) + rows(bin, 1) > 0) {
        return false;
      }
    }
    return invalid == 0 && (!probabilityMetrics || probability.outside() == 0);
  }

  /** The bin of a threshold. */
  int bin(double score) {
    return (int) (precision.key(score) >>> (precision.bits() - 16));
  }

  /** Sparse and versioned; equal states give equal bytes. */
  public byte[] toBytes() {
    settled();
    var out = new ByteWriter().writeByte(KIND).writeByte(VERSION);
    out.writeByte(precision.ordinal()).writeBoolean(probabilityMetrics);
    out.writeCount(probability.binCount());
    out.writeByte(weightBits + 128).writeByte(weighted == null ? 2 : weighted ? 1 : 0);
    out.writeCount(n).writeCount(invalid);
    out.writeCount(skippedRows[0]).writeCount(skippedRows[1]);
    out.writeCount(skippedUnits[0]).writeCount(skippedUnits[1]);
    out.writeCount(largestWeight);
    probability.write(out);
    int last = -1;
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] > 0) {
        out.writeCount(i - last).writeCount(rows[i]);
        if (weights != null) {
          out.writeCount(weights[i]).writeLong(squaresHigh[i]).writeLong(squaresLow[i]);
        }
        if (moments != null) {
          moments.write(out, i);
        }
        last = i;
      }
    }
    return out.writeCount(0).toBytes();
  }

  /** The inverse of {@link #toBytes}; refuses anything else. */
  public static CoarseCounts fromBytes(byte[] bytes) {
    var in = new ByteReader("coarse counts", bytes, KIND, VERSION);
    var precision = ScorePrecision.values()[in.readIndex(ScorePrecision.values().length)];
    boolean probabilityMetrics = in.readBoolean();
    int bins = in.readIndex(BinaryOptions.MOST_CALIBRATION_BINS + 1);
    var counts = new CoarseCounts(precision, probabilityMetrics, bins, in.readByte() - 128);
    int weighting = in.readIndex(3);
    if (weighting < 2) {
      counts.begin(weighting == 1);
    }
    counts.n = in.readCount();
    counts.invalid = in.readCount();
    counts.skippedRows[0] = in.readCount();
    counts.skippedRows[1] = in.readCount();
    counts.skippedUnits[0] = in.readCount();
    counts.skippedUnits[1] = in.readCount();
    counts.largestWeight = in.readCount();
    counts.probability = ProbabilitySums.read(in, bins, weighting == 1);
    int at = -1;
    for (int step = in.readIndex(2 * BINS + 1); step > 0; step = in.readIndex(2 * BINS - at)) {
      at += step;
      counts.rows[at] = in.readCount();
      if (weighting == 1) {
        counts.weights[at] = in.readCount();
        counts.squaresHigh[at] = in.readLong();
        counts.squaresLow[at] = in.readLong();
      }
      if (counts.moments != null) {
        counts.moments.read(in, at);
      }
    }
    in.end();
    return counts;
  }
}
