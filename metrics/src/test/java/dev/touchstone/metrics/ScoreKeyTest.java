package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ScoreKeyTest {
  @Test
  void goldenKeysHold() {
    var golden = Golden.named("float-key");
    double[] scores = Golden.doubles(golden.get("inputs").get("scores"));
    var keys = golden.get("expected").get("keys");
    for (int i = 0; i < scores.length; i++) {
      assertThat(ScoreKey.of((float) scores[i]) & 0xFFFF_FFFFL).isEqualTo(keys.get(i).asLong());
      assertThat(ScorePrecision.FLOAT32.key(scores[i])).isEqualTo(keys.get(i).asLong());
    }
  }

  @Test
  void keysOrderAsScoresDoAndComeBack() {
    var random = new SplittableRandom(1);
    for (int i = 0; i < 100_000; i++) {
      float a = Float.intBitsToFloat(random.nextInt());
      float b = random.nextBoolean() ? a : Float.intBitsToFloat(random.nextInt());
      double c = Double.longBitsToDouble(random.nextLong());
      double d = random.nextBoolean() ? -c : Double.longBitsToDouble(random.nextLong());
      if (a == a && b == b && c == c && d == d) {
        assertThat(Integer.compareUnsigned(ScoreKey.of(a), ScoreKey.of(b)))
            .isEqualTo(a < b ? -1 : a > b ? 1 : 0);
        assertThat(Long.compareUnsigned(ScoreKey.of(c), ScoreKey.of(d)))
            .isEqualTo(c < d ? -1 : c > d ? 1 : 0);
        assertThat(ScoreKey.toFloat(ScoreKey.of(a))).isEqualTo(a);
        assertThat(ScoreKey.toDouble(ScoreKey.of(c))).isEqualTo(c);
      }
    }
  }

  @Test
  void negativeZeroIsZero() {
    assertThat(ScoreKey.of(-0.0f)).isEqualTo(ScoreKey.of(0.0f));
    assertThat(ScoreKey.of(-0.0)).isEqualTo(ScoreKey.of(0.0));
  }

  @Test
  void infinitiesAreTheEnds() {
    assertThat(ScoreKey.of(Float.NEGATIVE_INFINITY)).isEqualTo(ScoreKey.MIN_FLOAT);
    assertThat(ScoreKey.of(Float.POSITIVE_INFINITY)).isEqualTo(ScoreKey.MAX_FLOAT);
  }

  @Test
  void thresholdsAreRoundedToThePrecisionOfScores() {
    assertThat(ScorePrecision.FLOAT32.score(ScorePrecision.FLOAT32.key(0.1)))
        .isEqualTo((double) 0.1f);
    assertThat(ScorePrecision.FLOAT64.score(ScorePrecision.FLOAT64.key(0.1))).isEqualTo(0.1);
  }
}
