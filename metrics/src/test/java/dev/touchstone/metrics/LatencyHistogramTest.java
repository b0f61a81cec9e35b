package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {

  @Test
  void everyRankLiesBetweenItsEdgesAndTheseAreClose() {
    var random = new SplittableRandom(5);
    long[] micros = new long[5_000];
    var histogram = LatencyHistogram.of();
    for (int i = 0; i < micros.length; i++) {
      micros[i] = (long) Math.exp(random.nextDouble() * 24.9);
      histogram.accept(micros[i]);
    }
    Arrays.sort(micros);
    for (int rank = 1; rank <= micros.length; rank++) {
      long true_ = micros[rank - 1];
      assertThat(histogram.atLeast(rank)).isBetween((long) (true_ * 0.992) - 1, true_);
      assertThat(histogram.atMost(rank)).isBetween(true_, (long) (true_ * 1.008) + 1);
    }
    assertThat(histogram.quantile(0.99)).isEqualTo(histogram.atMost(4_950));
    assertThat(histogram.quantileAtLeast(0.99, 0.95))
        .isEqualTo(histogram.atLeast(QuantileRanks.of(5_000, 0.99, 0.95).lower()));
  }

  @Test
  void mergingIsCountingAll() {
    var random = new SplittableRandom(6);
    var parts = new LatencyHistogram[] {LatencyHistogram.of(), LatencyHistogram.of()};
    var all = LatencyHistogram.of();
    for (int i = 0; i < 1_000; i++) {
      long latency = random.nextLong(1L << 40);
      parts[i % 2].accept(latency);
      all.accept(latency);
    }
    assertThat(parts[1].combine(parts[0]).counts()).isEqualTo(all.counts());
    assertThat(parts[1].n()).isEqualTo(1_000);
    assertThat(LatencyHistogram.of(all.counts()).n()).isEqualTo(1_000);
  }

  @Test
  void aFewCallsSayNothingAndNothingNegativeIsCounted() {
    var histogram = LatencyHistogram.of();
    assertThat(histogram.quantileAtLeast(0.99, 0.95)).isZero();
    // one call alone is below its own p99 with 99 %; the median may be anything
    histogram.accept(1_000_000);
    assertThat(histogram.quantileAtLeast(0.99, 0.95)).isEqualTo(histogram.atLeast(1));
    assertThat(histogram.quantileAtLeast(0.5, 0.95)).isZero();
    assertThat(histogram.quantile(0.99)).isBetween(1_000_000L, 1_008_000L);
    assertThatThrownBy(() -> histogram.accept(-1))
        .hasMessage("latency must be at least 0 microseconds, got -1");
    assertThatThrownBy(() -> histogram.atLeast(2)).hasMessage("rank must be in [1, 1], got 2");
  }
}
