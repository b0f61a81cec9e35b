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
   * Folds the rows of a batch into each of their slices.
   *
   * @param weights null where every row stands for itself
   */
  void fold(PredictionBatch batch, RowWeights weights) throws Exception {
    if (batch.slices().isEmpty() || settings.maxSlices() == 0) {
      return;
    }
    Set<String> known = new HashSet<>();
    state.keys().forEach(known::add);
    for (SliceColumn column : batch.slices()) {
      sorted.sort(column.codes(), batch.scores(), batch.labels(), weights);
      for (int code = 0; code < column.dictionary().size(); code++) {
        if (sorted.from(code) == sorted.to(code)) {
          continue;
        }
        String slice = column.name() + "=" + column.dictionary().get(code);
        if (known.size() < settings.maxSlices() || known.contains(slice)) {
          known.add(slice);
          fold(slice, code, weights != null);
        }
      }
    }
  }

  private void fold(String slice, int code, boolean weighted) throws Exception {
    BinaryProxy found = state.get(slice);
    BinaryProxy proxy = found == null ? BinaryProxy.coarse(settings.decisionThreshold()) : found;
    int from = sorted.from(code);
    int count = sorted.to(code) - from;
    if (weighted) {
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
    } else {
      proxy.accept(sorted.scores(), 4 * from, sorted.labels(), from, count);
    }
    state.put(slice, proxy);
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
