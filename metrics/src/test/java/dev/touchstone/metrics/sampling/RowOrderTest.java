package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RowOrderTest {
  @Test
  void sortsAsAStableComparisonSortDoes() {
    for (int seed = 0; seed < 60; seed++) {
      var random = new SplittableRandom(seed);
      int n = random.nextInt(200);
      long mask = -1L >>> random.nextInt(64) & ~(seed % 3 == 0 ? 0x7FFL : 0);
      long[] keys = new long[n];
      for (int i = 0; i < n; i++) {
        keys[i] = random.nextLong() & mask;
      }
      var order = RowOrder.ascending(keys);
      var expected =
          IntStream.range(0, n)
              .boxed()
              .sorted(Comparator.comparing(i -> keys[i], Long::compareUnsigned))
              .toList();
      for (int place = 0; place < n; place++) {
        assertThat(order.row(place)).as("seed %s", seed).isEqualTo(expected.get(place));
        assertThat(order.key(place)).isEqualTo(keys[order.row(place)]);
      }
    }
  }

  @Test
  void scoresDescendAndNegativeZeroTiesWithZero() {
    float[] scores = {0.5f, Float.NEGATIVE_INFINITY, -0.0f, Float.POSITIVE_INFINITY, 0.0f, -3};
    var order = RowOrder.descending(scores);
    int[] rows = IntStream.range(0, order.size()).map(order::row).toArray();
    assertThat(rows).containsExactly(3, 0, 2, 4, 5, 1);
    assertThat(order.endOfTies(2)).isEqualTo(4);
    assertThat(order.startOfTies(3)).isEqualTo(2);
  }

  @Test
  void aScoreThatIsNoNumberIsRefusedWithItsRow() {
    assertThatThrownBy(() -> RowOrder.descending(new double[] {1, Double.NaN}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("score must be a number, got NaN (row 1)");
  }
}
