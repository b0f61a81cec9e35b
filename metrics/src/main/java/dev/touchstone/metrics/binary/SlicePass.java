package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Ln;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.IntFunction;

/**
 * One pass over unweighted rows, which adds each to the proxy of all rows and to that of its slice.
 * What a slice's probabilities leave of a product is held until it is about to underflow, so that
 * few logarithms are taken and rows need not be sorted. Holds its arrays from batch to batch; not
 * thread-safe.
 */
final class SlicePass {

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int CODES = 256;
  private static final int LEAST = ProbabilitySums.LEAST;
  private static final int MOST = ProbabilitySums.MOST;
  private static final int ONE = Float.floatToRawIntBits(1f);
  private static final double[] LABELS = {0, 1};

  /** A product of at least this has room for one more factor, of at least 2^-23. */
  private static final double LEAST_PRODUCT = 0x1p-990;

  private final BinaryProxy[] proxies = new BinaryProxy[CODES];
  private final long[][] bins = new long[CODES][]; // those of the proxies; null: not seen yet
  private final double[] products = new double[CODES];
  private final double[] squares = new double[CODES];
  private final int[] clipped = new int[CODES];
  private BinaryProxy all; // null: only the slices
  private IntFunction<BinaryProxy> slices;
  private BinaryProxy shape; // any of the slices

  /** See {@link BinaryProxy#acceptSlices}; labels are known to be good. */
  void accept(
      BinaryProxy whole,
      IntFunction<BinaryProxy> proxyOf,
      byte[] scores,
      byte[] labels,
      byte[] codes,
      int count) {
    all = whole;
    slices = proxyOf;
    try {
      for (int from = 0; from < count; ) {
        from = acceptProbabilities(scores, labels, codes, from, count);
        if (from < count) {
          acceptOther((int) INTS.get(scores, 4 * from), labels[from], codes[from] & 0xFF);
          from++;
        }
      }
      for (int code = 0; code < CODES; code++) {
        if (proxies[code] != null) {
          flush(code);
          proxies[code].countClipped(clipped[code]);
          if (all != null) {
            all.countClipped(clipped[code]);
          }
        }
      }
      countPredictedInBin(scores, labels, codes, count);
    } finally {
      forget();
    }
  }

  private void forget() {
    all = null;
    slices = null;
    shape = null;
    for (int code = 0; code < CODES; code++) {
      proxies[code] = null;
      bins[code] = null;
    }
  }

  private void open(int code) {
    BinaryProxy proxy = slices.apply(code);
    if (shape == null) {
      shape = proxy;
    }
    proxy.checkSameBins(shape);
    proxy.begin(false);
    proxies[code] = proxy;
    products[code] = 1;
    squares[code] = 0;
    clipped[code] = 0;
    bins[code] = proxy.bins();
  }

  /** Takes rows up to the first whose score is no probability; returns its number. */
  private int acceptProbabilities(byte[] scores, byte[] labels, byte[] codes, int from, int to) {
    int row = from;
    while (row < to) {
      if (bins[codes[row] & 0xFF] == null) {
        open(codes[row] & 0xFF);
      }
      row = acceptKnown(scores, labels, codes, row, to, shape.shift(), shape.pad());
      if (row < to && bins[codes[row] & 0xFF] != null) {
        return row;
      }
    }
    return row;
  }

  /** The same, and no further than the first row of a slice that has not been seen yet. */
  private int acceptKnown(
      byte[] scores, byte[] labels, byte[] codes, int from, int to, int shift, int pad) {
    long[] ofAll = all == null ? null : all.bins();
    long[][] binsOf = bins;
    double[] productOf = products;
    double[] squaresOf = squares;
    for (int row = from; row < to; row++) {
      int code = codes[row] & 0xFF;
      long[] into = binsOf[code];
      int bits = (int) INTS.get(scores, 4 * row);
      int label = labels[row];
      int kept = bits;
      if (into == null || Integer.compareUnsigned(bits - LEAST, MOST - LEAST) > 0) {
        if (into == null || Integer.compareUnsigned(bits, ONE) > 0) {
          return row;
        }
        kept = Math.max(LEAST, Math.min(MOST, bits));
        clipped[code]++;
      }
      int bin = ProxyBins.ofPlainBits(bits);
      if (ofAll != null) {
        ofAll[bin << 1 | label]++;
      }
      into[bin + pad >> shift << 1 | label]++;
      double error = LABELS[label] - BinaryProxy.widened(bits);
      squaresOf[code] += error * error;
      double product = productOf[code] * (1 - Math.abs(LABELS[label] - BinaryProxy.widened(kept)));
      productOf[code] = product;
      if (product < LEAST_PRODUCT) {
        flush(code);
      }
    }
    return to;
  }

  private void acceptOther(int bits, int label, int code) {
    proxies[code].acceptRow(bits, label, 1, 0);
    if (all != null) {
      all.acceptRow(bits, label, 1, 0);
    }
  }

  /** Rounds what a slice's rows have added so far. */
  private void flush(int code) {
    long loss = (long) (0.5 - ProbabilitySums.UNIT * Ln.ofNormal(products[code]));
    long square = (long) (squares[code] * ProbabilitySums.UNIT + 0.5);
    proxies[code].addLosses(loss, square);
    if (all != null) {
      all.addLosses(loss, square);
    }
    products[code] = 1;
    squares[code] = 0;
  }

  /** Only where the decision threshold divides a bin. */
  private void countPredictedInBin(byte[] scores, byte[] labels, byte[] codes, int count) {
    boolean split = all != null && all.splitsBin();
    for (BinaryProxy proxy : proxies) {
      split |= proxy != null && proxy.splitsBin();
    }
    for (int row = 0; split && row < count; row++) {
      int bits = (int) INTS.get(scores, 4 * row);
      if (Integer.compareUnsigned(bits, ONE) <= 0) { // else acceptRow did
        proxies[codes[row] & 0xFF].countPredictedInBin(bits, labels[row]);
        if (all != null) {
          all.countPredictedInBin(bits, labels[row]);
        }
      }
    }
  }
}
