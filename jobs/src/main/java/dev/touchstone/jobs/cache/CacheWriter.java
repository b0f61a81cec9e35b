package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.settings.EngineSettings.CacheSettings;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Accepted batches → segments; when the set is complete, its manifest. Keyed by set key.
 *
 * <p>Rows wait in Flink state until they fill a segment, so a restart finds each row either in the
 * state or in a segment that the state lists. Segments are named by their content and never
 * changed: after a restart rows may arrive in another order and end in other files, but a manifest
 * that was published stays true. Files that no manifest lists are left-overs of such restarts.
 */
public final class CacheWriter extends KeyedProcessFunction<String, LedgerUpdate, SetManifest> {

  private static final long serialVersionUID = 1L;

  private final CacheSettings settings;
  private final LedgerSettings ledger;
  private transient CacheLayout layout;
  private transient ListState<PredictionBatch> waiting;
  private transient ValueState<Long> waitingRows;
  private transient ListState<Segment> segments;
  private transient ValueState<Long> publishAt;
  private transient ValueState<SetManifest> unpublished;

  public CacheWriter(CacheSettings settings, LedgerSettings ledger) {
    this.settings = settings;
    this.ledger = ledger;
  }

  @Override
  public void open(OpenContext context) {
    layout = new CacheLayout(settings.directory());
    var waitingState = new ListStateDescriptor<>("waiting", Types.POJO(PredictionBatch.class));
    var rowsState = new ValueStateDescriptor<>("waitingRows", Types.LONG);
    var segmentState = new ListStateDescriptor<>("segments", Types.POJO(Segment.class));
    waitingState.enableTimeToLive(ledger.retention());
    rowsState.enableTimeToLive(ledger.retention());
    segmentState.enableTimeToLive(ledger.retention());
    waiting = getRuntimeContext().getListState(waitingState);
    waitingRows = getRuntimeContext().getState(rowsState);
    segments = getRuntimeContext().getListState(segmentState);
    publishAt = getRuntimeContext().getState(new ValueStateDescriptor<>("publishAt", Types.LONG));
    unpublished =
        getRuntimeContext()
            .getState(new ValueStateDescriptor<>("unpublished", Types.POJO(SetManifest.class)));
  }

  @Override
  public void processElement(LedgerUpdate update, Context context, Collector<SetManifest> out)
      throws Exception {
    if (update.batch() != null && update.batch().count() > 0) {
      waiting.add(update.batch());
      long rows = update.batch().count() + (waitingRows.value() == null ? 0 : waitingRows.value());
      waitingRows.update(rows);
      if (rows >= settings.segmentRows()) {
        flush();
      }
    }
    if (update.status().state() != SetState.RECEIVING) {
      publishFinal(update, out);
    } else {
      publishLater(update, context);
    }
  }

  private void publishFinal(LedgerUpdate update, Collector<SetManifest> out) throws Exception {
    unpublished.clear();
    boolean complete = update.status().state() == SetState.COMPLETE;
    if (complete) {
      flush();
    }
    SetManifest manifest = new SetManifest(update.status(), complete ? written() : List.of());
    if (complete) {
      ManifestFile.write(layout, manifest);
    }
    out.collect(manifest);
  }

  /** Progress goes out at intervals: it is for people. */
  private void publishLater(LedgerUpdate update, Context context) throws IOException {
    unpublished.update(new SetManifest(update.status(), List.of()));
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
    waiting.clear();
    waitingRows.clear();
  }

  private List<Segment> written() throws Exception {
    List<Segment> all = new ArrayList<>();
    segments.get().forEach(all::add);
    return all;
  }
}
