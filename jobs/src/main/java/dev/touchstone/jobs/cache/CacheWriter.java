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
import org.apache.flink.streaming.api.TimerService;
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
 * <p>Labels that came alone are joined by {@link LateLabels}, a step a timer; the manifest with the
 * new segments says so by its revision. The files before stay as left-overs, since an evaluation
 * may be reading them.
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
  private transient ValueState<Labelling> labelling;
  private transient ValueState<Long> joinAt;
  private transient LateLabels labels;

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
    openLabels();
  }

  private void openLabels() {
    var labelState = new ListStateDescriptor<>("labels", Types.POJO(PredictionBatch.class));
    var rewrittenState = new ListStateDescriptor<>("rewritten", Types.POJO(Segment.class));
    labelState.enableTimeToLive(ledger.retention());
    rewrittenState.enableTimeToLive(ledger.retention());
    labelling = value("labelling", Types.POJO(Labelling.class));
    joinAt = getRuntimeContext().getState(new ValueStateDescriptor<>("joinAt", Types.LONG));
    labels =
        new LateLabels(
            layout,
            getRuntimeContext().getListState(labelState),
            getRuntimeContext().getListState(rewrittenState),
            labelling);
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
      forget(update.setKey());
      return;
    }
    boolean labelsAlone = update.batch() != null && update.batch().bringsLabelsAlone();
    Labelling late = heed(update, labelsAlone);
    if (labelsAlone) {
      labels.add(update.batch());
    } else if (update.batch() != null && update.batch().count() > 0) {
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
      case RECEIVING -> {
        // before any row there is nothing to tell; and the cache may hold a set that the ledger
        // forgot
        if (update.status().rows() > 0 || update.batch() != null && !labelsAlone) {
          publishLater(update.status(), context);
        }
      }
      case INCONSISTENT -> publish(new SetManifest(known(update.status()), List.of()), out);
      case COMPLETE -> {
        if (late != null && late.lacksLabels()) {
          publishLater(update.status(), context);
        } else if (!labelsAlone || update.batch().lastOfShard()) {
          // labels on their way are nothing to tell
          publishComplete(update.status(), out);
        }
      }
    }
    if (late != null && late.hasWork()) {
      joinLater(context.timerService());
    }
  }

  /** What is known of labels that come alone; null while there is nothing to know. */
  private Labelling heed(LedgerUpdate update, boolean labelsAlone) throws IOException {
    Labelling late = labelling.value();
    if (late == null && !labelsAlone && !update.status().unlabelled()) {
      return null;
    }
    late = late == null ? new Labelling() : late;
    late.status = update.status();
    late.upTo = update.labelsUpTo();
    labelling.update(late);
    return late;
  }

  /** One step, then Flink goes on with what came meanwhile: a timer of the same time would not. */
  private void joinLater(TimerService timers) throws IOException {
    if (joinAt.value() == null) {
      long at = timers.currentProcessingTime() + 1;
      timers.registerProcessingTimeTimer(at);
      joinAt.update(at);
    }
  }

  private void join(TimerService timers, Collector<SetManifest> out) throws Exception {
    Labelling late = labelling.value();
    if (late == null || !late.hasWork()) {
      return;
    }
    flush();
    try {
      compareRepeats(late.status);
      List<Segment> now = labels.step(late, written(), this::write);
      if (now != null) {
        segments.update(now);
        labelling.update(late);
        tellJoined(late, out);
      }
    } catch (CorruptSegmentException e) {
      labels.forgetTable(late.status.set().setKey());
      late.fail(e.getMessage());
      labelling.update(late);
      tellJoined(late, out);
    }
    labelling.update(late);
    if (late.hasWork()) {
      joinLater(timers);
    }
  }

  private void tellJoined(Labelling late, Collector<SetManifest> out) throws Exception {
    if (late.lacksLabels()) {
      publish(new SetManifest(known(late.status), List.of()), out);
    } else {
      publishComplete(late.status, out);
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
    SetStatus known = status.withConflictingRows(orZero(conflictingRows));
    Labelling late = labelling.value();
    return late == null ? known : late.published(known);
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

  private void forget(String setKey) {
    labels.clear(setKey);
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
  private void publishLater(SetStatus status, Context context) throws IOException {
    unpublished.update(new SetManifest(known(status), List.of()));
    if (publishAt.value() == null) {
      long at = context.timerService().currentProcessingTime() + ledger.progressIntervalMillis();
      context.timerService().registerProcessingTimeTimer(at);
      publishAt.update(at);
    }
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<SetManifest> out)
      throws Exception {
    Long publish = publishAt.value();
    if (publish != null && timestamp >= publish) {
      publishAt.clear();
      SetManifest progress = unpublished.value();
      if (progress != null) {
        unpublished.clear();
        out.collect(progress);
      }
    }
    Long join = joinAt.value();
    if (join != null && timestamp >= join) {
      joinAt.clear();
      join(context.timerService(), out);
    }
  }

  private void flush() throws Exception {
    List<PredictionBatch> batches = new ArrayList<>();
    waiting.get().forEach(batches::add);
    if (batches.isEmpty()) {
      return;
    }
    segments.add(write(batches));
    waiting.clear();
    waitingRows.clear();
  }

  private Segment write(List<PredictionBatch> batches) throws IOException {
    SegmentWriter.Finished finished = SegmentWriter.write(batches);
    String setKey = batches.get(0).set().setKey();
    ImmutableFiles.writeOnce(layout.segment(setKey, finished.segment().file()), finished.content());
    ownFiles.add(finished.segment().file());
    return finished.segment();
  }

  private List<Segment> written() throws Exception {
    List<Segment> all = new ArrayList<>();
    segments.get().forEach(all::add);
    return all;
  }
}
