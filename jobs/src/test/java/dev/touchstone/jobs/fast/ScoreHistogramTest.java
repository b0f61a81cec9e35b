package dev.touchstone.jobs.fast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryProxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ScoreHistogramTest {

  @Test
  void sharesOfTheTwentiethsAndTheRestsAddUpToOne() {
    float[] scores = {-3f, 0f, 0.01f, 0.52f, 0.54f, 0.99f, 1f, 7f};
    ByteBuffer bytes = ByteBuffer.allocate(4 * scores.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float score : scores) {
      bytes.putFloat(score);
    }
    BinaryProxy proxy = BinaryProxy.of(0.5);
    proxy.accept(bytes.array(), 0, new byte[] {0, 0, 1, 0, 1, 0, 1, 1}, 0, scores.length);

    var shares = ScoreHistogram.of(proxy.result());

    assertThat(shares.keySet())
        .containsExactlyInAnyOrder(
            "score<0", "score=[0.00,0.05)", "score=[0.50,0.55)", "score=[0.95,1.00]", "score>1");
    assertThat(shares.get("score=[0.50,0.55)").value()).isEqualTo(0.25);
    assertThat(shares.values().stream().mapToDouble(MetricValue::value).sum())
        .isCloseTo(1, within(1e-12));
  }

  @Test
  void ofNothingThereIsNoHistogram() {
    assertThat(ScoreHistogram.of(BinaryProxy.of(0.5).result())).isEmpty();
  }
}
