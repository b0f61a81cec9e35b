package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ValueState;

/**
 * Labels that came alone, until they are joined to the rows of their set: a pass over its segments
 * that writes new ones, in steps so short that Flink checkpoints pass in between. Keyed state: what
 * is done is in it, and only the table of labels is made anew after a restart.
 *
 * <p>A set that came without labels is joined with those of all revisions so far, the latest first,
 * until every row has one; afterwards a revision changes the rows that it names and leaves segments
 * without such rows as they are. Of two labels of an example in one revision that of the lower
 * shard and sequence counts, whatever came first.
 */
final class LateLabels {

  /** About as long as a segment takes. */
  private static final int ROWS_A_STEP = 1 << 22;

  private final CacheLayout layout;
  private final ListState<PredictionBatch> waiting;
  private final ListState<Segment> rewritten;
  private final ValueState<Labelling> labelling;

  /** By set key: tables of revisions that are being joined, made by this process. */
  private final Map<String, Making> tables = new HashMap<>();

  LateLabels(
      CacheLayout layout,
      ListState<PredictionBatch> waiting,
      ListState<Segment> rewritten,
      ValueState<Labelling> labelling) {
    this.layout = layout;
    this.waiting = waiting;
    this.rewritten = rewritten;
    this.labelling = labelling;
  }

  private record Making(int revision, LabelTable table, Iterator<PredictionBatch> left) {

    /** Goes on; true: the table is whole. */
    boolean advance() {
      for (int rows = 0; left.hasNext() && rows < ROWS_A_STEP; ) {
        PredictionBatch batch = left.next();
        table.add(batch);
        rows += batch.count();
      }
      return !left.hasNext();
    }
  }

  void add(PredictionBatch labels) throws Exception {
    if (labels.count() > 0) {
      waiting.add(labels);
    }
  }

  void clear(String setKey) {
    waiting.clear();
    rewritten.clear();
    labelling.clear();
    tables.remove(setKey);
  }

  /**
   * Does one step of joining: some rows into the table, or one segment.
   *
   * @param segments of the set as they are
   * @return null; or, when the pass is over, the segments of the set as they are now
   */
  List<Segment> step(Labelling state, List<Segment> segments, Wrote wrote) throws Exception {
    if (state.target == Labelling.NONE) {
      state.begin();
      rewritten.clear();
    }
    Making making = making(state);
    if (!making.advance()) {
      return null;
    }
    if (state.nextSegment < segments.size()) {
      Segment before = segments.get(state.nextSegment);
      LabelJoin join = LabelJoin.of(SegmentRows.read(layout, state.status, before), making.table());
      state.met(join);
      if (join.found() == 0 && !state.lacksLabels()) {
        rewritten.add(before);
      } else if (state.missing == 0) {
        rewritten.add(wrote.write(join.rows()));
      }
    }
    if (state.nextSegment < segments.size()) {
      return null;
    }
    List<Segment> after = segments;
    if (state.missing > 0) {
      state.endWithout();
    } else {
      after = new ArrayList<>();
      for (Segment segment : rewritten.get()) {
        after.add(segment);
      }
      state.end(making.table().size());
      keepLater(state.applied);
    }
    rewritten.clear();
    tables.remove(state.status.set().setKey());
    return after;
  }

  /** Writes the rows of a segment. */
  interface Wrote {
    Segment write(List<PredictionBatch> rows) throws IOException;
  }

  void forgetTable(String setKey) {
    tables.remove(setKey);
  }

  private Making making(Labelling state) throws Exception {
    String setKey = state.status.set().setKey();
    Making known = tables.get(setKey);
    if (known != null && known.revision() == state.target) {
      return known;
    }
    List<PredictionBatch> labels = new ArrayList<>();
    for (PredictionBatch batch : waiting.get()) {
      if (batch.labelRevision() <= state.target) {
        labels.add(batch);
      }
    }
    labels.sort(
        Comparator.comparingInt(PredictionBatch::labelRevision)
            .reversed()
            .thenComparingInt(PredictionBatch::shard)
            .thenComparingLong(PredictionBatch::sequence));
    Task task = state.status.set().task();
    LabelTable table =
        new LabelTable(task, task == Task.MULTILABEL ? state.status.set().outputs() : 1);
    Making making = new Making(state.target, table, labels.iterator());
    tables.put(setKey, making);
    return making;
  }

  private void keepLater(int applied) throws Exception {
    List<PredictionBatch> later = new ArrayList<>();
    for (PredictionBatch batch : waiting.get()) {
      if (batch.labelRevision() > applied) {
        later.add(batch);
      }
    }
    waiting.update(later);
  }
}
