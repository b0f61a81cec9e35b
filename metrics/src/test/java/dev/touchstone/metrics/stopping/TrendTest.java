package dev.touchstone.metrics.stopping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.Golden;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrendTest {
  @Test
  void mannKendallOfTheGoldenCase() {
    var golden = Golden.named("mann-kendall");
    var test = MannKendall.of(Golden.doubles(golden.get("inputs").get("x")));
    var expected = golden.get("expected");
    double tolerance = golden.get("abs_tol").asDouble();
    assertThat(test.s()).isEqualTo(expected.get("S").asLong());
    assertThat(test.variance()).isCloseTo(expected.get("var").asDouble(), within(tolerance));
    assertThat(test.z()).isCloseTo(expected.get("z").asDouble(), within(tolerance));
    assertThat(test.pValue()).isCloseTo(expected.get("p").asDouble(), within(tolerance));
  }

  @Test
  void directionsAndTies() {
    double[] up = IntStream.range(0, 12).mapToDouble(i -> i * i).toArray();
    double[] down = IntStream.range(0, 12).mapToDouble(i -> -i).toArray();
    assertThat(MannKendall.of(up).s()).isEqualTo(66);
    assertThat(MannKendall.of(down).s()).isEqualTo(-66);
    assertThat(MannKendall.of(down).z()).isEqualTo(-MannKendall.of(up).z());
    var flat = MannKendall.of(new double[10]);
    assertThat(flat.s()).isZero();
    assertThat(flat.variance()).isZero();
    assertThat(flat.pValue()).isEqualTo(1);
    assertThat(MannKendall.of(0, -0.0, 0, -0.0, 0, 0, 0, 0).s()).as("-0.0 is 0.0").isZero();
  }

  @Test
  void autocorrelationMakesTheTestCautious() {
    int plain = 0;
    int corrected = 0;
    int runs = 400;
    for (int run = 0; run < runs; run++) {
      var random = new SplittableRandom(run);
      double[] series = new double[40];
      for (int i = 1; i < 40; i++) {
        series[i] = 0.6 * series[i - 1] + random.nextGaussian();
      }
      plain += MannKendall.of(series).pValue() < 0.05 ? 1 : 0;
      corrected += MannKendall.hamedRao(series).pValue() < 0.05 ? 1 : 0;
    }
    assertThat((double) plain / runs).isGreaterThan(0.15);
    assertThat(corrected).isLessThan(plain * 3 / 4);
    double[] line = IntStream.range(0, 20).mapToDouble(i -> i + 0.1 * (i % 2)).toArray();
    assertThat(MannKendall.hamedRao(line).pValue()).isLessThan(0.001);
  }

  /** Each expected value is the definition in exact fractions: S, Var and n/n*. */
  @Test
  void theCorrectedVarianceIsItsDefinition() {
    double[][] series = {
      {0, 1, 5, 1, 4, 2, -1, -2, -4, -1, 3, 2, 5, 9, 5, 5},
      {-1, -5, 0, -3, -4, -4, -5, -8, -7, -3, -2, -4, 0, 4, 5, 6},
      {1, -2, 0, 5, 7, 7, 6, 9, 9, 11, 5, 6, 2, 0, -3, 0},
      {-3, -3, -4, -2, -4, -5, -3, -4, -2, 3, 7, 8, 10, 12, 12, 12},
    };
    long[] s = {35, 40, -7, 80};
    double[] variance = {1445 / 3.0, 1460 / 3.0, 1457 / 3.0, 1444 / 3.0};
    double[] factor = {26897 / 19040.0, 19779 / 10880.0, 20861 / 10880.0, 16769 / 10832.0};
    for (int i = 0; i < series.length; i++) {
      double[] before = series[i].clone();
      var plain = MannKendall.of(series[i]);
      var corrected = MannKendall.hamedRao(series[i]);
      assertThat(plain.n()).isEqualTo(16);
      assertThat(plain.s()).as("series %s", i).isEqualTo(s[i]).isEqualTo(corrected.s());
      assertThat(plain.variance()).isCloseTo(variance[i], within(1e-11));
      assertThat(corrected.variance()).isCloseTo(variance[i] * factor[i], within(1e-10));
      assertThat(series[i]).containsExactly(before);
    }
  }

  @Test
  void theMedianOfAnEvenCountIsTheMeanOfTheMiddle() {
    assertThat(TheilSen.median(new double[] {9, 1, 4, 2})).isEqualTo(3);
    assertThat(TheilSen.median(new double[] {9, 1, 4})).isEqualTo(4);
    assertThat(TheilSen.median(new double[] {1.7e308, 1.5e308})).isEqualTo(1.6e308);
    // 8 values have 28 slopes: the two in the middle differ
    assertThat(TheilSen.slope(0, 0, 1, 1, 3, 2, 6, 4)).isCloseTo(19 / 30.0, within(1e-15));
  }

  @Test
  void theSlopeIsRobust() {
    double[] line = IntStream.range(0, 21).mapToDouble(i -> 3 - 0.25 * i).toArray();
    assertThat(TheilSen.slope(line)).isCloseTo(-0.25, within(1e-14));
    for (int i = 0; i < 5; i++) {
      line[4 * i] = 1e9;
    }
    assertThat(TheilSen.slope(line)).isCloseTo(-0.25, within(0.1));
    assertThat(TheilSen.slope(0, 1, 0, 1, 0, 1, 0, 1)).isCloseTo(0, within(1 / 3.0));
  }

  @Test
  void tooShortAndBrokenSeriesAreRefused() {
    assertThatThrownBy(() -> MannKendall.of(1, 2, 3))
        .hasMessage("a trend needs 8 to 10000 values, got 3");
    assertThatThrownBy(() -> TheilSen.slope(1, 2, 3, 4, 5, 6, 7, Double.NaN))
        .hasMessage("values must be finite, got NaN (value 7)");
  }

  @Test
  void pageHinkleyHearsARiseAndNoFall() {
    var random = new SplittableRandom(2);
    var test = PageHinkley.of(0.05, 5);
    for (int i = 0; i < 2_000; i++) {
      test = test.next(0.3 + 0.1 * random.nextGaussian());
      assertThat(test.alarm()).as("value %s", i).isFalse();
    }
    var falling = test;
    for (int i = 0; i < 500; i++) {
      falling = falling.next(0.1);
      assertThat(falling.alarm()).isFalse();
    }
    int delay = 0;
    while (!test.alarm()) {
      test = test.next(0.6);
      delay++;
    }
    // 5 / (0.3 - 0.05) is 20
    assertThat(delay).isBetween(15, 30);
    assertThatThrownBy(() -> PageHinkley.of(0.05, 5).next(Double.NaN))
        .hasMessage("value must be finite, got NaN");
    assertThatThrownBy(() -> PageHinkley.of(-1, 5))
        .hasMessage("delta must be finite and at least 0, got -1.0");
    assertThatThrownBy(() -> PageHinkley.of(0, 0))
        .hasMessage("lambda must be finite and above 0, got 0.0");
  }

  @Test
  void pageHinkleyIsItsDefinition() {
    var random = new SplittableRandom(3);
    var test = PageHinkley.of(0.01, 1);
    double sum = 0;
    double m = 0;
    double least = 0;
    for (int i = 1; i <= 100; i++) {
      double x = random.nextDouble();
      test = test.next(x);
      sum += x;
      m += x - sum / i - 0.01;
      least = Math.min(least, m);
      assertThat(test.sum()).isCloseTo(m, within(1e-12));
      assertThat(test.alarm()).isEqualTo(m - least > 1);
    }
  }

  @Test
  void adwinForgetsWhatCameBeforeAChange() {
    var random = new SplittableRandom(5);
    var window = Adwin.of(0.002);
    for (int i = 0; i < 5_000; i++) {
      window.accept(random.nextDouble() * 0.4);
    }
    assertThat(window.detections()).isZero();
    assertThat(window.size()).isEqualTo(5_000);
    assertThat(window.mean().orElseThrow()).isCloseTo(0.2, within(0.01));
    int delay = 0;
    while (window.detections() == 0) {
      boolean found = window.accept(0.3 + random.nextDouble() * 0.4);
      assertThat(found).isEqualTo(window.detections() == 1);
      delay++;
    }
    assertThat(delay).isLessThan(200);
    for (int i = 0; i < 2_000; i++) {
      window.accept(0.3 + random.nextDouble() * 0.4);
    }
    assertThat(window.mean().orElseThrow()).isCloseTo(0.5, within(0.02));
    assertThat(window.size()).isLessThan(2_400);
  }

  /**
   * Of 11 values the three oldest pairs are joined: 6 | 5 is the only cut with 5 on either side.
   */
  @Test
  void adwinCutsWhereItsDefinitionDoes() {
    var random = new SplittableRandom(8);
    int cuts = 0;
    for (int run = 0; run < 400; run++) {
      double delta = random.nextDouble(0.6, 0.9999);
      double[] values = new double[11];
      int change = run % 4 == 0 ? 5 : 6;
      double step = random.nextDouble(0.9, 1);
      for (int i = 0; i < values.length; i++) {
        values[i] = (1 - step) * random.nextDouble() + (i < change ? 0 : step);
      }
      var window = Adwin.of(delta);
      for (int i = 0; i < 10; i++) {
        assertThat(window.accept(values[i])).as("value %s of run %s", i, run).isFalse();
      }
      boolean changed = window.accept(values[10]);
      assertThat(changed).as("run %s", run).isEqualTo(differs(values, delta));
      assertThat(window.detections()).isEqualTo(changed ? 1 : 0);
      assertThat(window.size()).as("the oldest pair goes").isEqualTo(changed ? 9 : 11);
      cuts += changed ? 1 : 0;
    }
    assertThat(cuts).isBetween(20, 380);
  }

  private static boolean differs(double[] values, double delta) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double variance = 0;
    for (double value : values) {
      variance += (value - mean) * (value - mean) / 11;
    }
    double older = Arrays.stream(values, 0, 6).average().orElseThrow();
    double newer = Arrays.stream(values, 6, 11).average().orElseThrow();
    double logarithm = Math.log(2 * Math.log(11) / delta);
    double inverse = 1 / 6.0 + 1 / 5.0;
    double epsilon = Math.sqrt(2 * inverse * variance * logarithm) + 2 * inverse * logarithm / 3;
    return Math.abs(older - newer) >= epsilon;
  }

  @Test
  void adwinRarelyCutsASteadySeriesAndItsWindowIsExact() {
    int cuts = 0;
    for (int run = 0; run < 100; run++) {
      var random = new SplittableRandom(run);
      var window = Adwin.of(0.01);
      double sum = 0;
      int n = 600;
      for (int i = 0; i < n; i++) {
        double x = random.nextDouble();
        sum += x;
        window.accept(x);
      }
      cuts += window.detections() > 0 ? 1 : 0;
      if (window.detections() == 0) {
        assertThat(window.size()).isEqualTo(n);
        assertThat(window.mean().orElseThrow()).isCloseTo(sum / n, within(1e-12));
      }
    }
    assertThat(cuts).isLessThanOrEqualTo(5);
    assertThat(Adwin.of(0.5).size()).isZero();
    assertThat(Adwin.of(0.5).mean()).isEmpty();
    assertThatThrownBy(() -> Adwin.of(0)).hasMessage("delta must be in (0, 1), got 0.0");
    assertThatThrownBy(() -> Adwin.of(0.1).accept(1.1))
        .hasMessage("value must be in [0, 1], got 1.1");
  }
}
