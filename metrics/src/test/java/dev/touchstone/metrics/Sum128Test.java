package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Sum128Test {
  @Test
  void agreesWithBigIntegers() {
    var random = new SplittableRandom(2);
    for (int run = 0; run < 2_000; run++) {
      var sum = Sum128.zero();
      var expected = BigInteger.ZERO;
      for (int i = 0; i < 20; i++) {
        long a = random.nextLong() >> random.nextInt(64);
        long b = random.nextLong() >> random.nextInt(3, 64);
        sum.addProduct(a, b);
        sum.add(b);
        expected =
            expected
                .add(BigInteger.valueOf(a).multiply(BigInteger.valueOf(b)))
                .add(BigInteger.valueOf(b));
      }
      assertThat(sum.toString()).isEqualTo(expected.toString());
      assertThat(sum.toDouble()).isEqualTo(expected.doubleValue());
    }
  }

  @Test
  void roundsToTheNearestDoubleWithTiesToEven() {
    var random = new SplittableRandom(3);
    for (int run = 0; run < 20_000; run++) {
      // halfway cases and their neighbours at every magnitude
      int shift = random.nextInt(0, 74);
      var value =
          BigInteger.valueOf((1L << 53) + (random.nextLong() >>> 12))
              .shiftLeft(shift)
              .add(BigInteger.valueOf(random.nextInt(-1, 2)));
      value = random.nextBoolean() ? value : value.negate();
      var sum = Sum128.of(value.shiftRight(64).longValue(), value.longValue());
      assertThat(sum.toDouble()).as("%s", value).isEqualTo(value.doubleValue());
    }
    assertThat(Sum128.of(Long.MIN_VALUE, 0).toDouble()).isEqualTo(-0x1p127);
    assertThat(Sum128.of(-1, 0).toDouble()).isEqualTo(-0x1p64);
    assertThat(Sum128.of(0, -1).toDouble()).isEqualTo(0x1p64);
    assertThat(Sum128.zero().toDouble()).isZero();
  }

  @Test
  void sumsCombineAndAreEqualByBothHalves() {
    var sum = Sum128.of(5, -1);
    assertThat(sum.combine(Sum128.of(2, 1))).isSameAs(sum).isEqualTo(Sum128.of(8, 0));
    assertThat(sum.high()).isEqualTo(8);
    assertThat(sum.low()).isZero();
    assertThat(sum).hasSameHashCodeAs(Sum128.of(8, 0)).doesNotHaveSameHashCodeAs(Sum128.zero());
    assertThat(sum).isNotEqualTo(Sum128.of(8, 1)).isNotEqualTo(Sum128.of(7, 0)).isNotEqualTo(8);
  }
}
