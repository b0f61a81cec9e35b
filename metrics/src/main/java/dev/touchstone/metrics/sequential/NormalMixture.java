package dev.touchstone.metrics.sequential;

/**
 * The two-sided normal mixture boundary: for a sub-Gaussian process S with intrinsic time v,
 *
 * <pre>
 * Pr( exists v: |S_v| >= u(v) ) &lt;= alpha,   u(v) = sqrt( (v + rho) ln( (v + rho) / (rho alpha²) ) )
 * rho = v* / ( 2 ln(1/alpha) + ln(1 + 2 ln(1/alpha)) )          tightest at v = v*
 * </pre>
 *
 * <p>A mean of n values of known sub-Gaussian sigma has v = sigma² n and half width u(v) / n;
 * values in [a, b] have sigma = (b - a) / 2. Immutable. Source: Robbins 1970; Howard, Ramdas,
 * McAuliffe and Sekhon 2021, equation 14.
 *
 * @param alpha error over all times together, in (0, 1)
 * @param rho mixture precision, above 0
 */
public record NormalMixture(double alpha, double rho) {
  /** Checks the ranges above. */
  public NormalMixture {
    checkAlpha(alpha);
    if (!(rho > 0 && rho <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("rho must be finite and above 0, got " + rho);
    }
  }

  static void checkAlpha(double alpha) {
    if (!(alpha > 0 && alpha < 1)) {
      throw new IllegalArgumentException("alpha must be in (0, 1), got " + alpha);
    }
  }

  /** The boundary that is tightest at {@code bestTime}. */
  public static NormalMixture tightestAt(double alpha, double bestTime) {
    checkAlpha(alpha);
    if (!(bestTime > 0 && bestTime <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("best time must be finite and above 0, got " + bestTime);
    }
    double twice = 2 * Math.log(1 / alpha);
    return new NormalMixture(alpha, bestTime / (twice + Math.log1p(twice)));
  }

  /** u(v), v at least 0. */
  public double bound(double v) {
    if (!(v >= 0)) {
      throw new IllegalArgumentException("intrinsic time must be at least 0, got " + v);
    }
    // in logarithms: alpha² may underflow
    return Math.sqrt((v + rho) * (Math.log1p(v / rho) - 2 * Math.log(alpha)));
  }
}
