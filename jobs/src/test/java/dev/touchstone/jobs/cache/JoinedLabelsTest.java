package dev.touchstone.jobs.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.ledger.PredictionLedger;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.LedgerInput;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.Updates;
import dev.touchstone.jobs.testing.WireBatches;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels that came alone, joined to cached rows step by step. */
class JoinedLabelsTest {

  private static final int ROWS = 1_000;
  private static final int SEGMENTS = 10;

  @TempDir Path root;

  private final WireBatches rows = WireBatches.random(5, ROWS).with("country", 3);
  private EngineSettings settings;
  private long now = 1;
  private KeyedOneInputStreamOperatorTestHarness<String, LedgerInput, LedgerUpdate> ledger;
  private KeyedOneInputStreamOperatorTestHarness<String, LedgerUpdate, SetManifest> cache;

  @BeforeEach
  void open() throws Exception {
    settings =
        EngineSettings.from(
            SettingsSource.empty()
                .with("cache.directory", root.toUri().toString())
                .with("cache.segment_rows", ROWS / SEGMENTS));
    OutputTag<DeadLetter> conflicts = new OutputTag<>("conflicts") {};
    ledger =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new KeyedProcessOperator<>(new PredictionLedger(settings.ledger(), conflicts, true)),
            LedgerInput::setKey,
            Types.STRING);
    ledger.open();
    cache = cacheWriter();
    cache.open();
  }

  private KeyedOneInputStreamOperatorTestHarness<String, LedgerUpdate, SetManifest> cacheWriter()
      throws Exception {
    var harness =
        new KeyedOneInputStreamOperatorTestHarness<String, LedgerUpdate, SetManifest>(
            new KeyedProcessOperator<>(new CacheWriter(settings.cache(), settings.ledger())),
            LedgerUpdate::setKey,
            Types.STRING);
    harness.setProcessingTime(now);
    return harness;
  }

  @AfterEach
  void close() throws Exception {
    ledger.close();
    cache.close();
  }

  @Test
  void oneSegmentIsWrittenAStepAndARestartGoesOnFromThere() throws Exception {
    feed(WireBatches.withoutLabels(rows.batches(50, 1)));
    feed(rows.labels(300, 2, 0));
    assertThat(files()).isEqualTo(SEGMENTS);
    for (int done = 1; done <= 4; done++) {
      step();
      assertThat(files()).isEqualTo(SEGMENTS + done);
    }
    OperatorSubtaskState snapshot = cache.snapshot(1, 1);
    step(); // what is done after the Flink checkpoint is done again
    cache.close();
    cache = cacheWriter();
    cache.initializeState(snapshot);
    cache.open();
    for (int done = 5; done <= SEGMENTS; done++) {
      assertThat(manifests()).noneMatch(m -> m.status().state() == SetState.COMPLETE);
      step();
    }
    assertThat(files()).isEqualTo(2 * SEGMENTS + 1); // with the manifest
    SetManifest manifest = lastManifest();
    assertThat(manifest.status().state()).isEqualTo(SetState.COMPLETE);
    assertThat(manifest.status().unlabelled()).isFalse();
    assertThat(manifest.segments()).hasSize(SEGMENTS);
    assertLabels(manifest, rows.labels);
    assertSound();
  }

  @Test
  void aCorrectionRewritesTheSegmentsThatItTouchesAndNoOther() throws Exception {
    feed(rows.batches(50, 1));
    List<Segment> before = lastManifest().segments();
    byte[] expected = rows.labels.clone();
    expected[5] ^= 1;
    expected[999] ^= 1;
    feed(
        rows.labels(
            new long[] {5, 999, 123_456, -1},
            new byte[] {expected[5], expected[999], 1, 0},
            0,
            1,
            0,
            true,
            1));
    settle();
    SetManifest manifest = lastManifest();
    assertThat(manifest.status().revision()).isEqualTo(1);
    assertThat(manifest.status().unknownLabels()).isEqualTo(2);
    assertThat(manifest.segments().subList(1, SEGMENTS - 1))
        .isEqualTo(before.subList(1, SEGMENTS - 1));
    assertThat(manifest.segments().get(0)).isNotEqualTo(before.get(0));
    assertThat(manifest.segments().get(SEGMENTS - 1)).isNotEqualTo(before.get(SEGMENTS - 1));
    assertThat(root.resolve(manifest.setKey()).resolve(before.get(0).file())).exists();
    assertLabels(manifest, expected);
    assertSound();
  }

  @Test
  void firstLabelsMustCoverEveryRowAndALaterRevisionMayBringTheRest() throws Exception {
    feed(WireBatches.withoutLabels(rows.batches(50, 1)));
    feed(rows.labels(400, 1, 0).get(0));
    long[] rest = new long[600];
    byte[] labels = new byte[600];
    for (int i = 0; i < rest.length; i++) {
      rest[i] = 400 + i;
      labels[i] = rows.labels[400 + i];
    }
    feed(rows.labels(new long[] {400}, new byte[] {labels[0]}, 0, 1, 1, true, 0));
    settle();
    assertThat(lastManifest().status().state()).isEqualTo(SetState.RECEIVING);
    assertThat(lastManifest().status().reason()).isEqualTo("labels of 401 of 1000 rows");
    feed(rows.labels(rest, labels, 0, 1, 0, true, 1));
    settle();
    assertThat(lastManifest().status().state()).isEqualTo(SetState.COMPLETE);
    assertThat(lastManifest().status().revision()).isEqualTo(1);
    assertThat(lastManifest().status().unknownLabels()).isZero();
    assertLabels(lastManifest(), rows.labels);
    assertSound();
  }

  @Test
  void ofTwoLabelsInOneRevisionThatOfTheLowerShardAndSequenceCounts() throws Exception {
    byte one = (byte) (rows.labels[0] ^ 1);
    byte other = rows.labels[0];
    List<dev.touchstone.schemas.avro.PredictionBatch> both =
        List.of(
            rows.labels(new long[] {0}, new byte[] {other}, 1, 2, 0, true, 1),
            rows.labels(new long[] {0}, new byte[] {one}, 0, 2, 0, true, 1));
    feed(rows.batches(50, 1));
    feed(both);
    settle();
    byte[] expected = rows.labels.clone();
    expected[0] = one;
    assertLabels(lastManifest(), expected);
  }

  @Test
  void aDamagedSegmentStopsTheCorrectionAndWhatWasPublishedStays() throws Exception {
    feed(rows.batches(50, 1));
    SetManifest before = lastManifest();
    Files.delete(root.resolve(before.setKey()).resolve(before.segments().get(3).file()));
    feed(rows.labels(1_000, 1, 1));
    settle();
    SetManifest after = lastManifest();
    assertThat(after.segments()).isEqualTo(before.segments());
    assertThat(after.status().state()).isEqualTo(SetState.COMPLETE);
    assertThat(after.status().revision()).isZero();
    assertThat(after.status().reason())
        .startsWith("label revision 1 can't be joined: cached segment " + before.setKey())
        .contains(before.segments().get(3).file() + ": the file is missing");
  }

  private void feed(List<dev.touchstone.schemas.avro.PredictionBatch> batches) throws Exception {
    for (var batch : batches) {
      feed(batch);
    }
  }

  private void feed(dev.touchstone.schemas.avro.PredictionBatch wire) throws Exception {
    LedgerInput decoded = Updates.decoded(rows, wire);
    int before = ledger.extractOutputValues().size();
    ledger.processElement(decoded, 0);
    List<LedgerUpdate> updates = ledger.extractOutputValues();
    for (LedgerUpdate update : updates.subList(before, updates.size())) {
      cache.processElement(update, 0);
    }
  }

  private void step() throws Exception {
    cache.setProcessingTime(++now);
  }

  private void settle() throws Exception {
    for (int i = 0; i < 3 * SEGMENTS; i++) {
      step();
    }
  }

  private long files() throws Exception {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(Files::isRegularFile).count();
    }
  }

  private List<SetManifest> manifests() {
    return cache.extractOutputValues();
  }

  private SetManifest lastManifest() {
    return manifests().get(manifests().size() - 1);
  }

  /** What is in the cache has these labels, and sums that are those of a set sent with them. */
  private void assertLabels(SetManifest manifest, byte[] expected) throws Exception {
    CacheLayout layout = new CacheLayout(root.toUri().toString());
    byte[] labels = new byte[ROWS];
    List<Long> seen = new ArrayList<>();
    long digest = 0;
    for (Segment segment : manifest.segments()) {
      for (PredictionBatch batch : SegmentRows.read(layout, manifest.status(), segment)) {
        for (int row = 0; row < batch.count(); row++) {
          seen.add(RowDigest.id(batch, row));
          labels[(int) RowDigest.id(batch, row)] = batch.labels()[row];
        }
        digest += RowDigest.of(batch);
      }
    }
    assertThat(seen).hasSize(ROWS).doesNotHaveDuplicates();
    assertThat(labels).isEqualTo(expected);
    long positives = 0;
    for (byte label : expected) {
      positives += label;
    }
    assertThat(manifest.status().positives()).isEqualTo(positives);
    assertThat(manifest.status().rowDigest()).isEqualTo(digest);
  }

  private void assertSound() throws Exception {
    CacheDirectory directory = new CacheDirectory(root.toUri().toString());
    CachedSet set = directory.sets().get(0);
    directory.verify(set, damage -> assertThat(damage).isNull());
    assertThat(set.manifest().status().revision()).isEqualTo(lastManifest().status().revision());
  }
}
