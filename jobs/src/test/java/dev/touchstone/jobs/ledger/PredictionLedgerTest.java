package dev.touchstone.jobs.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.LedgerInput;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.Updates;
import dev.touchstone.jobs.testing.WireBatches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PredictionLedgerTest {

  private static final OutputTag<DeadLetter> CONFLICTS = new OutputTag<>("conflicts") {};

  private final WireBatches rows = WireBatches.random(7, 100);
  private KeyedOneInputStreamOperatorTestHarness<String, LedgerInput, LedgerUpdate> ledger;

  @BeforeEach
  void open() throws Exception {
    ledger = harness();
    ledger.open();
  }

  @AfterEach
  void close() throws Exception {
    ledger.close();
  }

  private static KeyedOneInputStreamOperatorTestHarness<String, LedgerInput, LedgerUpdate> harness()
      throws Exception {
    EngineSettings settings = EngineSettings.from(SettingsSource.empty());
    return new KeyedOneInputStreamOperatorTestHarness<>(
        new KeyedProcessOperator<>(new PredictionLedger(settings.ledger(), CONFLICTS, true)),
        LedgerInput::setKey,
        Types.STRING);
  }

  @Test
  void everyBatchPassesOnceInAnyOrderAndTheLastOneCompletesTheSet() throws Exception {
    List<PredictionBatch> batches = checked(rows.batches(10, 2));
    for (long seed = 0; seed < 20; seed++) {
      close();
      open();
      Collections.shuffle(batches, new Random(seed));
      for (PredictionBatch batch : batches) {
        feed(batch);
      }
      List<LedgerUpdate> updates = ledger.extractOutputValues();
      assertThat(updates).as("seed %d", seed).hasSize(10);
      assertThat(updates.subList(0, 9))
          .allSatisfy(u -> assertThat(u.status().state()).isEqualTo(SetState.RECEIVING));
      assertThat(last().state()).isEqualTo(SetState.COMPLETE);
      assertThat(last().rows()).isEqualTo(100);
    }
  }

  @Test
  void theDigestOfTheRowsDependsOnNeitherOrderNorBatches() throws Exception {
    for (PredictionBatch batch : checked(rows.batches(10, 1))) {
      feed(batch);
    }
    long digest = last().rowDigest();
    close();
    open();
    List<PredictionBatch> other = checked(rows.batches(33, 1));
    Collections.reverse(other);
    for (PredictionBatch batch : other) {
      feed(batch);
    }
    assertThat(last().rowDigest()).isEqualTo(digest).isNotZero();
  }

  @Test
  void theSameBatchAgainIsACountedDuplicateAlsoFromALaterAttempt() throws Exception {
    List<PredictionBatch> batches = checked(rows.batches(50, 1));
    feed(batches.get(0));
    feed(batches.get(0));
    feed(batches.get(1));
    assertThat(ledger.extractOutputValues()).hasSize(2);
    assertThat(last().duplicates()).isEqualTo(1);
    assertThat(last().state()).isEqualTo(SetState.COMPLETE);
    assertThat(ledger.getSideOutput(CONFLICTS)).isNull();
  }

  @Test
  void otherContentUnderTheSameIdentityIsAConflictAndTheFirstStays() throws Exception {
    PredictionBatch first = checked(rows.batch(0, 10, 0, 1, 0, false));
    PredictionBatch other = checked(rows.batch(10, 20, 0, 1, 0, false));
    feed(first);
    feed(other);
    assertThat(ledger.extractOutputValues()).hasSize(1);
    assertThat(conflicts())
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.reason())
                  .isEqualTo(
                      "conflict: other content under the same shard and sequence"
                          + " (run run, model checkpoint step-8, shard 0, sequence 0)");
              assertThat(letter.source().value()).isEqualTo(other.source().value());
            });
  }

  @Test
  void aBatchBeyondTheEndOfItsShardIsAConflict() throws Exception {
    feed(checked(rows.batch(0, 10, 0, 2, 0, true)));
    feed(checked(rows.batch(10, 20, 0, 2, 1, false)));
    feed(checked(rows.batch(20, 30, 0, 2, 2, true)));
    assertThat(conflicts())
        .extracting(DeadLetter::reason)
        .satisfiesExactly(
            r -> assertThat(r).contains("sequence must be at most 0, where the shard has ended"),
            r -> assertThat(r).contains("the shard has ended with sequence 0"));
  }

  @Test
  void anEmptyLastBatchEndsItsShard() throws Exception {
    feed(checked(rows.batch(0, 100, 0, 2, 0, true)));
    feed(checked(rows.batch(100, 100, 1, 2, 0, true)));
    assertThat(last().state()).isEqualTo(SetState.COMPLETE);
    assertThat(last().rows()).isEqualTo(100);
  }

  @Test
  void aSetThatEndsWithTooFewRowsIsInconsistentAndSaysSo() throws Exception {
    feed(checked(rows.batch(0, 60, 0, 1, 0, true)));
    assertThat(last().state()).isEqualTo(SetState.INCONSISTENT);
    assertThat(last().reason()).isEqualTo("every shard has ended with 60 of 100 rows");
  }

  @Test
  void batchesThatContradictTheSetAreConflicts() throws Exception {
    feed(checked(rows.batch(0, 10, 0, 2, 0, false)));
    feed(checked(rows.batch(10, 20, 1, 3, 0, false)));
    var resized = rows.batch(10, 20, 1, 2, 0, false);
    resized.getEvaluationSet().setSize(101L);
    feed(checked(resized));
    assertThat(conflicts())
        .extracting(DeadLetter::reason)
        .satisfiesExactly(
            r -> assertThat(r).contains("shards must stay 2 over the set, got 3"),
            r -> assertThat(r).contains("evaluation_set.size must stay 100 over the set, got 101"));
  }

  @Test
  void whatWasSeenSurvivesARestart() throws Exception {
    List<PredictionBatch> batches = checked(rows.batches(25, 1));
    feed(batches.get(0));
    feed(batches.get(1));
    OperatorSubtaskState snapshot = ledger.snapshot(1, 1);
    close();
    ledger = harness();
    ledger.initializeState(snapshot);
    ledger.open();
    feed(batches.get(1));
    feed(batches.get(2));
    feed(batches.get(3));
    assertThat(ledger.extractOutputValues()).hasSize(2);
    assertThat(last().state()).isEqualTo(SetState.COMPLETE);
    assertThat(last().duplicates()).isEqualTo(1);
  }

  @Test
  void withDigestsAnotherRunClaimsTheSameSetAndWithoutItIsAnotherSet() throws Exception {
    UnaryOperator<dev.touchstone.schemas.avro.PredictionBatch> digests =
        batch -> {
          batch.getCheckpoint().setModelDigest("m");
          batch.getEvaluationSet().setDatasetDigest("d");
          batch.setTransformDigest("t");
          return batch;
        };
    var mine = digests.apply(rows.batch(0, 100, 0, 1, 0, true));
    var theirs = digests.apply(rows.batch(0, 100, 0, 1, 0, true));
    theirs.setRunId("other run");
    feed(checked(mine));
    feed(checked(theirs));
    assertThat(last().claims()).extracting(c -> c.runId()).containsExactly("run", "other run");
    assertThat(last().rows()).isEqualTo(100);

    var noDigest = rows.batch(0, 100, 0, 1, 0, true);
    var otherRun = rows.batch(0, 100, 0, 1, 0, true);
    otherRun.setRunId("other run");
    assertThat(checked(noDigest).set().setKey())
        .isNotEqualTo(checked(otherRun).set().setKey())
        .isNotEqualTo(checked(mine).set().setKey())
        .matches("[0-9a-f]{32}");
  }

  @Test
  void aStatusThatOnlyCountsGoesOutWithTheNextTick() throws Exception {
    PredictionBatch batch = checked(rows.batch(0, 10, 0, 1, 0, false));
    feed(batch);
    feed(batch);
    feed(batch);
    assertThat(ledger.extractOutputValues()).hasSize(1);
    ledger.setProcessingTime(10_000);
    assertThat(ledger.extractOutputValues()).hasSize(2);
    assertThat(last().duplicates()).isEqualTo(2);
  }

  @Test
  void aSetIsForgottenWhenNothingWasHeardOfItForTheRetention() throws Exception {
    PredictionBatch batch = checked(rows.batch(0, 10, 0, 1, 0, false));
    long retention = Duration.ofHours(168).toMillis();
    feed(batch);
    ledger.setProcessingTime(retention - 1);
    feed(batch);
    ledger.setProcessingTime(2 * retention - 2);
    assertThat(ledger.numKeyedStateEntries()).isGreaterThan(3);
    ledger.setProcessingTime(2 * retention - 1);
    assertThat(ledger.numKeyedStateEntries()).isZero();
    feed(batch);
    assertThat(last().duplicates()).isZero();
    assertThat(last().rows()).isEqualTo(10);
  }

  @Test
  void aSetThatWasDeletedFromTheCacheIsForgottenAndMayComeAgain() throws Exception {
    PredictionBatch whole = checked(rows.batch(0, 100, 0, 1, 0, true));
    feed(whole);
    ledger.processElement(new LedgerInput("0123456789abcdef0123456789abcdef", null), 0);
    feed(whole);
    ledger.setProcessingTime(10_000);
    assertThat(last().duplicates()).isEqualTo(1);
    ledger.processElement(new LedgerInput(whole.set().setKey(), null), 0);
    List<LedgerUpdate> updates = ledger.extractOutputValues();
    assertThat(updates.get(updates.size() - 1).forgotten()).isTrue();
    feed(whole);
    assertThat(last().state()).isEqualTo(SetState.COMPLETE);
    assertThat(last().duplicates()).isZero();
    assertThat(last().rows()).isEqualTo(100);
  }

  private void feed(PredictionBatch batch) throws Exception {
    ledger.processElement(LedgerInput.of(batch), 0);
  }

  private SetStatus last() {
    List<LedgerUpdate> updates = ledger.extractOutputValues();
    return updates.get(updates.size() - 1).status();
  }

  private List<DeadLetter> conflicts() {
    return ledger.getSideOutput(CONFLICTS).stream().map(r -> r.getValue()).toList();
  }

  private List<PredictionBatch> checked(List<dev.touchstone.schemas.avro.PredictionBatch> wire)
      throws Exception {
    List<PredictionBatch> checked = new ArrayList<>();
    for (var batch : wire) {
      checked.add(checked(batch));
    }
    return checked;
  }

  private PredictionBatch checked(dev.touchstone.schemas.avro.PredictionBatch wire)
      throws Exception {
    LedgerInput decoded = Updates.decoded(rows, wire);
    return decoded.batch();
  }
}
