package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.PredictionBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What each row of a batch weighs, and how likely it was to be in the sample.
 *
 * @param weights the rows' own; null: 1 each
 * @param rates inclusion probabilities; 1 each for a full set
 */
record RowWeights(double[] weights, double[] rates) {

  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);

  /** Null where every row stands for itself. */
  static RowWeights of(PredictionBatch batch) {
    if (batch.weights() == null && batch.plan() == null) {
      return null;
    }
    return new RowWeights(batch.weights() == null ? null : weights(batch.weights()), rates(batch));
  }

  private static double[] weights(byte[] column) {
    double[] weights = new double[column.length / 4];
    for (int row = 0; row < weights.length; row++) {
      weights[row] = (float) FLOATS.get(column, 4 * row);
    }
    return weights;
  }

  private static double[] rates(PredictionBatch batch) {
    double[] rates = new double[batch.count()];
    if (batch.plan() == null) {
      Arrays.fill(rates, 1);
      return rates;
    }
    double[] byStratum = batch.plan().strata().stream().mapToDouble(s -> s.rate()).toArray();
    for (int row = 0; row < rates.length; row++) {
      rates[row] = byStratum[batch.strata()[row] & 0xFF];
    }
    return rates;
  }
}
