package dev.touchstone.metrics.sequential;

import dev.touchstone.metrics.ExactSum;

/**
 * A block of values in [0, 1]: count, sum and sum of squares. Mergeable: any order and partition
 * give the same bits, so a block can be summed up on many machines before a confidence sequence
 * takes it. Not thread-safe.
 */
public final class BoundedBlock {
  private long count;
  private final ExactSum sum = ExactSum.of();
  private final ExactSum squares = ExactSum.of();

  private BoundedBlock() {}

  /** Empty. */
  public static BoundedBlock of() {
    return new BoundedBlock();
  }

  /** A block of these values. */
  public static BoundedBlock of(double... values) {
    var block = of();
    for (double value : values) {
      block.accept(value);
    }
    return block;
  }

  /** Adds a value in [0, 1]. */
  public void accept(double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("value must be in [0, 1], got " + value);
    }
    count++;
    sum.add(value);
    squares.add(value * value);
  }

  /** Adds another block's values; returns this. */
  public BoundedBlock combine(BoundedBlock other) {
    count += other.count;
    sum.combine(other.sum);
    squares.combine(other.squares);
    return this;
  }

  /** Number of values. */
  public long count() {
    return count;
  }

  /** Their sum. */
  public double sum() {
    return sum.value();
  }

  /** Sum of (x - c)². */
  double squaresAround(double c) {
    return Math.max(0, squares.value() - 2 * c * sum.value() + c * c * count);
  }

  /** The same of 1 - x. */
  double mirroredSum() {
    return count - sum.value();
  }
}
