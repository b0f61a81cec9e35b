package dev.touchstone.metrics.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.metrics.Golden;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WideSumTest {
  private static final int RUNS = 300;

  /** Any bits but those of NaN and infinity. */
  private static double anyFinite(SplittableRandom random) {
    double value = Double.longBitsToDouble(random.nextLong());
    return Double.isFinite(value) ? value * 0x1p-20 : random.nextDouble();
  }

  private static byte[] bytes(WideSum sum) {
    var out = new StateWriter('x', 1);
    sum.write(out);
    return out.toBytes();
  }

  @Test
  void isTheCorrectlyRoundedSumOfDoublesOfAnyMagnitude() {
    for (long seed = 0; seed < RUNS; seed++) {
      var random = new SplittableRandom(seed);
      var sum = WideSum.of();
      var exact = BigDecimal.ZERO;
      for (int i = 0; i < 50; i++) {
        double value = anyFinite(random);
        sum.add(value);
        exact = exact.add(new BigDecimal(value));
      }
      assertThat(sum.value()).as("seed %d", seed).isEqualTo(exact.doubleValue());
    }
  }

  @Test
  void holdsSubnormalsAndTheLargest() {
    assertThat(WideSum.of(Double.MIN_VALUE, Double.MIN_VALUE).value())
        .isEqualTo(2 * Double.MIN_VALUE);
    assertThat(WideSum.of(-Double.MIN_VALUE).value()).isEqualTo(-Double.MIN_VALUE);
    assertThat(WideSum.of(Double.MAX_VALUE, 1, -Double.MAX_VALUE).value()).isEqualTo(1);
    assertThat(WideSum.of(Double.MAX_VALUE, Double.MAX_VALUE).value())
        .isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(WideSum.of(-0.0).value()).isZero();
    assertThat(WideSum.of().value()).isZero();
  }

  @Test
  void neumaiersCaseKeepsTheOnes() {
    var golden = Golden.named("neumaier");
    assertThat(WideSum.of(Golden.doubles(golden.get("inputs").get("x"))).value())
        .isEqualTo(golden.get("expected").get("sum").asDouble());
  }

  @Test
  void anyOrderAndPartitionGiveTheSameBytes() {
    for (long seed = 0; seed < RUNS; seed++) {
      var random = new SplittableRandom(seed);
      double[] values = new double[40];
      Arrays.setAll(values, i -> anyFinite(random));
      var whole = WideSum.of(values);
      var parts = WideSum.of();
      var part = WideSum.of();
      for (int i : Shuffle.of(values.length, seed)) {
        part.add(values[i]);
        if (random.nextInt(5) == 0) {
          parts = part.combine(parts);
          part = WideSum.of();
        }
      }
      parts.combine(part);
      assertThat(bytes(parts)).as("seed %d", seed).isEqualTo(bytes(whole));
      assertThat(parts).isEqualTo(whole).hasSameHashCodeAs(whole);
    }
  }

  @Test
  void bytesComeBack() {
    for (long seed = 0; seed < RUNS; seed++) {
      var random = new SplittableRandom(seed);
      // zero, small integers, single signs, everything
      var sum =
          switch ((int) seed % 4) {
            case 0 -> WideSum.of(random.nextInt(-2, 3));
            case 1 -> WideSum.of(-Math.abs(anyFinite(random)));
            case 2 -> WideSum.of(anyFinite(random), anyFinite(random), -anyFinite(random));
            default -> WideSum.of(1, -1);
          };
      byte[] bytes = bytes(sum);
      var back = WideSum.read(new StateReader("sum", bytes, 'x', 1));
      assertThat(back).as("seed %d", seed).isEqualTo(sum);
      assertThat(bytes(back)).isEqualTo(bytes);
    }
  }

  @Test
  void productsAreExact() {
    for (long seed = 0; seed < RUNS; seed++) {
      var random = new SplittableRandom(seed);
      double a = random.nextDouble(-1e10, 1e10);
      double b = random.nextDouble(-1e-10, 1e10);
      var sum = WideSum.of();
      sum.addProduct(a, b);
      sum.add(-(a * b));
      var exact = new BigDecimal(a).multiply(new BigDecimal(b)).subtract(new BigDecimal(a * b));
      assertThat(sum.value()).as("seed %d", seed).isEqualTo(exact.doubleValue());
    }
  }

  @Test
  void manyAddendsCarryInTime() {
    var sum = WideSum.of();
    // 2^32 - 1 in the low limb each time
    for (int i = 0; i < 1_000_000; i++) {
      sum.add(0x1.fffffffep-1043);
    }
    assertThat(sum.value()).isEqualTo(1_000_000 * 0x1.fffffffep-1043);
  }

  @Test
  void refusesWhatIsNotFinite() {
    for (double value : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
      assertThatThrownBy(() -> WideSum.of(value))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("addend must be finite, got " + value);
    }
  }

  @Test
  void whatIsTakenAwayIsGone() {
    var random = new SplittableRandom(9);
    double[] some = random.doubles(30, -1e9, 1e-9).toArray();
    double[] more = random.doubles(30, -1e-9, 1e300).toArray();
    var both = WideSum.of(some).combine(WideSum.of(more));
    assertThat(both.subtract(WideSum.of(more))).isEqualTo(WideSum.of(some));
    assertThat(both.subtract(WideSum.of(some)).value()).isZero();
    assertThat(WideSum.of(1)).isNotEqualTo(WideSum.of(2)).isNotEqualTo("1");
    assertThat(WideSum.of(1).hashCode()).isNotEqualTo(WideSum.of(2).hashCode());
    assertThat(WideSum.of(1.5)).hasToString("WideSum[1.5]");
  }

  @Test
  void smallSumsHaveFewBytes() {
    assertThat(bytes(WideSum.of())).hasSize(5);
    assertThat(bytes(WideSum.of(1))).hasSizeLessThan(30);
    assertThat(bytes(WideSum.of(-1))).hasSizeLessThan(30);
  }
}
