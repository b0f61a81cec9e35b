package dev.touchstone.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SamplingPlan;
import dev.touchstone.schemas.avro.Stratum;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchCheckTest {

  private static final int ROWS = 3;

  @Test
  void weightsThatTheTiersCannotHoldAreRefused() throws Exception {
    // found by a bit flip: a weight of 2^67 was taken, and the fast tier failed on it for ever
    assertWeights(0x1p67f, "weights must be in [0, 1048576], got 1.4757395E20 in row 1");
    assertWeights(
        Float.POSITIVE_INFINITY, "weights must be in [0, 1048576], got Infinity in row 1");
    assertWeights(Float.NaN, "weights must be in [0, 1048576], got NaN in row 1");
    assertWeights(-1, "weights must be in [0, 1048576], got -1.0 in row 1");
    assertWeights(0, null);
    assertWeights(0x1p20f, null);
  }

  @Test
  void aSampledRowWeighsItsWeightOverTheRate() throws Exception {
    PredictionBatch batch = sampled(0x1p-10);
    batch.setWeights(weights(0x1p10f));
    assertThat(check(batch).weights()).isNotNull();
    batch.setWeights(weights(0x1p11f));
    assertThatThrownBy(() -> check(batch))
        .hasMessageStartingWith(
            "weights must be in [0, 1048576] over the stratum's rate 9.765625E-4, got 2048.0 in"
                + " row 1");
  }

  @Test
  void ratesThatWouldMakeAnyRowTooHeavyAreRefused() throws Exception {
    assertThat(check(sampled(0x1p-20)).plan()).isNotNull();
    for (double rate : new double[] {0, -0.5, 1.5, Double.NaN, 1e-300, 0x1p-21}) {
      assertThatThrownBy(() -> check(sampled(rate)))
          .hasMessageStartingWith(
              "sampling_plan.strata.rate must be in [2^-20, 1], got " + rate + " (run run,");
    }
  }

  @Test
  void aFoldIsNotNegativeSinceThatIsHowNoFoldIsWritten() {
    PredictionBatch batch = batch();
    batch.getEvaluationSet().setFold(-1);
    assertThatThrownBy(() -> check(batch))
        .hasMessageStartingWith("evaluation_set.fold must be in [0, 2147483647], got -1");
  }

  @Test
  void scoresMayComeWithoutLabelsAndLabelsWithoutScores() throws Exception {
    PredictionBatch unlabelled = batch();
    unlabelled.setLabels(ByteBuffer.allocate(0));
    assertThat(check(unlabelled).lacksLabels()).isTrue();
    assertThat(check(unlabelled).bringsLabelsAlone()).isFalse();

    PredictionBatch labels = batch();
    labels.setScores(ByteBuffer.allocate(0));
    labels.setLabelRevision(3);
    assertThat(check(labels).bringsLabelsAlone()).isTrue();
    assertThat(check(labels).labelRevision()).isEqualTo(3);
    assertThat(check(labels).set()).isEqualTo(check(unlabelled).set());

    PredictionBatch plain = batch();
    assertThat(check(plain).lacksLabels()).isFalse();
    assertThat(check(plain).bringsLabelsAlone()).isFalse();
  }

  @Test
  void labelsAloneAreCheckedAsLabelsAre() {
    PredictionBatch neither = labelsAlone();
    neither.setLabels(ByteBuffer.allocate(0));
    assertRefused(neither, "scores or labels must be there for count 3, got neither");
    PredictionBatch wrongLength = labelsAlone();
    wrongLength.setLabels(ByteBuffer.allocate(ROWS - 1));
    assertRefused(wrongLength, "labels must be 3 bytes for count 3, got 2");
    PredictionBatch noLabel = labelsAlone();
    noLabel.setLabels(ByteBuffer.wrap(new byte[] {0, 1, 2}));
    assertRefused(noLabel, "labels must be in [0, 2), got 2 in row 2");
    PredictionBatch weighted = labelsAlone();
    weighted.setWeights(weights(1));
    assertRefused(weighted, "weights must come with scores, got labels alone");
    PredictionBatch late = labelsAlone();
    late.setLabelRevision(255);
    assertRefused(late, "label_revision must be in [0, 254], got 255");
    PredictionBatch both = batch();
    both.setLabelRevision(1);
    assertRefused(both, "label_revision must be 0 with scores, got 1");
  }

  private static PredictionBatch labelsAlone() {
    PredictionBatch labels = batch();
    labels.setScores(ByteBuffer.allocate(0));
    return labels;
  }

  private static void assertRefused(PredictionBatch batch, String message) {
    assertThatThrownBy(() -> check(batch)).hasMessageStartingWith(message);
  }

  private static void assertWeights(float weight, String message) throws Exception {
    PredictionBatch batch = batch();
    batch.setWeights(weights(weight));
    if (message == null) {
      assertThat(check(batch).weights()).hasSize(4 * ROWS);
    } else {
      assertThatThrownBy(() -> check(batch)).hasMessageStartingWith(message);
    }
  }

  private static ByteBuffer weights(float second) {
    return ByteBuffer.allocate(4 * ROWS)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putFloat(1)
        .putFloat(second)
        .putFloat(1)
        .flip();
  }

  private static PredictionBatch sampled(double rate) {
    PredictionBatch batch = batch();
    batch.setSamplingPlan(new SamplingPlan(1L, List.of(new Stratum("all", rate, 100L))));
    batch.setStrata(ByteBuffer.allocate(ROWS));
    return batch;
  }

  private static PredictionBatch batch() {
    return WireBatches.random(1, ROWS).batch(0, ROWS, 0, 1, 0, true);
  }

  private static dev.touchstone.jobs.model.PredictionBatch check(PredictionBatch batch)
      throws RejectedBatchException {
    return BatchCheck.check(batch, WireBatches.message(new byte[0], 0));
  }
}
