package dev.touchstone.metrics.sequential;

/**
 * The one-sided polynomially stitched boundary, which grows like the law of the iterated logarithm:
 *
 * <pre>
 * l(v) = s ln ln(eta v / v_min) + ln( zeta(s) / (alpha ln(eta)^s) )
 * u(v) = sqrt( k1² v l + k2² c² l² ) + k2 c l     k1 = (eta^¼ + eta^-¼) / √2,  k2 = (√eta + 1) / 2
 * </pre>
 *
 * <p>v below v_min counts as v_min. Immutable. Source: Howard, Ramdas, McAuliffe and Sekhon 2021,
 * theorem 1.
 *
 * @param alpha error over all times together, in (0, 1)
 * @param least v_min, above 0
 * @param scale c of the sub-gamma process, at least 0; 0 for sub-Gaussian ones
 * @param s above 1
 * @param eta above 1
 */
public record StitchedBoundary(double alpha, double least, double scale, double s, double eta) {
  /** Checks the ranges above. */
  public StitchedBoundary {
    NormalMixture.checkAlpha(alpha);
    check("v_min", least, least > 0);
    check("scale", scale, scale >= 0);
    check("s", s, s > 1);
    check("eta", eta, eta > 1);
  }

  private static void check(String name, double value, boolean holds) {
    if (!(holds && value <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          name + " is out of its range, got " + value + "; see the documentation");
    }
  }

  /** With the usual s = 1.4 and eta = 2. */
  public static StitchedBoundary of(double alpha, double least, double scale) {
    return new StitchedBoundary(alpha, least, scale, 1.4, 2);
  }

  /** u(v), v at least 0. */
  public double bound(double v) {
    if (!(v >= 0)) {
      throw new IllegalArgumentException("intrinsic time must be at least 0, got " + v);
    }
    double time = Math.max(v, least);
    double l =
        s * Math.log(Math.log(eta * time / least))
            + Math.log(zeta(s) / (alpha * Math.pow(Math.log(eta), s)));
    double k1 = (Math.pow(eta, 0.25) + Math.pow(eta, -0.25)) / Math.sqrt(2);
    double k2 = (Math.sqrt(eta) + 1) / 2;
    return Math.sqrt(k1 * k1 * time * l + k2 * k2 * scale * scale * l * l) + k2 * scale * l;
  }

  /** Riemann's zeta above 1: the first terms and Euler and Maclaurin's remainder, to 1e-14. */
  static double zeta(double s) {
    int n = 32;
    double sum = 0;
    for (int k = n - 1; k >= 1; k--) {
      sum += Math.pow(k, -s);
    }
    double tail = Math.pow(n, -s);
    sum += n * tail / (s - 1) + tail / 2;
    double term = s * tail / n;
    sum += term / 12;
    term *= (s + 1) * (s + 2) / ((double) n * n);
    sum -= term / 720;
    term *= (s + 3) * (s + 4) / ((double) n * n);
    return sum + term / 30240;
  }
}
