package dev.touchstone.jobs.ledger;

import dev.touchstone.jobs.model.PredictionBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A 64-bit digest of a set of rows: the sum, modulo 2⁶⁴, of a hash of each (id, label, scores,
 * weight). The same whatever the order of arrival and however rows are cut into batches. Guards
 * against mistakes, not against an adversary.
 */
final class RowDigest {

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private RowDigest() {}

  static long of(PredictionBatch batch) {
    int count = batch.count();
    if (count == 0) {
      return 0;
    }
    int scoresPerRow = batch.scores().length / 4 / count;
    int labelBytes = batch.labels().length / count;
    long sum = 0;
    for (int row = 0; row < count; row++) {
      long id =
          batch.exampleIds() == null
              ? batch.firstExampleId() + row
              : (long) LONGS.get(batch.exampleIds(), 8 * row);
      long hash = mix(id + GOLDEN);
      for (int i = row * labelBytes; i < (row + 1) * labelBytes; i++) {
        hash = mix(hash + batch.labels()[i]);
      }
      for (int i = 0; i < scoresPerRow; i++) {
        hash = mix(hash + (int) INTS.get(batch.scores(), 4 * (row * scoresPerRow + i)));
      }
      if (batch.weights() != null) {
        hash = mix(hash + (int) INTS.get(batch.weights(), 4 * row));
      }
      sum += hash;
    }
    return sum;
  }

  /** SplitMix64's finalizer (Steele, Lea and Flood 2014). */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
