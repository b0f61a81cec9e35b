package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScorePrecisionTest {
  @Test
  void widthsAndClipsAreThoseOfTheFormats() {
    assertThat(ScorePrecision.FLOAT32.bits()).isEqualTo(Float.SIZE);
    assertThat(ScorePrecision.FLOAT64.bits()).isEqualTo(Double.SIZE);
    assertThat(ScorePrecision.FLOAT32.clipEpsilon()).isEqualTo(Math.ulp(1f));
    assertThat(ScorePrecision.FLOAT64.clipEpsilon()).isEqualTo(Math.ulp(1.0));
  }

  @Test
  void keysHoldTheScoreRoundedToTheFormat() {
    double[] scores = {-1e300, -0.1, -1e-40, 0, 0.1, 0.5, 1, 3e7, Double.POSITIVE_INFINITY};
    long lastSingle = -1;
    for (double score : scores) {
      long single = ScorePrecision.FLOAT32.key(score);
      assertThat(single).as("%s", score).isBetween(0L, 0xFFFF_FFFFL).isGreaterThan(lastSingle);
      assertThat(ScorePrecision.FLOAT32.score(single)).isEqualTo((float) score);
      assertThat(ScorePrecision.FLOAT64.score(ScorePrecision.FLOAT64.key(score))).isEqualTo(score);
      lastSingle = single;
    }
    assertThat(ScorePrecision.FLOAT64.key(-0.0)).isEqualTo(ScorePrecision.FLOAT64.key(0));
    assertThat(ScorePrecision.FLOAT32.key(-0.0)).isEqualTo(ScorePrecision.FLOAT32.key(0));
  }
}
