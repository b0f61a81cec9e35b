package dev.touchstone.metrics;

/**
 * Latencies as counts in bins of fixed places, so that states merge by addition, in any order, with
 * identical results: each microsecond up to 256 has a bin, and from there every octave 128, so that
 * a bin is at most 0.8 % wide. What is beyond 2^36 µs (19 hours) counts as that.
 *
 * <p>Quantiles have nearest-rank meaning, r = ceil(q n), and come as edges of bins: on the safe
 * side of a limit, whichever side that is. The idea is HdrHistogram's (Tene).
 *
 * <p>30 KiB. Not thread-safe.
 */
public final class LatencyHistogram {
  private static final int SUB_BITS = 7;
  private static final int SUBS = 1 << SUB_BITS;
  private static final long MOST = 1L << 36;
  private static final int BINS = bin(MOST) + 1;

  private final long[] counts;
  private long n;

  private LatencyHistogram(long[] counts) {
    this.counts = counts;
    for (long count : counts) {
      n += count;
    }
  }

  /** Nothing counted yet. */
  public static LatencyHistogram of() {
    return new LatencyHistogram(new long[BINS]);
  }

  /** One that goes on with counts of another; they are shared. */
  public static LatencyHistogram of(long[] counts) {
    if (counts.length != BINS) {
      throw new IllegalArgumentException("counts must be " + BINS + ", got " + counts.length);
    }
    return new LatencyHistogram(counts);
  }

  private static int bin(long micros) {
    if (micros < 2 * SUBS) {
      return (int) micros;
    }
    int shift = 63 - Long.numberOfLeadingZeros(micros) - SUB_BITS;
    return (shift << SUB_BITS) + (int) (micros >>> shift);
  }

  private static long from(int bin) {
    int shift = Math.max(0, (bin >> SUB_BITS) - 1);
    return (long) (bin - (shift << SUB_BITS)) << shift;
  }

  /** Counts a latency, at least 0. */
  public LatencyHistogram accept(long micros) {
    if (micros < 0) {
      throw new IllegalArgumentException("latency must be at least 0 microseconds, got " + micros);
    }
    counts[bin(Math.min(MOST, micros))]++;
    n++;
    return this;
  }

  /** Adds what the other counted; returns this. */
  public LatencyHistogram combine(LatencyHistogram other) {
    for (int bin = 0; bin < BINS; bin++) {
      counts[bin] += other.counts[bin];
    }
    n += other.n;
    return this;
  }

  /** Latencies counted. */
  public long n() {
    return n;
  }

  /** The counts by bin, shared. */
  public long[] counts() {
    return counts;
  }

  /** The least microseconds that the latency of a rank, from 1 to {@link #n}, may be. */
  public long atLeast(long rank) {
    return from(binOfRank(rank));
  }

  /** The most that it may be. */
  public long atMost(long rank) {
    return from(binOfRank(rank) + 1) - 1;
  }

  private int binOfRank(long rank) {
    if (rank < 1 || rank > n) {
      throw new IllegalArgumentException("rank must be in [1, " + n + "], got " + rank);
    }
    long below = 0;
    int bin = -1;
    while (below < rank) {
      below += counts[++bin];
    }
    return bin;
  }

  /** The quantile by nearest rank, at most 0.8 % above the true one; n must be at least 1. */
  public long quantile(double q) {
    return atMost(Math.max(1, (long) Math.ceil(q * n)));
  }

  /**
   * The lower end of the interval for the quantile of all calls like these, which are taken to be
   * independent; 0 where there is none (methods 8.2). The first calls of a process are not like the
   * others: with few, that is all one sees.
   */
  public long quantileAtLeast(double q, double level) {
    if (n == 0) {
      return 0;
    }
    int rank = QuantileRanks.of((int) Math.min(Integer.MAX_VALUE, n), q, level).lower();
    return rank < 1 ? 0 : atLeast(rank);
  }
}
