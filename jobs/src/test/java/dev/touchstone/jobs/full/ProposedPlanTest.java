package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.CoarseCounts;
import dev.touchstone.metrics.sampling.PlanFile;
import dev.touchstone.metrics.sampling.PlanMaker;
import dev.touchstone.metrics.sampling.PlanRule;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ProposedPlanTest {

  private static final int ROWS = 20_000;

  private final float[] scores = new float[ROWS];
  private final byte[] labels = new byte[ROWS];

  ProposedPlanTest() {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < ROWS; i++) {
      labels[i] = (byte) (random.nextInt(100) == 0 ? 1 : 0);
      // logits: below zero and above one, where probabilities are not
      scores[i] = (float) (random.nextGaussian() - 3 + 3 * labels[i]);
    }
    scores[7] = Float.NEGATIVE_INFINITY;
    scores[8] = Float.POSITIVE_INFINITY;
    scores[9] = -0.0f;
  }

  @Test
  void everyRowFallsIntoTheStratumThatCountedIt() {
    Map<String, Object> section = ProposedPlan.section(counts(null), 1_000);

    assertThat(section).doesNotContainKey("reason");
    PlanRule rule = PlanFile.ruleFromMap(SectionJson.object(section.get("plan")));
    PlanFile file =
        PlanMaker.apply(
            rule,
            to -> {
              for (int i = 0; i < ROWS; i++) {
                to.accept(i, Integer.toString(labels[i]), scores[i], null);
              }
            });
    assertThat(file.rule().population()).isEqualTo(ROWS);
    assertThat((double) file.size()).isBetween(800.0, 1_200.0);
  }

  @Test
  void whereThereIsNoPlanTheReasonIsSaid() {
    assertThat(ProposedPlan.section(counts(null), 2))
        .extractingByKey("reason")
        .asString()
        .contains("budget");
    scores[3] = Float.NaN;
    assertThat(ProposedPlan.section(counts(null), 1_000))
        .containsEntry("reason", "rows_without_score_or_weight");
    scores[3] = 0;
    for (int i = 0; i < ROWS; i++) {
      labels[i] = 0;
    }
    assertThat(ProposedPlan.section(counts(null), 1_000)).containsEntry("reason", "one_class");
    assertThat(ProposedPlan.section(CoarseCounts.of(BinaryOptions.defaults()), 1_000))
        .containsEntry("reason", "one_class");
  }

  @Test
  void rowsCountOnceWhateverTheyWeigh() {
    double[] weights = new double[ROWS];
    for (int i = 0; i < ROWS; i++) {
      weights[i] = 1 + i % 3;
    }
    assertThat(ProposedPlan.section(counts(weights), 1_000))
        .isEqualTo(ProposedPlan.section(counts(null), 1_000));
  }

  private CoarseCounts counts(double[] weights) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * ROWS).order(ByteOrder.LITTLE_ENDIAN);
    for (float score : scores) {
      bytes.putFloat(score);
    }
    CoarseCounts counts = CoarseCounts.of(BinaryOptions.defaults().withProbabilityMetrics(false));
    if (weights == null) {
      counts.accept(bytes.array(), 0, labels, 0, ROWS);
    } else {
      counts.accept(bytes.array(), 0, labels, 0, weights, 0, ROWS);
    }
    return counts;
  }
}
