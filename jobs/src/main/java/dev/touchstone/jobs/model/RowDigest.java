package dev.touchstone.jobs.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A 64-bit digest of a set of rows: the sum, modulo 2⁶⁴, of a hash of each (id, labels, scores,
 * weight). The same whatever the order of arrival, however rows are cut into batches and however
 * many bytes a label takes on the wire. Guards against mistakes, not against an adversary.
 */
public final class RowDigest {

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** Odd, so that values that differ stay apart. */
  private static final long FACTOR = 0xD6E8FEB86659FD93L;

  private RowDigest() {}

  /** The digest of all rows of a batch; 0 for none. */
  public static long of(PredictionBatch batch) {
    long sum = 0;
    if (batch.labels().length != batch.count()
        || batch.scores().length != 4 * batch.count()
        || batch.labelEncoding().bytes() != 1
        || batch.weights() != null) {
      for (int row = 0; row < batch.count(); row++) {
        sum += row(batch, row);
      }
      return sum;
    }
    byte[] labels = batch.labels();
    byte[] scores = batch.scores();
    for (int row = 0; row < labels.length; row++) {
      long hash = id(batch, row) * GOLDEN;
      hash = (hash + (labels[row] & 0xFF)) * FACTOR;
      sum += mix(hash + (int) INTS.get(scores, 4 * row));
    }
    return sum;
  }

  /** The hash of one row: equal for the same example with the same content. */
  public static long row(PredictionBatch batch, int row) {
    int count = batch.count();
    int scores = batch.scores().length / 4 / count;
    int labelBytes = batch.labelEncoding().bytes();
    int labels = batch.labels().length / labelBytes / count;
    long hash = id(batch, row) * GOLDEN;
    for (int i = row * labels; i < (row + 1) * labels; i++) {
      int label =
          labelBytes == 1 ? batch.labels()[i] & 0xFF : (int) INTS.get(batch.labels(), 4 * i);
      hash = (hash + label) * FACTOR;
    }
    int last = (row + 1) * scores - 1;
    for (int i = row * scores; i < last; i++) {
      hash = (hash + (int) INTS.get(batch.scores(), 4 * i)) * FACTOR;
    }
    hash += (int) INTS.get(batch.scores(), 4 * last);
    return batch.weights() == null
        ? mix(hash)
        : mix(mix(hash) + (int) INTS.get(batch.weights(), 4 * row));
  }

  /** The example id of one row. */
  public static long id(PredictionBatch batch, int row) {
    return batch.exampleIds() == null
        ? batch.firstExampleId() + row
        : (long) LONGS.get(batch.exampleIds(), 8 * row);
  }

  /** SplitMix64's finalizer (Steele, Lea and Flood 2014). */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
