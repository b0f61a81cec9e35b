package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.settings.EngineSettings.CacheSettings;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Accepted batches → segments; when the set is complete, its manifest. Keyed by set key.
 *
 * <p>Rows wait in Flink state until they fill a segment, so a restart finds each row either in the
 * state or in a segment that the state lists. Segments are named by their content and never
 * changed: after a restart rows may arrive in another order and end in other files, but a manifest
 * that was published stays true. Files that no manifest lists are left-overs of such restarts.
 *
 * <p>So every segment but a set's last holds at least {@code cache.segment_rows} rows: there is
 * nothing to compact when a set completes.
 */
public final class CacheWriter extends KeyedProcessFunction<String, LedgerUpdate, SetManifest> {

  private static final long serialVersionUID = 1L;

  /** Repeated rows that wait to be compared, at most: 16 MB. */
  private static final int MAX_REPEATS = 1 << 20;

  private final CacheSettings settings;
  private final LedgerSettings ledger;
  private transient CacheLayout layout;
  private transient ListState<PredictionBatch> waiting;
  private transient ValueState<Long> waitingRows;
  private transient ListState<Segment> segments;
  private transient ValueState<Long> publishAt;
  private transient ValueState<SetManifest> unpublished;
  private transient ListState<long[]> repeats;
  private transient ValueState<Long> repeatedRows;
  private transient ValueState<Long> conflictingRows;
  private transient ValueState<Boolean> complete;

  /** Written by this very process, so that nobody need ask whether they are there. */
  private transient Set<String> ownFiles;

  public CacheWriter(CacheSettings settings, LedgerSettings ledger) {
    this.settings = settings;
    this.ledger = ledger;
  }

  @Override
  public void open(OpenContext context) {
    layout = new CacheLayout(settings.directory());
    ownFiles = new HashSet<>();
    var waitingState = new ListStateDescriptor<>("waiting", Types.POJO(PredictionBatch.class));
    var rowsState = new ValueStateDescriptor<>("waitingRows", Types.LONG);
    var segmentState = new ListStateDescriptor<>("segments", Types.POJO(Segment.class));
    waitingState.enableTimeToLive(ledger.retention());
    rowsState.enableTimeToLive(ledger.retention());
    segmentState.enableTimeToLive(ledger.retention());
    waiting = getRuntimeContext().getListState(waitingState);
    waitingRows = getRuntimeContext().getState(rowsState);
    segments = getRuntimeContext().getListState(segmentState);
    var repeatState =
        new ListStateDescriptor<>("repeats", PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO);
    repeatState.enableTimeToLive(ledger.retention());
    repeats = getRuntimeContext().getListState(repeatState);
    repeatedRows = value("repeatedRows", Types.LONG);
    conflictingRows = value("conflictingRows", Types.LONG);
    complete = value("complete", Types.BOOLEAN);
    publishAt = getRuntimeContext().getState(new ValueStateDescriptor<>("publishAt", Types.LONG));
    unpublished =
        getRuntimeContext()
            .getState(new ValueStateDescriptor<>("unpublished", Types.POJO(SetManifest.class)));
  }

  private <T> ValueState<T> value(String name, TypeInformation<T> type) {
    var descriptor = new ValueStateDescriptor<>(name, type);
    descriptor.enableTimeToLive(ledger.retention());
    return getRuntimeContext().getState(descriptor);
  }

  @Override
  public void processElement(LedgerUpdate update, Context context, Collector<SetManifest> out)
      throws Exception {
    if (update.forgotten()) {
      forget();
      return;
    }
    if (update.batch() != null && update.batch().count() > 0) {
      waiting.add(update.batch());
      long rows = update.batch().count() + orZero(waitingRows);
      waitingRows.update(rows);
      if (rows >= settings.segmentRows()) {
        flush();
      }
    }
    if (update.repeats() != null) {
      repeats.add(update.repeats());
      repeatedRows.update(orZero(repeatedRows) + update.repeats().length / 2);
      if (repeatedRows.value() >= MAX_REPEATS) {
        compareRepeats(update.status());
      }
    }
    switch (update.status().state()) {
      case RECEIVING -> publishLater(update, context);
      case INCONSISTENT -> publish(new SetManifest(known(update.status()), List.of()), out);
      case COMPLETE -> publishComplete(update.status(), out);
    }
  }

  private void publishComplete(SetStatus status, Collector<SetManifest> out) throws Exception {
    flush();
    compareRepeats(status);
    SetManifest manifest = new SetManifest(known(status), written());
    if (isThere(manifest)) {
      ManifestFile.write(layout, manifest);
      complete.update(true);
      publish(manifest, out);
    } else {
      publish(manifest.deleted(), out);
    }
  }

  /** Whether nobody has deleted the set meanwhile. */
  private boolean isThere(SetManifest manifest) throws Exception {
    if (complete.value() != null) {
      return ImmutableFiles.exists(layout.manifest(manifest.setKey()));
    }
    for (Segment segment : manifest.segments()) {
      Path file = layout.segment(manifest.setKey(), segment.file());
      if (!ownFiles.contains(segment.file()) && !ImmutableFiles.exists(file)) {
        return false;
      }
    }
    manifest.segments().forEach(segment -> ownFiles.remove(segment.file()));
    return true;
  }

  private void publish(SetManifest manifest, Collector<SetManifest> out) {
    unpublished.clear();
    out.collect(manifest);
  }

  private SetStatus known(SetStatus status) throws IOException {
    return status.withConflictingRows(orZero(conflictingRows));
  }

  /** Holds the repeated rows so far against those that count; a pass over the set's segments. */
  private void compareRepeats(SetStatus status) throws Exception {
    if (orZero(repeatedRows) == 0) {
      return;
    }
    Repeats repeated = new Repeats();
    for (long[] pairs : repeats.get()) {
      repeated.accept(pairs);
    }
    for (Segment segment : written()) {
      for (PredictionBatch batch : SegmentRows.read(layout, status, segment)) {
        repeated.compare(batch);
      }
    }
    for (PredictionBatch batch : waiting.get()) {
      repeated.compare(batch);
    }
    conflictingRows.update(orZero(conflictingRows) + repeated.conflicting());
    repeats.clear();
    repeatedRows.clear();
  }

  private void forget() {
    waiting.clear();
    waitingRows.clear();
    segments.clear();
    repeats.clear();
    repeatedRows.clear();
    conflictingRows.clear();
    complete.clear();
    unpublished.clear();
  }

  private static long orZero(ValueState<Long> state) throws IOException {
    Long value = state.value();
    return value == null ? 0 : value;
  }

  /** Progress goes out at intervals: it is for people. */
  private void publishLater(LedgerUpdate update, Context context) throws IOException {
    unpublished.update(new SetManifest(known(update.status()), List.of()));
    if (publishAt.value() == null) {
      long at = context.timerService().currentProcessingTime() + ledger.progressIntervalMillis();
      context.timerService().registerProcessingTimeTimer(at);
      publishAt.update(at);
    }
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<SetManifest> out)
      throws IOException {
    publishAt.clear();
    SetManifest progress = unpublished.value();
    if (progress != null) {
      unpublished.clear();
      out.collect(progress);
    }
  }

  private void flush() throws Exception {
    List<PredictionBatch> batches = new ArrayList<>();
    waiting.get().forEach(batches::add);
    if (batches.isEmpty()) {
      return;
    }
    SegmentWriter.Finished finished = SegmentWriter.write(batches);
    String setKey = batches.get(0).set().setKey();
    ImmutableFiles.writeOnce(layout.segment(setKey, finished.segment().file()), finished.content());
    segments.add(finished.segment());
    ownFiles.add(finished.segment().file());
    waiting.clear();
    waitingRows.clear();
  }

  private List<Segment> written() throws Exception {
    List<Segment> all = new ArrayList<>();
    segments.get().forEach(all::add);
    return all;
  }
}
