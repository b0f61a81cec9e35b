package dev.touchstone.metrics.binary;

/**
 * Counts of unweighted float32 rows by the upper 16 bits as they are and the label: the tightest
 * loop there is. What needs thought (NaN, the order of keys, wide counts) comes after it.
 */
final class Tally {
  /** The counter of a row. NaN has its own upper bits, but for those next to an infinity. */
  private static final int INFINITY = 0x7F80;

  private static final int NEGATIVE = 0x8000;

  private final int[] counts = new int[2 * CoarseCounts.BINS];
  private long pending;
  private int specials;

  /** Rows that the counters hold; a caller empties them before they overflow. */
  long pending() {
    return pending;
  }

  /** Counts decoded rows; returns the numbers of rows by label whose score is NaN, or null. */
  long[] add(int[] bits, byte[] labels, int size) {
    int[] into = counts;
    for (int i = 0; i < size; i++) {
      int b = bits[i] == Integer.MIN_VALUE ? 0 : bits[i]; // -0.0 is 0.0
      into[b >>> 16 << 1 | labels[i]]++;
    }
    pending += size;
    if (!specialsGrew()) {
      return null;
    }
    long[] nan = new long[2];
    for (int i = 0; i < size; i++) {
      takeBack(bits[i], labels[i], nan);
    }
    specialsGrew();
    return nan;
  }

  /** Counts rows [from, to); returns the numbers of rows by label whose score is NaN, or null. */
  long[] add(float[] scores, byte[] labels, int from, int to) {
    int[] into = counts;
    for (int i = from; i < to; i++) {
      // adding 0 turns -0.0 into 0.0 and leaves every other number
      into[Float.floatToRawIntBits(scores[i] + 0f) >>> 16 << 1 | labels[i]]++;
    }
    pending += to - from;
    if (!specialsGrew()) {
      return null;
    }
    long[] nan = new long[2];
    for (int i = from; i < to; i++) {
      takeBack(Float.floatToRawIntBits(scores[i]), labels[i], nan);
    }
    specialsGrew();
    return nan;
  }

  private void takeBack(int bits, int label, long[] nan) {
    if ((bits & 0x7FFF_FFFF) > 0x7F80_0000) {
      nan[label]++;
      // adding 0 may have made a signalling NaN quiet, which keeps sign and exponent
      int at = bits >>> 16 << 1 | label;
      int quiet = (bits | 0x0040_0000) >>> 16 << 1 | label;
      counts[counts[at] > 0 ? at : quiet]--;
      pending--;
    }
  }

  /** Whether counters of infinities and NaN changed since last asked. */
  private boolean specialsGrew() {
    int sum = 0;
    for (int upper = INFINITY; upper < NEGATIVE; upper++) {
      sum += counts[2 * upper] + counts[2 * upper + 1];
      sum += counts[2 * (upper | NEGATIVE)] + counts[2 * (upper | NEGATIVE) + 1];
    }
    boolean grew = sum != specials;
    specials = sum;
    return grew;
  }

  /** Adds the counters to counts by key and label, and starts again at 0. */
  void settle(long[] rows) {
    for (int upper = 0; upper < CoarseCounts.BINS; upper++) {
      int bin = upper ^ (upper < NEGATIVE ? NEGATIVE : 0xFFFF);
      for (int label = 0; label < 2; label++) {
        rows[2 * bin + label] += counts[2 * upper + label];
        counts[2 * upper + label] = 0;
      }
    }
    pending = 0;
    specials = 0;
  }
}
