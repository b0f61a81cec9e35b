package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LnTest {
  @Test
  void staysCloseToTheReference() {
    var random = new SplittableRandom(6);
    double worst = 0;
    for (int i = 0; i < 1_000_000; i++) {
      double x =
          switch (i % 4) {
            case 0 -> random.nextDouble();
            case 1 -> 1 - Math.scalb(random.nextDouble(), -random.nextInt(50));
            case 2 -> 1 + Math.scalb(random.nextDouble(), -random.nextInt(50));
            default -> Math.scalb(1 + random.nextDouble(), random.nextInt(-1021, 1023));
          };
      if (x < Double.MIN_NORMAL) {
        continue;
      }
      double expected = StrictMath.log(x);
      double allowance = Math.abs(x - 1) < 0x1p-9 ? 0 : 0x1p-53;
      double error = Math.max(0, Math.abs(Ln.of(x) - expected) - allowance);
      worst = Math.max(worst, error / Math.ulp(expected));
    }
    assertThat(worst).isLessThanOrEqualTo(2);
  }

  @Test
  void isExactAtOneAndFollowsTheReferenceOutsideItsRange() {
    assertThat(Ln.of(1)).isZero();
    assertThat(Ln.of(0)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(Ln.of(-1)).isNaN();
    assertThat(Ln.of(Double.NaN)).isNaN();
    assertThat(Ln.of(Double.MIN_VALUE)).isEqualTo(StrictMath.log(Double.MIN_VALUE));
    assertThat(Ln.of(Double.POSITIVE_INFINITY)).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void ofOnePlusIsRelativeAlsoForSmallNumbers() {
    var random = new SplittableRandom(8);
    for (int i = 0; i < 200_000; i++) {
      double x = Math.scalb(random.nextDouble(), random.nextInt(-60, 10));
      double expected = StrictMath.log1p(x);
      assertThat(Math.abs(Ln.ofOnePlus(x) - expected))
          .as("%s", x)
          .isLessThanOrEqualTo(4 * Math.ulp(expected) + (x < 0x1p-8 ? 0 : 0x1p-52));
    }
    assertThat(Ln.ofOnePlus(0)).isZero();
  }
}
