package dev.touchstone.metrics;

/**
 * The SplitMix64 generator (Steele, Lea and Flood 2014) in its counter form: the i-th output of a
 * seed can be had without the ones before it, so that results never depend on who draws first.
 */
public final class SplitMix64 {
  /** The odd constant nearest to 2^64 over the golden ratio. */
  public static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

  private SplitMix64() {}

  /** Scrambles 64 bits, one to one. */
  public static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
    return z ^ (z >>> 31);
  }

  /** Output number {@code index}, from 0, of the generator with this seed. */
  public static long at(long seed, long index) {
    return mix(seed + GOLDEN * (index + 1));
  }

  /** 53 bits as a double in [0, 1). */
  public static double unit(long bits) {
    return (bits >>> 11) * 0x1p-53;
  }
}
