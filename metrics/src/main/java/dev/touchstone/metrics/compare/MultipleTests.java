package dev.touchstone.metrics.compare;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Many comparisons at a time: p-values adjusted so that they can be read against one level.
 *
 * <p>Use Holm's for promotion (chance of any false claim) and Benjamini and Hochberg's on
 * dashboards (share of false claims among the claims). Input and output are in the same order; ties
 * keep equal adjusted values; an empty array gives an empty array.
 */
public final class MultipleTests {
  private MultipleTests() {}

  /**
   * Holm 1979: adj_(i) = max over j &lt;= i of min(1, (m - j + 1) p_(j)), p ascending. Rejecting at
   * {@code adjusted <= alpha} keeps the family-wise error rate at alpha under any dependence.
   */
  public static double[] holm(double... pValues) {
    int[] order = ascending(pValues);
    int m = order.length;
    double[] adjusted = new double[m];
    double largest = 0;
    for (int j = 0; j < m; j++) {
      largest = Math.max(largest, Math.min(1, (m - j) * pValues[order[j]]));
      adjusted[order[j]] = largest;
    }
    return adjusted;
  }

  /**
   * Benjamini and Hochberg 1995: adj_(i) = min over j &gt;= i of min(1, m p_(j) / j), p ascending.
   * Rejecting at {@code adjusted <= q} keeps the false discovery rate at q for independent or
   * positively dependent tests.
   */
  public static double[] benjaminiHochberg(double... pValues) {
    int[] order = ascending(pValues);
    int m = order.length;
    double[] adjusted = new double[m];
    double smallest = 1;
    for (int j = m; j >= 1; j--) {
      smallest = Math.min(smallest, m * pValues[order[j - 1]] / j);
      adjusted[order[j - 1]] = smallest;
    }
    return adjusted;
  }

  private static int[] ascending(double[] pValues) {
    for (int i = 0; i < pValues.length; i++) {
      if (!(pValues[i] >= 0 && pValues[i] <= 1)) {
        throw new IllegalArgumentException(
            "p-value must be in [0, 1], got " + pValues[i] + " (test " + i + ")");
      }
    }
    return IntStream.range(0, pValues.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> pValues[i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
