package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.ScoreKey;

/**
 * One fixed, monotone cut of all float32 numbers into some thousands of bins, fine where
 * probabilities are and where calibrated scores of a rare class crowd: 2^-12 wide from 1/32 to 1
 * (finer next to 1), 128 bins an octave from 2^-14 and for logits up to 32, coarser beyond. Fixed,
 * so that states merge by addition; monotone, so that bounds from bins are certified.
 */
final class ProxyBins {
  /** For the upper 16 key bits: first bin << 5 | shift of the lower 16 bits. */
  private static final int[] TABLE = new int[1 << 16];

  /** The first key of every bin. */
  private static final int[] FIRST_KEY;

  static {
    int[] first = new int[1 << 16];
    int bins = 0;
    int group = -1;
    for (int coarse = 0; coarse < TABLE.length; coarse++) {
      int fineness = fineness(coarse);
      if (fineness >= 0) {
        TABLE[coarse] = bins << 5 | (16 - fineness);
        for (int sub = 0; sub < 1 << fineness; sub++) {
          first[bins++] = coarse << 16 | sub << (16 - fineness);
        }
        group = -1;
      } else {
        int next = coarse >>> -fineness << 5 | -fineness;
        if (next != group) {
          first[bins++] = coarse << 16;
          group = next;
        }
        TABLE[coarse] = (bins - 1) << 5 | 16;
      }
    }
    FIRST_KEY = java.util.Arrays.copyOf(first, bins);
  }

  private ProxyBins() {}

  /**
   * Into how many parts (2^fineness) a coarse bin of 1/128 octave is cut, or, below 0, how many of
   * them (2^-fineness) are joined.
   */
  private static int fineness(int coarse) {
    boolean positive = coarse >= 0x8000;
    int magnitude = (positive ? coarse : ~coarse) & 0x7FFF;
    int exponent = (magnitude >>> 7) - 127;
    if (exponent > 10 || exponent < -30) {
      return exponent == 128 ? 0 : -7; // infinity stays apart
    }
    if (exponent >= 5) {
      return -2;
    }
    if (exponent >= 0 || !positive && exponent == -1) {
      return 0;
    }
    if (!positive || exponent < -14) {
      return -2;
    }
    if (exponent == -1) {
      int fromOne = 128 - (magnitude & 0x7F); // in units of 2^-8
      return fromOne == 1 ? 8 : fromOne <= 4 ? 6 : 4;
    }
    return Math.max(0, exponent + 5);
  }

  static int count() {
    return FIRST_KEY.length;
  }

  /** The bin of a score of at least +0.0 from its bits. */
  static int ofPlainBits(int bits) {
    int entry = TABLE[(bits >>> 16) + (1 << 15)];
    return (entry >>> 5) + ((bits & 0xFFFF) >>> (entry & 31));
  }

  /** Whether a key is the first of its bin. */
  static boolean startsBin(int key) {
    return FIRST_KEY[of(key)] == key;
  }

  /** The bin of a number's key. */
  static int of(int key) {
    int entry = TABLE[key >>> 16];
    return (entry >>> 5) + ((key & 0xFFFF) >>> (entry & 31));
  }

  /** The lowest score of a bin. */
  static double from(int bin) {
    return ScoreKey.toFloat(
        Math.max(FIRST_KEY[bin] ^ Integer.MIN_VALUE, ScoreKey.MIN_FLOAT ^ Integer.MIN_VALUE)
            ^ Integer.MIN_VALUE);
  }

  /** The lowest score above a bin; infinity for the last. */
  static double to(int bin) {
    int next = bin + 1 < FIRST_KEY.length ? FIRST_KEY[bin + 1] : ScoreKey.MAX_FLOAT;
    return Integer.compareUnsigned(next, ScoreKey.MAX_FLOAT) >= 0
        ? Double.POSITIVE_INFINITY
        : ScoreKey.toFloat(next);
  }
}
