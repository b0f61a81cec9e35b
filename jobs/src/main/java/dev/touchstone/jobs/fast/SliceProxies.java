package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.settings.EngineSettings.FastSettings;
import dev.touchstone.metrics.binary.BinaryProxy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.api.common.state.MapState;

/**
 * The coarse proxies of a prediction set's slices, {@code column=value}: of the first {@code
 * fast.max_slices} that arrive. Crosses and the others are for the full tier.
 */
final class SliceProxies {

  private final FastSettings settings;
  private final MapState<String, BinaryProxy> state;
  private final SliceRows sorted = new SliceRows();
  private final BinaryProxy unread; // where rows of slices without a proxy go

  SliceProxies(FastSettings settings, MapState<String, BinaryProxy> state) {
    this.settings = settings;
    this.state = state;
    unread = BinaryProxy.coarse(settings.decisionThreshold());
  }

  /**
   * Folds the rows of a batch into each of their slices, and into the proxy of all rows.
   *
   * @param weights null where every row stands for itself
   */
  void fold(PredictionBatch batch, RowWeights weights, BinaryProxy all) throws Exception {
    boolean together = weights == null && settings.maxSlices() > 0 && !batch.slices().isEmpty();
    if (weights != null) {
      all.acceptSample(
          batch.scores(),
          0,
          batch.labels(),
          0,
          weights.weights(),
          0,
          weights.rates(),
          0,
          batch.count());
    } else if (!together) {
      all.accept(batch.scores(), 0, batch.labels(), 0, batch.count());
    }
    if (settings.maxSlices() == 0) {
      return;
    }
    Set<String> known = new HashSet<>();
    state.keys().forEach(known::add);
    for (int i = 0; i < batch.slices().size(); i++) {
      if (weights == null) {
        // every row has one value in the first column
        fold(batch, batch.slices().get(i), known, i == 0 ? all : null);
      } else {
        foldSample(batch, batch.slices().get(i), known, weights);
      }
    }
  }

  private void fold(PredictionBatch batch, SliceColumn column, Set<String> known, BinaryProxy all)
      throws Exception {
    Map<String, BinaryProxy> used = new HashMap<>();
    BinaryProxy.acceptSlices(
        all,
        code -> {
          String slice = name(column, code);
          if (!wanted(slice, known)) {
            return unread;
          }
          BinaryProxy proxy = get(slice);
          used.put(slice, proxy);
          return proxy;
        },
        batch.scores(),
        batch.labels(),
        column.codes(),
        batch.count());
    for (Map.Entry<String, BinaryProxy> slice : used.entrySet()) {
      state.put(slice.getKey(), slice.getValue());
    }
  }

  private static String name(SliceColumn column, int code) {
    return column.name() + "=" + column.dictionary().get(code);
  }

  /** The first that arrive. */
  private boolean wanted(String slice, Set<String> known) {
    return known.contains(slice) || known.size() < settings.maxSlices() && known.add(slice);
  }

  private BinaryProxy get(String slice) {
    try {
      BinaryProxy found = state.get(slice);
      return found == null ? BinaryProxy.coarse(settings.decisionThreshold()) : found;
    } catch (Exception e) {
      throw new IllegalStateException("state of slice " + slice + " can't be read", e);
    }
  }

  private void foldSample(
      PredictionBatch batch, SliceColumn column, Set<String> known, RowWeights weights)
      throws Exception {
    sorted.sort(column.codes(), batch.scores(), batch.labels(), weights);
    for (int code = 0; code < column.dictionary().size(); code++) {
      int from = sorted.from(code);
      int count = sorted.to(code) - from;
      String slice = name(column, code);
      if (count == 0 || !wanted(slice, known)) {
        continue;
      }
      BinaryProxy proxy = get(slice);
      proxy.acceptSample(
          sorted.scores(),
          4 * from,
          sorted.labels(),
          from,
          sorted.weights(),
          from,
          sorted.rates(),
          from,
          count);
      state.put(slice, proxy);
    }
  }

  /** By name of slice, in its order. */
  Map<String, BinaryProxy.Result> results() throws Exception {
    Map<String, BinaryProxy.Result> results = new TreeMap<>();
    for (Map.Entry<String, BinaryProxy> slice : state.entries()) {
      results.put(slice.getKey(), slice.getValue().result());
    }
    return results;
  }

  void clear() {
    state.clear();
  }
}
