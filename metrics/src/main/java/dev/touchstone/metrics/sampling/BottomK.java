package dev.touchstone.metrics.sampling;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A sample of fixed size: the k examples with the smallest u(id) / q (sequential Poisson or
 * priority sampling: Ohlsson 1998; Duffield, Lund and Thorup 2007). For when a budget must hold to
 * the example instead of in expectation.
 *
 * <p>Mergeable: the k smallest of a union are the k smallest of the parts' k smallest (Cohen and
 * Kaplan 2007). Equal ratios are told apart by id, so no order of arrival matters. An id that is
 * given twice is taken twice: deduplicate first. Not thread-safe.
 */
public final class BottomK {
  /**
   * A member of the sample.
   *
   * @param id of the example
   * @param rate q, the size measure it was given with
   * @param ratio u(id) / q
   */
  public record Member(long id, double rate, double ratio) {}

  private static final Comparator<Member> SMALLEST_FIRST =
      Comparator.comparingDouble(Member::ratio).thenComparingLong(Member::id);

  private final InclusionHash hash;
  private final int size;

  /** The k + 1 smallest, largest on top. */
  private final PriorityQueue<Member> members = new PriorityQueue<>(SMALLEST_FIRST.reversed());

  private BottomK(InclusionHash hash, int size) {
    this.hash = hash;
    this.size = size;
  }

  /** The k smallest, k at least 1. */
  public static BottomK of(InclusionHash hash, int k) {
    if (k < 1 || k == Integer.MAX_VALUE) {
      throw new IllegalArgumentException("k must be in [1, 2^31 - 2], got " + k);
    }
    return new BottomK(hash, k);
  }

  /** Offers an example with a size measure above 0. */
  public void accept(long id, double rate) {
    if (!(rate > 0 && rate <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "rate must be finite and above 0, got " + rate + " (example " + id + ")");
    }
    offer(new Member(id, rate, hash.u(id) / rate));
  }

  private void offer(Member member) {
    members.add(member);
    if (members.size() > size + 1) {
      members.poll();
    }
  }

  /** Adds another sample of the same size and hash; returns this. */
  public BottomK combine(BottomK other) {
    if (other.size != size || !other.hash.equals(hash)) {
      throw new IllegalArgumentException("samples of another size or hash cannot be combined");
    }
    other.members.forEach(this::offer);
    return this;
  }

  /** The sample, smallest ratio first: all examples when there are at most k. */
  public List<Member> result() {
    return members.stream().sorted(SMALLEST_FIRST).limit(size).toList();
  }

  /**
   * The ratio below which an example got in: the (k + 1)-th smallest; infinite when all did. Given
   * it, the inclusion probability of an example is min(1, rate * threshold).
   */
  public double threshold() {
    return members.size() <= size ? Double.POSITIVE_INFINITY : members.peek().ratio();
  }
}
