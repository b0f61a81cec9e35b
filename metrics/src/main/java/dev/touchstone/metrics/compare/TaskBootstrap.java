package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.Poisson;
import dev.touchstone.metrics.SplitMix64;
import dev.touchstone.metrics.binary.BinaryBootstrap;
import dev.touchstone.metrics.sampling.RowOrder;
import dev.touchstone.metrics.shared.Weighting;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The Poisson bootstrap of the main metrics of a multiclass, multilabel or regression task: in a
 * replicate a row weighs its weight times a Poisson(1) number, drawn by the seed and its example's
 * id. Rows are taken in the order of their ids, so the order in which they came changes nothing.
 *
 * <p>A draw a row and replicate; memory: some numbers a replicate.
 */
public final class TaskBootstrap {
  private TaskBootstrap() {}

  /**
   * Spreads by metric: accuracy, log_loss and brier; subset_accuracy, hamming_loss and micro_f1; or
   * mae, mse and rmse. A metric of which a row has no figure (a NaN score, scores that are no
   * probabilities) has no replicates either. No interval is bias-corrected.
   *
   * @throws IllegalArgumentException for a stratified bootstrap, which is of the binary task
   */
  public static Map<String, BinaryBootstrap.Spread> of(
      TaskRows rows, BinaryBootstrap.Options options) {
    if (options.stratified()) {
      throw new IllegalArgumentException("stratified must be false for tasks other than binary");
    }
    int count = options.replicates();
    int figures = rows.figures.length;
    double[] totals = new double[count];
    double[][] sums = new double[figures][count];
    double[] draws = new double[count];
    var one = Poisson.of(1);
    var order = RowOrder.ascending(Arrays.copyOf(rows.ids, rows.size()));
    for (int place = 0; place < order.size(); place++) {
      int row = order.row(place);
      double units = rows.weights == null ? 1 : Weighting.units(rows.weights[row], row);
      if (units == 0) {
        continue;
      }
      one.fill(draws, SplitMix64.at(options.seed(), order.key(place)), 0);
      for (int i = 0; i < count; i++) {
        totals[i] += units * draws[i];
      }
      for (int figure = 0; figure < figures; figure++) {
        double value = units * rows.figures[figure][row];
        for (int i = 0; i < count; i++) {
          sums[figure][i] += value * draws[i];
        }
      }
    }
    return spreads(rows.kind, totals, sums, options);
  }

  private static Map<String, BinaryBootstrap.Spread> spreads(
      TaskRows.Kind kind, double[] totals, double[][] sums, BinaryBootstrap.Options options) {
    var values = new LinkedHashMap<String, double[]>();
    switch (kind) {
      case MULTICLASS -> {
        values.put("accuracy", ratios(1, sums[0], totals));
        values.put("log_loss", ratios(1, sums[1], totals));
        values.put("brier", ratios(1, sums[2], totals));
      }
      case MULTILABEL -> {
        values.put("subset_accuracy", ratios(1, sums[0], totals));
        values.put("hamming_loss", ratios(1, sums[1], totals));
        values.put("micro_f1", ratios(2, sums[2], sums[3]));
      }
      default -> {
        values.put("mae", ratios(1, sums[0], totals));
        double[] squares = ratios(1, sums[1], totals);
        values.put("mse", squares);
        values.put("rmse", Arrays.stream(squares).map(Math::sqrt).toArray());
      }
    }
    var spreads = new LinkedHashMap<String, BinaryBootstrap.Spread>();
    values.forEach((name, some) -> spreads.put(name, BinaryBootstrap.spread(some, options)));
    return spreads;
  }

  /** 0 / 0 is NaN: such a replicate is dropped. */
  private static double[] ratios(double factor, double[] above, double[] below) {
    double[] ratios = new double[above.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = factor * above[i] / below[i];
    }
    return ratios;
  }
}
