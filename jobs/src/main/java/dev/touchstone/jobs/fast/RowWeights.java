package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.PredictionBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** How many examples of the whole set each row of a batch stands for. */
final class RowWeights {

  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);

  private RowWeights() {}

  /**
   * Horvitz and Thompson's weight of each row: its own weight over its stratum's inclusion
   * probability. Null where every row stands for itself.
   */
  static double[] of(PredictionBatch batch) {
    if (batch.weights() == null && batch.plan() == null) {
      return null;
    }
    double[] expansion = new double[0];
    if (batch.plan() != null) {
      expansion = batch.plan().strata().stream().mapToDouble(s -> 1 / s.rate()).toArray();
    }
    double[] weights = new double[batch.count()];
    for (int row = 0; row < weights.length; row++) {
      double weight = batch.weights() == null ? 1 : (float) FLOATS.get(batch.weights(), 4 * row);
      weights[row] = batch.plan() == null ? weight : weight * expansion[batch.strata()[row] & 0xFF];
    }
    return weights;
  }
}
