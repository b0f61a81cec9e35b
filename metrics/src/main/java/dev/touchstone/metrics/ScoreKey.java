package dev.touchstone.metrics;

/**
 * Order-preserving integer keys of scores: a larger unsigned key is a larger score, and equal keys
 * are exactly equal scores. Negative zero has the key of zero. NaN has no key: test for it first.
 */
public final class ScoreKey {
  /** Key of float32 negative infinity: the smallest key of a number. */
  public static final int MIN_FLOAT = 0x007F_FFFF;

  /** Key of float32 positive infinity: the largest key of a number. */
  public static final int MAX_FLOAT = 0xFF80_0000;

  private ScoreKey() {}

  /** The key of a float32 score, to be compared unsigned. */
  public static int of(float score) {
    return ofBits(Float.floatToRawIntBits(score));
  }

  /** The key of the float32 with these bits. */
  public static int ofBits(int bits) {
    int b = bits == Integer.MIN_VALUE ? 0 : bits; // -0.0 is 0.0
    return b ^ ((b >> 31) | Integer.MIN_VALUE);
  }

  /** The key of a float64 score, to be compared unsigned. */
  public static long of(double score) {
    long b = Double.doubleToRawLongBits(score);
    b = b == Long.MIN_VALUE ? 0 : b;
    return b ^ ((b >> 63) | Long.MIN_VALUE);
  }

  /** The float32 score of a key. */
  public static float toFloat(int key) {
    return Float.intBitsToFloat(key < 0 ? key ^ Integer.MIN_VALUE : ~key);
  }

  /** The float64 score of a key. */
  public static double toDouble(long key) {
    return Double.longBitsToDouble(key < 0 ? key ^ Long.MIN_VALUE : ~key);
  }
}
