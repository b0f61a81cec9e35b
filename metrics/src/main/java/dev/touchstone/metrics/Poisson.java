package dev.touchstone.metrics;

/**
 * Draws from the Poisson distribution of a whole mean, by inversion of its distribution function
 * (means up to {@value #MOST_TABLED}) or by transformed rejection (PTRS, Hörmann 1993). Both are
 * exact up to the rounding of doubles. Immutable and thread-safe.
 */
public final class Poisson {
  private static final int MOST_TABLED = 256;
  private static final int GUIDE_BITS = 10;

  private static final Poisson[] TABLED = new Poisson[MOST_TABLED + 1];

  private final double mean;
  // inversion: the distribution function, and the draw of every 1/1024 of the unit interval where
  // there is but one, or ~k where k is the least
  private final double[] cumulative;
  private final short[] guide;
  // rejection
  private double a;
  private double b;
  private double inverseAlpha;
  private double vr;
  private double logMean;

  /** Without the shared tables of {@link #of}. */
  Poisson(long mean) {
    this.mean = mean;
    if (mean <= MOST_TABLED) {
      cumulative = cumulative(mean);
      guide = guide(cumulative);
      return;
    }
    cumulative = null;
    guide = null;
    b = 0.931 + 2.53 * Math.sqrt(mean);
    a = -0.059 + 0.02483 * b;
    inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    vr = 0.9277 - 3.6224 / (b - 2);
    logMean = StrictMath.log(mean);
  }

  /** The distribution of a mean of at least 1. */
  public static Poisson of(long mean) {
    if (mean < 1) {
      throw new IllegalArgumentException("mean must be at least 1, got " + mean);
    }
    if (mean > MOST_TABLED) {
      return new Poisson(mean);
    }
    synchronized (TABLED) {
      if (TABLED[(int) mean] == null) {
        TABLED[(int) mean] = new Poisson(mean);
      }
      return TABLED[(int) mean];
    }
  }

  private static double[] cumulative(long mean) {
    double[] values = new double[(int) mean + 20 + 12 * (int) Math.ceil(Math.sqrt(mean))];
    double term = StrictMath.exp(-(double) mean);
    double sum = term;
    for (int k = 0; k < values.length; k++) {
      values[k] = sum;
      term *= mean / (double) (k + 1);
      sum += term;
    }
    values[values.length - 1] = 1; // what is beyond weighs less than the rounding
    return values;
  }

  private static short[] guide(double[] cumulative) {
    short[] guide = new short[1 << GUIDE_BITS];
    int k = 0;
    for (int cell = 0; cell < guide.length; cell++) {
      while (cumulative[k] <= cell * (1.0 / guide.length)) {
        k++;
      }
      guide[cell] = (short) (cumulative[k] >= (cell + 1) * (1.0 / guide.length) ? k : ~k);
    }
    return guide;
  }

  /**
   * The draw of a uniform number in [0, 1): the count of cumulative probabilities at or below it.
   */
  public long invert(double u) {
    if (cumulative == null) {
      throw new IllegalStateException("mean must be at most " + MOST_TABLED + ", got " + mean);
    }
    int k = 0;
    while (cumulative[k] <= u) {
      k++;
    }
    return k;
  }

  /**
   * Fills {@code draws} with independent draws; draw i depends on {@code seed} and {@code from + i}
   * alone.
   */
  public void fill(double[] draws, long seed, long from) {
    if (cumulative == null) {
      for (int i = 0; i < draws.length; i++) {
        draws[i] = reject(SplitMix64.at(seed, from + i));
      }
      return;
    }
    for (int i = 0; i < draws.length; i++) {
      long bits = SplitMix64.at(seed, from + i);
      int k = guide[(int) (bits >>> (64 - GUIDE_BITS))];
      draws[i] = k >= 0 ? k : search(~k, SplitMix64.unit(bits));
    }
  }

  private int search(int least, double u) {
    int k = least;
    while (cumulative[k] <= u) {
      k++;
    }
    return k;
  }

  private double reject(long stream) {
    for (long i = 0; ; i += 2) {
      double u = SplitMix64.unit(SplitMix64.at(stream, i)) - 0.5;
      double v = SplitMix64.unit(SplitMix64.at(stream, i + 1));
      double us = 0.5 - Math.abs(u);
      double k = Math.floor((2 * a / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= vr) {
        return k;
      }
      if (k < 0 || us < 0.013 && v > us) {
        continue;
      }
      double left = StrictMath.log(v * inverseAlpha / (a / (us * us) + b));
      if (left <= k * logMean - mean - logFactorial(k)) {
        return k;
      }
    }
  }

  /** ln k! of a whole k: Stirling's series from 16 on, where the next term is below 10^-11. */
  static double logFactorial(double k) {
    if (k < 16) {
      double product = 1;
      for (int i = 2; i <= k; i++) {
        product *= i;
      }
      return StrictMath.log(product);
    }
    double inverse = 1 / k;
    double square = inverse * inverse;
    return (k + 0.5) * StrictMath.log(k)
        - k
        + 0.91893853320467274178
        + inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)));
  }
}
