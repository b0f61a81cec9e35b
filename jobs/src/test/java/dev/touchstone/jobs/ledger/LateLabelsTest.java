package dev.touchstone.jobs.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.LedgerInput;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.Updates;
import dev.touchstone.jobs.testing.WireBatches;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the ledger knows of labels that come alone. */
class LateLabelsTest {

  private static final OutputTag<DeadLetter> CONFLICTS = new OutputTag<>("conflicts") {};

  private final WireBatches rows = WireBatches.random(7, 100);
  private KeyedOneInputStreamOperatorTestHarness<String, LedgerInput, LedgerUpdate> ledger;

  @BeforeEach
  void open() throws Exception {
    ledger = harness(1 << 20);
    ledger.open();
  }

  @AfterEach
  void close() throws Exception {
    ledger.close();
  }

  private static KeyedOneInputStreamOperatorTestHarness<String, LedgerInput, LedgerUpdate> harness(
      long maxLabelBytes) throws Exception {
    EngineSettings settings =
        EngineSettings.from(SettingsSource.empty().with("ledger.max_label_bytes", maxLabelBytes));
    return new KeyedOneInputStreamOperatorTestHarness<>(
        new KeyedProcessOperator<>(new PredictionLedger(settings.ledger(), CONFLICTS, true)),
        LedgerInput::setKey,
        Types.STRING);
  }

  @Test
  void aSetWithoutLabelsWaitsForThemAndSaysHowManyAreThere() throws Exception {
    feed(WireBatches.withoutLabels(rows.batches(50, 1)));
    assertThat(last().status().state()).isEqualTo(SetState.RECEIVING);
    assertThat(last().status().reason()).isEqualTo("waits for labels: 0 of 100");
    List<dev.touchstone.schemas.avro.PredictionBatch> labels = rows.labels(30, 1, 0);
    feed(labels.subList(0, 2));
    assertThat(last().status().reason()).isEqualTo("waits for labels: 60 of 100");
    feed(labels.subList(2, 4));
    assertThat(last().status().state()).isEqualTo(SetState.COMPLETE);
    assertThat(last().status().unlabelled()).isTrue();
    assertThat(last().labelsUpTo()).isZero();
    assertThat(ledger.getSideOutput(CONFLICTS)).isNull();
  }

  @Test
  void rowsFirstLabelsAndCorrectionsMayComeInAnyOrder() throws Exception {
    List<dev.touchstone.schemas.avro.PredictionBatch> all =
        new ArrayList<>(WireBatches.withoutLabels(rows.batches(20, 2)));
    all.addAll(rows.labels(30, 2, 0));
    all.addAll(rows.labels(40, 1, 1));
    all.add(rows.labels(new long[] {3, 5}, new byte[] {1, 0}, 0, 1, 0, true, 2));
    for (long seed = 0; seed < 20; seed++) {
      close();
      open();
      Collections.shuffle(all, new Random(seed));
      feed(all);
      assertThat(last().labelsUpTo()).as("seed %d", seed).isEqualTo(2);
      assertThat(last().status().state()).isEqualTo(SetState.COMPLETE);
      int before = LedgerUpdate.NO_LABELS;
      for (LedgerUpdate update : ledger.extractOutputValues()) {
        assertThat(update.labelsUpTo()).isGreaterThanOrEqualTo(before);
        before = update.labelsUpTo();
      }
    }
  }

  @Test
  void aRevisionWaitsForTheOneBeforeIt() throws Exception {
    feed(rows.batches(100, 1));
    feed(rows.labels(100, 1, 2));
    assertThat(last().labelsUpTo()).isEqualTo(LedgerUpdate.NO_LABELS);
    assertThat(last().status().reason()).isEqualTo("label revision 2 waits for revision 1");
    feed(rows.labels(100, 1, 1));
    assertThat(last().labelsUpTo()).isEqualTo(2);
    assertThat(last().status().reason()).isNull();
  }

  @Test
  void theSameLabelsAgainAreDuplicatesAndOtherOnesAConflict() throws Exception {
    feed(WireBatches.withoutLabels(rows.batches(100, 1)));
    feed(rows.labels(50, 1, 0));
    int updates = ledger.extractOutputValues().size();
    OperatorSubtaskState snapshot = ledger.snapshot(1, 1);
    close();
    ledger = harness(1 << 20);
    ledger.initializeState(snapshot);
    ledger.open();
    feed(rows.labels(50, 1, 0));
    assertThat(ledger.extractOutputValues()).isEmpty();
    assertThat(updates).isEqualTo(3);
    rows.labels[3] ^= 1;
    feed(rows.labels(50, 1, 0).subList(0, 1));
    assertThat(conflicts())
        .singleElement()
        .asString()
        .contains("other content under the same shard and sequence")
        .contains("label revision 0");
  }

  @Test
  void labelsThatContradictTheSetAreConflicts() throws Exception {
    feed(rows.batches(50, 1));
    feed(rows.labels(50, 1, 0).subList(0, 1));
    feed(rows.labels(50, 2, 1).subList(0, 1));
    feed(rows.labels(25, 3, 1).subList(1, 2));
    feed(rows.labels(new long[] {1}, new byte[] {1}, 0, 2, 5, false, 1));
    assertThat(conflicts())
        .satisfiesExactly(
            r -> assertThat(r).contains("label_revision must be at least 1 for a set that came"),
            r -> assertThat(r).contains("shards must stay 2 over label revision 1, got 3"),
            r -> assertThat(r).contains("sequence must be at most 0, where the shard has ended"));
  }

  @Test
  void allBatchesOfASetHaveLabelsOrNone() throws Exception {
    feed(rows.batches(50, 1).subList(0, 1));
    feed(WireBatches.withoutLabels(rows.batches(50, 1)).subList(1, 2));
    assertThat(conflicts())
        .singleElement()
        .asString()
        .contains("labels must come with every batch of a set or with none");
  }

  @Test
  void labelsThatWaitAreBounded() throws Exception {
    close();
    ledger = harness(1 << 10);
    ledger.open();
    feed(rows.labels(60, 1, 0));
    assertThat(conflicts())
        .singleElement()
        .asString()
        .contains("must take at most ledger.max_label_bytes, 1024 bytes, got 1700");
  }

  private void feed(List<dev.touchstone.schemas.avro.PredictionBatch> batches) throws Exception {
    for (var batch : batches) {
      feed(batch);
    }
  }

  private void feed(dev.touchstone.schemas.avro.PredictionBatch wire) throws Exception {
    LedgerInput decoded = Updates.decoded(rows, wire);
    ledger.processElement(decoded, 0);
  }

  private LedgerUpdate last() {
    List<LedgerUpdate> updates = ledger.extractOutputValues();
    return updates.get(updates.size() - 1);
  }

  private List<String> conflicts() {
    return ledger.getSideOutput(CONFLICTS).stream().map(r -> r.getValue().reason()).toList();
  }
}
