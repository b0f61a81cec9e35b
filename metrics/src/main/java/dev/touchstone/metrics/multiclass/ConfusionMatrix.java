package dev.touchstone.metrics.multiclass;

import dev.touchstone.metrics.Sum128;
import dev.touchstone.metrics.shared.StateReader;
import dev.touchstone.metrics.shared.StateWriter;
import java.util.OptionalDouble;

/**
 * How many rows of a true class were predicted to be of which class. Cells are whole units (rows,
 * or 2^-20 of weight), so sums are exact in any order.
 *
 * <p>8 K² bytes for K classes. Not thread-safe.
 */
public final class ConfusionMatrix {
  private final int classes;
  private final long[] cells; // [truth * classes + predicted]

  /** An empty matrix. */
  ConfusionMatrix(int classes) {
    this.classes = classes;
    this.cells = new long[classes * classes];
  }

  void add(int truth, int predicted, long units) {
    cells[truth * classes + predicted] += units;
  }

  void combine(ConfusionMatrix other) {
    for (int i = 0; i < cells.length; i++) {
      cells[i] += other.cells[i];
    }
  }

  ConfusionMatrix copy() {
    var copy = new ConfusionMatrix(classes);
    copy.combine(this);
    return copy;
  }

  /** Number of classes. */
  public int classes() {
    return classes;
  }

  /** Units of rows of class {@code truth} that were predicted to be of class {@code predicted}. */
  public long units(int truth, int predicted) {
    return cells[truth * classes + predicted];
  }

  /** Units by true class. */
  public long[] support() {
    long[] sums = new long[classes];
    for (int i = 0; i < cells.length; i++) {
      sums[i / classes] += cells[i];
    }
    return sums;
  }

  /** Units by predicted class. */
  public long[] predicted() {
    long[] sums = new long[classes];
    for (int i = 0; i < cells.length; i++) {
      sums[i % classes] += cells[i];
    }
    return sums;
  }

  /** Units on the diagonal. */
  public long trace() {
    long sum = 0;
    for (int i = 0; i < classes; i++) {
      sum += cells[i * classes + i];
    }
    return sum;
  }

  /** All units. */
  public long total() {
    long sum = 0;
    for (long cell : cells) {
      sum += cell;
    }
    return sum;
  }

  /** Classes that the truth holds. */
  public int present() {
    int count = 0;
    for (long support : support()) {
      count += support > 0 ? 1 : 0;
    }
    return count;
  }

  /**
   * Cohen's kappa (Cohen 1960): (p_o - p_e) / (1 - p_e) = (n Σ c_kk - Σ t_k p_k) / (n² - Σ t_k
   * p_k), with exact integers. Empty where chance agrees always: one class, true and predicted.
   */
  public OptionalDouble kappa() {
    var chance = products(support(), predicted());
    double beyond = minus(square(total()), chance).toDouble();
    return beyond > 0
        ? OptionalDouble.of(agreementBeyondChance() / beyond)
        : OptionalDouble.empty();
  }

  /**
   * Matthews correlation coefficient of K classes (Gorodkin 2004): (n Σ c_kk - Σ t_k p_k) / √((n² -
   * Σ p_k²) (n² - Σ t_k²)), with exact integers. Empty where truth or prediction is one class.
   */
  public OptionalDouble mcc() {
    long n = total();
    double ofTruth = minus(square(n), products(support(), support())).toDouble();
    double ofPredicted = minus(square(n), products(predicted(), predicted())).toDouble();
    if (!(ofTruth > 0 && ofPredicted > 0)) {
      return OptionalDouble.empty();
    }
    // a root each: the product of two 128-bit numbers has more bits than a double
    double value = agreementBeyondChance() / (Math.sqrt(ofTruth) * Math.sqrt(ofPredicted));
    return OptionalDouble.of(Math.max(-1, Math.min(1, value)));
  }

  /** n Σ c_kk - Σ t_k p_k, rounded once. */
  private double agreementBeyondChance() {
    var sum = Sum128.zero();
    sum.addProduct(total(), trace());
    return minus(sum, products(support(), predicted())).toDouble();
  }

  private static Sum128 square(long value) {
    var sum = Sum128.zero();
    sum.addProduct(value, value);
    return sum;
  }

  private static Sum128 products(long[] a, long[] b) {
    var sum = Sum128.zero();
    for (int i = 0; i < a.length; i++) {
      sum.addProduct(a[i], b[i]);
    }
    return sum;
  }

  private static Sum128 minus(Sum128 a, Sum128 b) {
    var difference = Sum128.of(a.high(), a.low());
    // two's complement: -b = ~b + 1
    difference.add(~b.high(), ~b.low());
    difference.add(1);
    return difference;
  }

  void write(StateWriter out) {
    out.writeSparse(cells);
  }

  void read(StateReader in) {
    in.readSparse(cells);
  }
}
