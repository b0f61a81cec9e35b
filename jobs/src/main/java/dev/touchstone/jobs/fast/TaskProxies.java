package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.settings.EngineSettings.FastSettings;
import dev.touchstone.metrics.shared.TaskReport;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.api.common.state.MapState;

/**
 * The proxies of a multiclass, multilabel or regression set and of its first {@code
 * fast.max_slices} slices.
 */
final class TaskProxies {

  /** The name that all rows go under. */
  static final String ALL = "";

  private final FastSettings settings;
  private final MapState<String, TaskProxy> state;

  TaskProxies(FastSettings settings, MapState<String, TaskProxy> state) {
    this.settings = settings;
    this.state = state;
  }

  /** Folds labelled rows into the whole and into each of their slices. */
  void fold(PredictionBatch batch) throws Exception {
    fold(ALL, batch.set(), batch);
    Set<String> known = new HashSet<>();
    state.keys().forEach(known::add);
    for (SliceColumn column : batch.slices()) {
      for (int code = 0; code < column.dictionary().size(); code++) {
        BitSet others = new BitSet();
        for (int row = 0; row < batch.count(); row++) {
          others.set(row, (column.codes()[row] & 0xFF) != code);
        }
        String slice = column.name() + "=" + column.dictionary().get(code);
        if (others.cardinality() < batch.count()
            && (known.size() <= settings.maxSlices() || known.contains(slice))) {
          known.add(slice);
          fold(slice, batch.set(), batch.without(others));
        }
      }
    }
  }

  private void fold(String slice, SetIdentity set, PredictionBatch rows) throws Exception {
    TaskProxy found = state.get(slice);
    TaskProxy proxy = found == null ? TaskProxy.of(set, settings.decisionThreshold()) : found;
    proxy.fold(rows);
    state.put(slice, proxy);
  }

  /** By name of slice, in its order; all rows first. */
  Map<String, TaskReport> results() throws Exception {
    Map<String, TaskReport> results = new TreeMap<>();
    for (Map.Entry<String, TaskProxy> slice : state.entries()) {
      results.put(slice.getKey(), slice.getValue().result());
    }
    return results;
  }

  boolean isEmpty() throws Exception {
    return state.isEmpty();
  }

  void clear() {
    state.clear();
  }
}
