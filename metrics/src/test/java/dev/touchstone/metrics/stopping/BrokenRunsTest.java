package dev.touchstone.metrics.stopping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** What stops a run at once, beside its model checkpoints. */
class BrokenRunsTest {
  private static final HealthLimits LIMITS = HealthLimits.defaults();

  private static byte[] scores(int count, IntToDoubleFunction score) {
    var bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat((float) score.applyAsDouble(i));
    }
    return bytes.array();
  }

  private static String verdict(ScoreSpread spread, long rows) {
    return LIMITS.verdict(
        Health.ofScores(rows, 0, spread.distinct(), spread.deviation()),
        LossSeries.START.losses(),
        0);
  }

  @Test
  void twoDistinctScoresAreACollapseAndThreeAreNot() {
    var two = ScoreSpread.START.with(scores(10_000, i -> i % 2)).with(scores(500, i -> 1));
    assertThat(two.distinct()).isEqualTo(2);
    assertThat(two.settled()).isFalse();
    assertThat(verdict(two, 10_500)).isEqualTo("scores_collapsed");
    var three = two.with(scores(1, i -> 0.5));
    assertThat(three.settled()).isTrue();
    assertThat(verdict(three, 10_501)).isNull();
    // 0 and -0 tie
    assertThat(ScoreSpread.START.with(scores(9, i -> i % 2 == 0 ? 0.0 : -0.0)).distinct())
        .isEqualTo(1);
  }

  @Test
  void scoresThatHardlyDifferAreACollapseHoweverManyThereAre() {
    var random = new SplittableRandom(1);
    var spread = ScoreSpread.START.with(scores(50_000, i -> 0.5 + 4e-7 * random.nextInt(4)));
    assertThat(spread.distinct()).isEqualTo(3);
    assertThat(spread.deviation()).isCloseTo(4e-7 * Math.sqrt(1.25), within(3e-8));
    assertThat(verdict(spread, 50_000)).isEqualTo("scores_collapsed");
  }

  @Test
  void aHealthyModelOfARareClassIsNotCollapsedAndSoonNotLookedAt() {
    var random = new SplittableRandom(2);
    // all scores within one coarse bin of a histogram
    var narrow = ScoreSpread.START.with(scores(5_000, i -> 0.001 + 1e-5 * random.nextDouble()));
    assertThat(narrow.settled()).isFalse();
    assertThat(narrow.deviation()).isCloseTo(1e-5 / Math.sqrt(12), within(1e-7));
    assertThat(verdict(narrow, 5_000)).isNull();
    var wide = ScoreSpread.START.with(scores(100_000, i -> random.nextDouble()));
    assertThat(wide.settled()).isTrue();
    assertThat(wide.n()).isLessThan(1_000);
    assertThat(wide.deviation()).isNaN();
    assertThat(wide.with(scores(1_000_000, i -> 0.5))).isSameAs(wide);
    // logits may be infinite
    var infinite = ScoreSpread.START.with(scores(300, i -> i == 7 ? -1 / 0.0 : i));
    assertThat(infinite.settled()).isTrue();
  }

  @Test
  void aLossThatIsNotANumberStopsAndOneThatIsFarAboveThoseBeforeThreeTimes() {
    var series = LossSeries.START;
    for (double wrong : new double[] {Double.NaN, 1 / 0.0, -1 / 0.0}) {
      assertThat(series.verdict(LIMITS, wrong)).isEqualTo("loss_not_finite");
    }
    var random = new SplittableRandom(3);
    for (int i = 0; i < 40; i++) {
      double loss = 1 + 0.1 * random.nextDouble();
      assertThat(series.verdict(LIMITS, loss)).isNull();
      series = series.with(LIMITS, loss);
    }
    assertThat(series.losses()).hasSize(20);
    for (int i = 0; i < 2; i++) {
      assertThat(series.verdict(LIMITS, 50)).isNull();
      series = series.with(LIMITS, 50);
    }
    assertThat(series.verdict(LIMITS, 50)).isEqualTo("loss_exploded");
    assertThat(series.with(LIMITS, 1).with(LIMITS, 50).verdict(LIMITS, 50)).isNull();
  }
}
