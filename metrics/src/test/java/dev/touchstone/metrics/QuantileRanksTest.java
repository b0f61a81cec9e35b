package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class QuantileRanksTest {
  /** Conover 1999: an upper limit of the 99 % quantile needs n with 0.99^n at most the tail. */
  @Test
  void theUpperLimitNeedsEnoughRows() {
    assertThat(QuantileRanks.of(367, 0.99, 0.95).enclosed()).isFalse();
    assertThat(QuantileRanks.of(368, 0.99, 0.95).enclosed()).isTrue();
    assertThat(QuantileRanks.of(3687, 0.999, 0.95).enclosed()).isFalse();
    assertThat(QuantileRanks.of(3688, 0.999, 0.95).enclosed()).isTrue();
  }

  @Test
  void ranksOfAQuantileAndOfItsMirrorMirror() {
    for (int n = 30; n < 400; n += 37) {
      var low = QuantileRanks.of(n, 0.2, 0.9);
      var high = QuantileRanks.of(n, 0.8, 0.9);
      assertThat(low.lower()).isEqualTo(n + 1 - high.upper());
      assertThat(low.upper()).isEqualTo(n + 1 - high.lower());
      assertThat(low.coverage()).isBetween(0.9, 1.0);
    }
  }

  @Test
  void refusesWhatIsNoQuantile() {
    assertThatThrownBy(() -> QuantileRanks.of(0, 0.5, 0.95))
        .hasMessage("rows must be at least 1, got 0");
    assertThatThrownBy(() -> QuantileRanks.of(5, 1.5, 0.95))
        .hasMessage("quantile must be in [0, 1], got 1.5");
    assertThatThrownBy(() -> QuantileRanks.of(5, 0.5, Double.NaN))
        .hasMessage("level must be in (0, 1), got NaN");
  }
}
