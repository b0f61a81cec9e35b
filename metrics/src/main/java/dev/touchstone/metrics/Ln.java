package dev.touchstone.metrics;

/**
 * The natural logarithm in plain arithmetic: the same bits on every JVM, machine and compiler tier
 * ({@link Math#log} may differ by an ulp between them), at the cost of a table look-up and a short
 * polynomial.
 *
 * <p>Error for positive normal numbers: at most 2 ulp plus 2^-53, measured against {@link
 * StrictMath#log}; next to 1 (within 2^-8) at most 2 ulp.
 */
public final class Ln {
  private static final int TABLE_BITS = 8;
  private static final int CELLS = 1 << TABLE_BITS;
  // the first cell whose numbers are all above the square root of 2
  private static final int ROOT_CELL = 107;
  // ln 2 in two parts; the upper has 32 bits, so its product with an exponent is exact
  private static final double LN2_HIGH = 0x1.62e42fee00000p-1;
  private static final double LN2_LOW = 0x1.a39ef35793c76p-33;
  private static final double[] TABLE = table();

  private Ln() {}

  /**
   * Pairs (c, t) with c near the reciprocal of a cell's middle, of few bits, and t = -ln c, or -ln
   * 2c from the square root of 2 on, where the exponent is counted from the next power of two: so
   * no two large terms cancel just below 1.
   */
  private static double[] table() {
    double[] table = new double[2 * CELLS];
    for (int cell = 0; cell < CELLS; cell++) {
      // next to 1 from above c = 1, from below c = 1/2: there m * c - 1 is exact and ln relative
      double c =
          cell == 0
              ? 1
              : cell == CELLS - 1 ? 0.5 : Math.rint(512 / (1 + (cell + 0.5) / CELLS)) / 512;
      table[2 * cell] = c;
      table[2 * cell + 1] = 0.0 - StrictMath.log(cell < ROOT_CELL ? c : 2 * c);
    }
    return table;
  }

  /**
   * ln x for a positive normal number; other input goes to {@link StrictMath#log}, which is as
   * reproducible and slower.
   */
  public static double of(double x) {
    if (!(x >= Double.MIN_NORMAL && x <= Double.MAX_VALUE)) {
      return StrictMath.log(x);
    }
    return ofNormal(x);
  }

  /** ln x for a positive normal number; anything else gives nonsense. */
  public static double ofNormal(double x) {
    long bits = Double.doubleToRawLongBits(x);
    int cell = (int) (bits >>> (52 - TABLE_BITS)) & (CELLS - 1);
    int exponent = (int) (bits >>> 52) - 1023 + ((cell + (CELLS - ROOT_CELL)) >>> TABLE_BITS);
    double mantissa = Double.longBitsToDouble((bits & 0x000F_FFFF_FFFF_FFFFL) | (1023L << 52));
    double r = mantissa * TABLE[2 * cell] - 1;
    double r2 = r * r;
    // ln(1 + r) = r - r²/2 + r³/3 - …, |r| <= 2^-8, so r^8/8 is below half an ulp of r
    double tail =
        r2 * (-1.0 / 2 + r * (1.0 / 3))
            + (r2 * r2) * ((-1.0 / 4 + r * (1.0 / 5)) + r2 * (-1.0 / 6 + r * (1.0 / 7)));
    return (exponent * LN2_HIGH + TABLE[2 * cell + 1]) + (r + (tail + exponent * LN2_LOW));
  }

  /** ln(1 + x) for x of at least 0, also for the smallest: at most 4 ulp plus 2^-53 x. */
  public static double ofOnePlus(double x) {
    if (!(x < 0x1p-8)) {
      return of(1 + x);
    }
    // x - x²/2 + x³/3 - …; x^8/8 is below half an ulp of x
    double square = x * x;
    double tail =
        square * (-1.0 / 2 + x * (1.0 / 3))
            + square * square * (-1.0 / 4 + x * (1.0 / 5) + square * (-1.0 / 6 + x * (1.0 / 7)));
    return x + tail;
  }
}
