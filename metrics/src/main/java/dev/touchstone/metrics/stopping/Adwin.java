package dev.touchstone.metrics.stopping;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * An adaptive window over values in [0, 1]: as long as the mean is steady it grows, and when the
 * mean changes it forgets what came before (Bifet and Gavaldà 2007, ADWIN2). A window W is cut into
 * W0 W1 where |mean0 - mean1| >= eps,
 *
 * <pre>
 * eps = sqrt( (2/m) s²_W ln(2/d') ) + (2/(3m)) ln(2/d')     1/m = 1/n0 + 1/n1     d' = delta / ln|W|
 * </pre>
 *
 * <p>Memory and time a value are logarithmic: an exponential histogram with at most 5 buckets of
 * each size. Not thread-safe.
 */
public final class Adwin {
  private static final int BUCKETS_OF_A_SIZE = 5;
  private static final int FEWEST = 5;

  private final double delta;

  /** Oldest first; sizes are powers of two that never grow toward the newest. */
  private final List<Bucket> buckets = new ArrayList<>();

  private long detections;

  /** Sums of consecutive values. */
  private record Bucket(long size, double sum, double squares) {
    Bucket join(Bucket other) {
      double gap = sum / size - other.sum / other.size;
      double between = gap * gap * size * other.size / (size + other.size);
      return new Bucket(size + other.size, sum + other.sum, squares + other.squares + between);
    }
  }

  private Adwin(double delta) {
    this.delta = delta;
  }

  /**
   * An empty window.
   *
   * @param delta confidence of a cut, in (0, 1); 0.002 is usual
   */
  public static Adwin of(double delta) {
    if (!(delta > 0 && delta < 1)) {
      throw new IllegalArgumentException("delta must be in (0, 1), got " + delta);
    }
    return new Adwin(delta);
  }

  /** Takes the next value, in [0, 1]; whether a change was found. */
  public boolean accept(double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("value must be in [0, 1], got " + value);
    }
    buckets.add(new Bucket(1, value, 0));
    compress();
    boolean changed = false;
    while (cutOnce()) {
      changed = true;
    }
    detections += changed ? 1 : 0;
    return changed;
  }

  /** Where there are too many buckets of a size, the two oldest of them become one. */
  private void compress() {
    int end = buckets.size();
    while (end > 0) {
      long size = buckets.get(end - 1).size;
      int start = end;
      while (start > 0 && buckets.get(start - 1).size == size) {
        start--;
      }
      if (end - start <= BUCKETS_OF_A_SIZE) {
        return;
      }
      var joined = buckets.get(start).join(buckets.get(start + 1));
      buckets.remove(start + 1);
      buckets.set(start, joined);
      end = start + 1;
    }
  }

  /** Drops the oldest bucket if some cut shows a change. */
  private boolean cutOnce() {
    var all = total();
    if (all.size < 2 * FEWEST) {
      return false;
    }
    double variance = Math.max(0, all.squares) / all.size;
    double logarithm = Math.log(2 * Math.log(all.size) / delta);
    long size = 0;
    double sum = 0;
    for (int i = 0; i < buckets.size() - 1; i++) {
      size += buckets.get(i).size;
      sum += buckets.get(i).sum;
      long rest = all.size - size;
      if (rest < FEWEST) {
        return false;
      }
      if (size >= FEWEST) {
        double inverse = 1.0 / size + 1.0 / rest;
        double epsilon =
            Math.sqrt(2 * inverse * variance * logarithm) + 2 * inverse * logarithm / 3;
        if (Math.abs(sum / size - (all.sum - sum) / rest) >= epsilon) {
          buckets.remove(0);
          return true;
        }
      }
    }
    return false;
  }

  private Bucket total() {
    var total = buckets.get(0);
    for (int i = 1; i < buckets.size(); i++) {
      total = total.join(buckets.get(i));
    }
    return total;
  }

  /** Values in the window. */
  public long size() {
    return buckets.isEmpty() ? 0 : total().size;
  }

  /** Mean of the window; none while it is empty. */
  public OptionalDouble mean() {
    return buckets.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(total().sum / total().size);
  }

  /** Changes found so far. */
  public long detections() {
    return detections;
  }
}
