package dev.touchstone.cli.evaluate;

/** Half-precision floats, which models in mixed precision write. */
final class Halves {
  private Halves() {}

  /** The float equal to an IEEE 754 binary16; exact, NaN included. */
  static float toFloat(short half) {
    int sign = half & 0x8000;
    int exponent = half >>> 10 & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0) {
      float tiny = fraction * 0x1p-24f; // subnormal halves are normal floats
      return sign == 0 ? tiny : -tiny;
    }
    int wide = exponent == 0x1f ? 0xff : exponent + (127 - 15);
    return Float.intBitsToFloat(sign << 16 | wide << 23 | fraction << 13);
  }
}
