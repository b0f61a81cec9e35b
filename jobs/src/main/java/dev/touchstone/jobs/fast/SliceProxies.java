package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.settings.EngineSettings.FastSettings;
import dev.touchstone.metrics.binary.BinaryProxy;
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

  SliceProxies(FastSettings settings, MapState<String, BinaryProxy> state) {
    this.settings = settings;
    this.state = state;
  }

  /**
   * Folds the rows of a batch into each of their slices, and into the proxy of all rows.
   *
   * @param weights null where every row stands for itself
   */
  void fold(PredictionBatch batch, RowWeights weights, BinaryProxy all) throws Exception {
    boolean together = weights == null && settings.maxSlices() > 0 && !batch.slices().isEmpty();
    if (!together) {
      if (weights == null) {
        all.accept(batch.scores(), 0, batch.labels(), 0, batch.count());
      } else {
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
      }
    }
    if (settings.maxSlices() == 0) {
      return;
    }
    Set<String> known = new HashSet<>();
    state.keys().forEach(known::add);
    for (int i = 0; i < batch.slices().size(); i++) {
      SliceColumn column = batch.slices().get(i);
      sorted.sort(column.codes(), batch.scores(), batch.labels(), weights);
      // every row has one value in the first column
      fold(column, known, weights != null, together && i == 0 ? all : null);
    }
  }

  private void fold(SliceColumn column, Set<String> known, boolean weighted, BinaryProxy all)
      throws Exception {
    for (int code = 0; code < column.dictionary().size(); code++) {
      int from = sorted.from(code);
      int count = sorted.to(code) - from;
      if (count == 0) {
        continue;
      }
      String slice = column.name() + "=" + column.dictionary().get(code);
      if (known.size() < settings.maxSlices() || known.contains(slice)) {
        known.add(slice);
        BinaryProxy found = state.get(slice);
        BinaryProxy proxy =
            found == null ? BinaryProxy.coarse(settings.decisionThreshold()) : found;
        fold(proxy, from, count, weighted, all);
        state.put(slice, proxy);
      } else if (all != null) {
        all.accept(sorted.scores(), 4 * from, sorted.labels(), from, count);
      }
    }
  }

  private void fold(BinaryProxy proxy, int from, int count, boolean weighted, BinaryProxy all) {
    byte[] scores = sorted.scores();
    byte[] labels = sorted.labels();
    if (all != null) {
      proxy.acceptSlice(all, scores, 4 * from, labels, from, count);
    } else if (!weighted) {
      proxy.accept(scores, 4 * from, labels, from, count);
    } else {
      proxy.acceptSample(
          scores, 4 * from, labels, from, sorted.weights(), from, sorted.rates(), from, count);
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
