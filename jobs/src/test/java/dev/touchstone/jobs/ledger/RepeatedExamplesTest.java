package dev.touchstone.jobs.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.BatchDigest;
import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.LedgerInput;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

/** An example counts once, whichever ids the sender chose and however they arrive. */
@SuppressWarnings("try") // a harness may be interrupted while it closes
class RepeatedExamplesTest {

  private static final String KEY = "0123456789abcdef0123456789abcdef";
  private static final OutputTag<DeadLetter> CONFLICTS = new OutputTag<>("conflicts") {};

  private static KeyedOneInputStreamOperatorTestHarness<String, LedgerInput, LedgerUpdate> open(
      SettingsSource settings, OperatorSubtaskState state) throws Exception {
    var ledger =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new KeyedProcessOperator<>(
                new PredictionLedger(EngineSettings.from(settings).ledger(), CONFLICTS, true)),
            LedgerInput::setKey,
            Types.STRING);
    if (state != null) {
      ledger.initializeState(state);
    }
    ledger.open();
    return ledger;
  }

  /** Feeds seeded ids in batches; the ledger must agree with a hash set, over a restart too. */
  private static SetStatus agrees(
      String what, int rows, int size, boolean contiguous, LongUnaryOperator ids) throws Exception {
    Set<Long> seen = new HashSet<>();
    long duplicates = 0;
    OperatorSubtaskState state = null;
    SetStatus last = null;
    for (int half = 0; half < 2; half++) {
      try (var ledger = open(SettingsSource.empty(), state)) {
        for (int from = half * rows / 2; from < (half + 1) * rows / 2; from += size) {
          int count = Math.min(size, (half + 1) * rows / 2 - from);
          ByteBuffer bytes = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
          long first = ids.applyAsLong(from);
          Set<Long> fresh = new HashSet<>();
          for (int i = 0; i < count; i++) {
            long id = contiguous ? first + i : ids.applyAsLong(from + i);
            bytes.putLong(id);
            if (seen.add(id)) {
              fresh.add(id);
            } else {
              duplicates++;
            }
          }
          ledger.processElement(
              LedgerInput.of(
                  batch(
                      from / size + half * rows, count, first, contiguous ? null : bytes.array())),
              0);
          LedgerUpdate update =
              ledger.extractOutputValues().get(ledger.extractOutputValues().size() - 1);
          last = update.status();
          Set<Long> kept = new HashSet<>();
          for (int row = 0; row < update.batch().count(); row++) {
            kept.add(RowDigest.id(update.batch(), row));
          }
          assertThat(kept).as("%s, batch at %d", what, from).isEqualTo(fresh);
          assertThat(update.repeats() == null ? 0 : update.repeats().length / 2)
              .isEqualTo(count - fresh.size());
          ledger.getOutput().clear();
        }
        state = ledger.snapshot(1, 1);
      }
    }
    assertThat(last.rows()).as(what).isEqualTo(seen.size());
    assertThat(last.duplicateRows()).as(what).isEqualTo(duplicates);
    return last;
  }

  @Test
  void denseIdsInAnyOrder() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    agrees("random in a small span", 60_000, 1_000, false, i -> random.nextLong(-70_000, 70_000));
    agrees("a rank's stride", 60_000, 1_000, false, i -> 4 * i % 160_001);
    agrees(
        "with the extremes",
        2_000,
        100,
        false,
        i -> i % 2 == 0 ? Long.MAX_VALUE - i % 1_500 : Long.MIN_VALUE + i % 1_500);
    agrees("the same id always", 500, 100, false, i -> 7);
  }

  @Test
  void contiguousRangesThatOverlapOrTouch() throws Exception {
    SplittableRandom random = new SplittableRandom(2);
    agrees("in order", 200_000, 10_000, true, i -> i - 65_536);
    agrees("overlapping", 100_000, 1_000, true, i -> random.nextLong(300_000));
    agrees("backwards", 100_000, 1_000, true, i -> 100_000 - i);
  }

  @Test
  void idsAllOverTheirRangeAreHashedAndStayExact() throws Exception {
    SplittableRandom random = new SplittableRandom(3);
    long[] pool = new long[90_000];
    for (int i = 0; i < pool.length; i++) {
      pool[i] = i == 0 ? 0 : random.nextLong(); // 0 is the one that hashes to the free mark
    }
    SetStatus status = agrees("scattered", 160_000, 5_000, false, i -> pool[(int) (i % 90_000)]);
    assertThat(status.rows()).isEqualTo(90_000);
  }

  @Test
  void aSetIsCompleteWithThePromisedNumberOfExamplesAndThenItsIdsAreForgotten() throws Exception {
    try (var ledger = open(SettingsSource.empty(), null)) {
      ledger.processElement(LedgerInput.of(batch(0, 60, 0, null, 0, 2, true, 100L)), 0);
      ledger.processElement(LedgerInput.of(batch(0, 42, 58, null, 1, 2, true, 100L)), 0);
      List<LedgerUpdate> updates = ledger.extractOutputValues();
      LedgerUpdate last = updates.get(updates.size() - 1);
      assertThat(last.status().state()).isEqualTo(SetState.COMPLETE);
      assertThat(last.status().rows()).isEqualTo(100);
      assertThat(last.status().duplicateRows()).isEqualTo(2);
      assertThat(last.batch().count()).isEqualTo(40);
      assertThat(last.batch().slices().get(0).codes()).hasSize(40);
      assertThat(last.batch().scores()).hasSize(160);
      assertThat(ledger.numKeyedStateEntries()).isEqualTo(4); // account, seen, shards, a timer's
    }
  }

  @Test
  void aSetWhoseIdsTakeTooMuchIsRefusedAndNeverComplete() throws Exception {
    SplittableRandom random = new SplittableRandom(5);
    try (var ledger = open(SettingsSource.empty().with("ledger.max_id_bytes", 1 << 20), null)) {
      for (int i = 0; i < 20; i++) {
        ByteBuffer ids = ByteBuffer.allocate(8_000).order(ByteOrder.LITTLE_ENDIAN);
        while (ids.hasRemaining()) {
          ids.putLong(random.nextLong());
        }
        ledger.processElement(LedgerInput.of(batch(i, 1_000, 0, ids.array())), 0);
      }
      assertThat(ledger.getSideOutput(CONFLICTS))
          .isNotEmpty()
          .allSatisfy(
              letter ->
                  assertThat(letter.getValue().reason())
                      .contains(
                          "the example ids of the set must take at most ledger.max_id_bytes,"
                              + " 1048576 bytes, got "));
    }
  }

  private static PredictionBatch batch(long sequence, int count, long first, byte[] ids) {
    return batch(sequence, count, first, ids, 0, 1, false, null);
  }

  private static PredictionBatch batch(
      long sequence,
      int count,
      long first,
      byte[] ids,
      int shard,
      int shards,
      boolean last,
      Long expected) {
    return new PredictionBatch(
        new SetIdentity(KEY, null, null, null, "val", "validation", null, false, Task.BINARY, 1),
        new Claim("r", 0, "c", 1, null),
        expected,
        null,
        shard,
        shards,
        sequence,
        last,
        count,
        first,
        ids,
        LabelEncoding.U8,
        new byte[count],
        new byte[4 * count],
        null,
        null,
        List.of(new SliceColumn("country", List.of("DE"), new byte[count])),
        new BatchDigest(sequence, shard),
        new RawMessage("predictions", 0, sequence, null, new byte[0], 0));
  }
}
