package dev.touchstone.cli.demo;

/**
 * Reproducible pseudo-random draws: the same seed gives the same numbers on every platform, Java
 * version and thread count, because only integer arithmetic, {@code sqrt} and {@link StrictMath}
 * are used.
 *
 * <p>Source: Steele, Lea and Flood 2014 (SplittableRandom, OOPSLA), the splitmix64 sequence. Not
 * thread-safe, not for secrets.
 */
final class SplitMix64 {

  static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private static final double TWO_TO_MINUS_53 = 0x1.0p-53;

  private long state;

  SplitMix64(long seed) {
    this.state = seed;
  }

  /** The finalizer of splitmix64: a bijection of 64 bits that spreads nearby inputs apart. */
  static long mix(long z) {
    long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
    return x ^ (x >>> 31);
  }

  long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** Uniform in [0, 1), 53 bits. */
  double uniform() {
    return (nextLong() >>> 11) * TWO_TO_MINUS_53;
  }

  boolean chance(double probability) {
    return uniform() < probability;
  }

  /** Standard normal, by Box and Muller 1958 (the cosine half only, so that draws stay aligned). */
  double gaussian() {
    double radius = Math.sqrt(-2 * StrictMath.log(1 - uniform()));
    return radius * StrictMath.cos(2 * Math.PI * uniform());
  }

  /** exp(mu + sigma · normal): median exp(mu). */
  double logNormal(double mu, double sigma) {
    return StrictMath.exp(mu + sigma * gaussian());
  }

  /** Exponential with the given mean. */
  double exponential(double mean) {
    return -mean * StrictMath.log(1 - uniform());
  }

  /** Failures before the first success; a count 0, 1, … with the given mean. */
  int geometric(double mean) {
    // floor of an exponential whose rate is log(1 + 1/mean) is geometric with that mean
    return (int) Math.min(1_000, exponential(1 / StrictMath.log1p(1 / mean)));
  }

  /** An index i with probability cumulative[i] − cumulative[i − 1]; the last entry must be 1. */
  int category(double[] cumulative) {
    double u = uniform();
    int i = 0;
    while (u >= cumulative[i]) {
      i++;
    }
    return i;
  }
}
