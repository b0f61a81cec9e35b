package dev.touchstone.jobs.fast;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryProxy;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the scores lie, coarse enough to publish: the share of all rows, by weight, in each
 * twentieth of [0, 1] and in the two rests. Empty twentieths are left out.
 */
final class ScoreHistogram {

  static final String METRIC = "score_share";
  private static final int BINS = 20;

  private ScoreHistogram() {}

  /** Score range, written {@code score=[0.05,0.10)}, to its share. */
  static Map<String, MetricValue> of(BinaryProxy.Result result) {
    double total = result.weightTotal();
    Map<String, Double> weights = new TreeMap<>();
    if (total > 0) {
      for (BinaryProxy.Bin bin : result.histogram()) {
        weights.merge(range(bin.from()), bin.positives() + bin.negatives(), Double::sum);
      }
    }
    Map<String, MetricValue> shares = new TreeMap<>();
    weights.forEach(
        (range, weight) ->
            shares.put(range, MetricValue.defined(METRIC, weight / total, "descriptive")));
    return shares;
  }

  private static String range(double score) {
    if (score < 0) {
      return "score<0";
    }
    if (score > 1) {
      return "score>1";
    }
    int bin = Math.min(BINS - 1, (int) (score * BINS));
    return String.format(
        Locale.ROOT,
        "score=[%.2f,%.2f%s",
        bin / (double) BINS,
        (bin + 1) / (double) BINS,
        bin == BINS - 1 ? "]" : ")");
  }
}
