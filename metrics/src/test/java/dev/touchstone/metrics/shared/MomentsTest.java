package dev.touchstone.metrics.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MomentsTest {
  private static Moments of(double... values) {
    var moments = Moments.of();
    for (double value : values) {
      moments.add(value);
    }
    return moments;
  }

  private static double deviation(Moments moments) {
    return Math.sqrt(moments.centredSquares() / (moments.weight() - 1));
  }

  private static byte[] bytes(Moments moments) {
    var out = new StateWriter('x', 1);
    moments.write(out);
    return out.toBytes();
  }

  @Test
  void nistsNumericalAccuracyCasesHold() {
    var first = Golden.named("nist-numacc1");
    var moments = of(Golden.doubles(first.get("inputs").get("x")));
    assertThat(moments.mean()).isEqualTo(first.get("expected").get("mean").asDouble());
    assertThat(deviation(moments))
        .isCloseTo(first.get("expected").get("sd").asDouble(), within(1e-15));
    var third = Golden.named("nist-numacc3").get("expected");
    var left = of(1000000.2);
    var right = Moments.of();
    for (int i = 0; i < 1000; i++) {
      right.add(i % 2 == 0 ? 1000000.1 : 1000000.3);
    }
    var merged = left.combine(right);
    assertThat(merged.mean()).isCloseTo(third.get("mean").asDouble(), within(1e-9));
    // decimal 0.1 is not a double: the inputs themselves are off by 2e-11
    assertThat(deviation(merged)).isCloseTo(third.get("sd").asDouble(), within(1e-10));
  }

  @Test
  void aWeightOfKIsKCopiesAndZeroIsNone() {
    for (long seed = 0; seed < 100; seed++) {
      var random = new SplittableRandom(seed);
      var weighted = Moments.of();
      var copies = Moments.of();
      for (int i = 0; i < 30; i++) {
        double value = random.nextDouble(-1e3, 1e6);
        int units = random.nextInt(4);
        weighted.add(value, units);
        for (int k = 0; k < units; k++) {
          copies.add(value);
        }
      }
      assertThat(bytes(weighted)).as("seed %d", seed).isEqualTo(bytes(copies));
    }
  }

  @Test
  void constantsHaveNoVarianceAndNoInterval() {
    var moments = of(0.1, 0.1, 0.1);
    assertThat(moments.centredSquares()).isZero();
    var metric = moments.metric("x", 3, 0, 1, 0.95);
    assertThat(metric.value()).isEqualTo(0.1);
    assertThat(metric.intervalReason()).isEqualTo("zero_variance");
    assertThat(of(1).metric("x", 1, 0, 1, 0.95).intervalReason()).isEqualTo("n_lt_2");
  }

  @Test
  void theIntervalIsStudents() {
    // 1..5: mean 3, s = 1.5811, t(4, 0.975) = 2.776445: 3 ± 1.963243
    var interval = of(1, 2, 3, 4, 5).metric("x", 5, -10, 4, 0.95).interval();
    assertThat(interval.low()).isCloseTo(3 - 1.963243, within(1e-6));
    assertThat(interval.high()).isEqualTo(4);
    assertThat(interval.method()).isEqualTo("clt_t");
  }

  @Test
  void refusesWhatHasNoSquare() {
    for (double value : new double[] {Double.NaN, 0x1p501, Double.NEGATIVE_INFINITY}) {
      assertThatThrownBy(() -> of(value))
          .hasMessage("value must be finite and at most 2^500 in magnitude, got " + value);
    }
    assertThat(of(0x1p500, -0x1p500).centredSquares()).isEqualTo(0x1p1001);
  }
}
