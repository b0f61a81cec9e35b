package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.MetricValue;
import java.util.List;

/**
 * How well the proxies of one metric have foretold its exact values: bias, error, how often the
 * promised intervals held, and whether both put model checkpoints in the same order.
 *
 * @param n pairs of a proxy and the exact value of the same model checkpoint
 * @param bias mean of proxy - exact; NaN for no pairs, as the error
 * @param meanAbsoluteError mean of |proxy - exact|
 * @param promises pairs whose proxy promised something about this exact value
 * @param kept promises that held
 * @param chance that no more promises hold than {@code kept} if each holds with its level,
 *     independently: Poisson's binomial tail; 1 without promises
 * @param kendallTau Kendall's tau-b of proxies and exact values, in [-1, 1]; undefined with fewer
 *     than two comparable pairs ({@code fewer_than_2}) or where all proxies or all exact values tie
 *     ({@code all_tied})
 */
public record ProxyScore(
    int n,
    double bias,
    double meanAbsoluteError,
    int promises,
    int kept,
    double chance,
    MetricValue kendallTau) {

  /** From so many broken or kept promises on, chance may tell against a proxy. */
  public static final int LEAST_AGAINST = 5;

  /** From so many on, it may be trusted. */
  public static final int LEAST_FOR = 3;

  /** The error that the test of the promises may have. */
  public static final double ALPHA = 0.01;

  /** Sums of the same numbers in another order, and losses in another precision. */
  private static final double EXACT_TOLERANCE = 1e-6;

  /** Certified bounds are exact but for the last digits. */
  private static final double BOUND_TOLERANCE = 1e-9;

  /** What a record says of a proxy. */
  public enum Verdict {
    /** Too few promises. */
    UNKNOWN,
    /** At least {@link #LEAST_FOR} promises, not fewer of them kept than chance explains. */
    TRUSTED,
    /**
     * Fewer promises kept than the level says and chance explains, of at least {@link
     * #LEAST_AGAINST}; or a certain one was broken, which no chance explains.
     */
    UNTRUSTED
  }

  /**
   * A proxy and the exact value that came later.
   *
   * @param level with which the proxy promised to be right, in (0, 1]; NaN: no promise, or one
   *     about other labels
   * @param held whether it was; false where there was no promise
   * @param group only pairs of the same group are ranked against each other: a fold, say
   */
  public record Pair(double proxy, double exact, double level, boolean held, int group) {
    /** Refuses what is no pair of numbers and no level. */
    public Pair {
      if (!Double.isFinite(proxy) || !Double.isFinite(exact)) {
        throw new IllegalArgumentException(
            "proxy and exact value must be finite, got " + proxy + " and " + exact);
      }
      if (level <= 0 || level > 1) {
        throw new IllegalArgumentException("level must be in (0, 1] or NaN, got " + level);
      }
    }
  }

  /** Whether the exact value lies between the ends, which may be off in their last digits. */
  public static boolean covers(double low, double high, double exact) {
    double slack = BOUND_TOLERANCE * Math.max(1, Math.abs(exact));
    return exact >= low - slack && exact <= high + slack;
  }

  /** Whether a proxy that claims to be exact is, but for rounding: to one in a million. */
  public static boolean equal(double proxy, double exact) {
    return Math.abs(proxy - exact) <= EXACT_TOLERANCE * Math.max(1e-3, Math.abs(exact));
  }

  /** The record over some pairs, in any order. Cost: the square of their number. */
  public static ProxyScore of(List<Pair> pairs) {
    double difference = 0;
    double error = 0;
    int promises = 0;
    int kept = 0;
    for (Pair pair : pairs) {
      difference += pair.proxy() - pair.exact();
      error += Math.abs(pair.proxy() - pair.exact());
      if (pair.level() > 0) {
        promises++;
        kept += pair.held() ? 1 : 0;
      }
    }
    return new ProxyScore(
        pairs.size(),
        difference / pairs.size(),
        error / pairs.size(),
        promises,
        kept,
        chance(pairs, promises, promises - kept),
        kendallTau(pairs));
  }

  /** What that says of the proxy. */
  public Verdict verdict() {
    if (chance == 0 || chance < ALPHA && promises >= LEAST_AGAINST) {
      return Verdict.UNTRUSTED;
    }
    return promises >= LEAST_FOR && chance >= ALPHA ? Verdict.TRUSTED : Verdict.UNKNOWN;
  }

  /** P(at least {@code broken} of the promises are broken), each with 1 - level. */
  private static double chance(List<Pair> pairs, int promises, int broken) {
    // [k]: that k of the pairs so far broke theirs
    double[] share = new double[promises + 1];
    share[0] = 1;
    int seen = 0;
    for (Pair pair : pairs) {
      if (pair.level() > 0) {
        seen++;
        for (int k = seen; k >= 0; k--) {
          share[k] = share[k] * pair.level() + (k == 0 ? 0 : share[k - 1] * (1 - pair.level()));
        }
      }
    }
    double tail = 0;
    for (int k = promises; k >= broken; k--) { // the smallest first
      tail += share[k];
    }
    return Math.min(1, tail);
  }

  /**
   * (concordant - discordant) / √((pairs untied in proxy) (pairs untied in exact)), Kendall 1945.
   */
  private static MetricValue kendallTau(List<Pair> pairs) {
    long balance = 0;
    long proxiesDiffer = 0;
    long exactDiffer = 0;
    long comparable = 0;
    for (int i = 0; i < pairs.size(); i++) {
      for (int j = i + 1; j < pairs.size(); j++) {
        Pair a = pairs.get(i);
        Pair b = pairs.get(j);
        if (a.group() == b.group()) {
          int proxies = (int) Math.signum(a.proxy() - b.proxy());
          int exact = (int) Math.signum(a.exact() - b.exact());
          balance += proxies * exact;
          proxiesDiffer += proxies * proxies;
          exactDiffer += exact * exact;
          comparable++;
        }
      }
    }
    if (comparable == 0) {
      return MetricValue.undefined("kendall_tau", "fewer_than_2");
    }
    if (proxiesDiffer == 0 || exactDiffer == 0) {
      return MetricValue.undefined("kendall_tau", "all_tied");
    }
    return MetricValue.defined(
        "kendall_tau", balance / Math.sqrt((double) proxiesDiffer * exactDiffer), "not_computed");
  }
}
