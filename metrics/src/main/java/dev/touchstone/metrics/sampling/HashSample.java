package dev.touchstone.metrics.sampling;

import dev.touchstone.metrics.shared.StateReader;
import dev.touchstone.metrics.shared.StateWriter;
import java.util.Arrays;

/**
 * Rows of a stratified sample, of a fixed number at most: those whose ids come first in {@link
 * HashOrder}. The same examples at every model checkpoint, so that differences are paired; and of
 * every stratum the same share in expectation, so that what is kept is a stratified sample itself,
 * of the same strata at lower rates.
 *
 * <p>The order has nothing to do with the hash that a plan samples by, whose salt the wire does not
 * carry. Mergeable: any order and partition of the rows give the same bytes. An id that is given
 * twice is taken twice: deduplicate first. 14 bytes a row. Not thread-safe.
 */
public final class HashSample {
  private static final int KIND = 'H';
  private static final int VERSION = 1;

  /** The most rows that can be asked for. */
  public static final int MOST_ROWS = 1 << 24;

  private final int capacity;
  private long[] ids;
  private float[] scores;
  private byte[] labels;
  private byte[] strata;
  private int size;
  private long seen;
  private boolean full; // rows at or beyond the limit can be passed over
  private long limit; // unsigned

  private HashSample(int capacity, int room) {
    if (capacity < 1 || capacity > MOST_ROWS) {
      throw new IllegalArgumentException("rows must be in [1, " + MOST_ROWS + "], got " + capacity);
    }
    this.capacity = capacity;
    ids = new long[room];
    scores = new float[room];
    labels = new byte[room];
    strata = new byte[room];
  }

  /** Nothing yet; keeps so many rows. */
  public static HashSample of(int capacity) {
    return new HashSample(capacity, Math.min(capacity, 256));
  }

  /** Offers a row. */
  public void accept(long id, float score, byte label, byte stratum) {
    seen++;
    if (full && Long.compareUnsigned(HashOrder.key(id), limit) > 0) {
      return;
    }
    put(id, score, label, stratum);
  }

  private void put(long id, float score, byte label, byte stratum) {
    if (size == ids.length) {
      grow();
    }
    ids[size] = id;
    scores[size] = score;
    labels[size] = label;
    strata[size++] = stratum;
  }

  private void grow() {
    int most = capacity + (capacity >> 1) + 1;
    if (size >= most) {
      shrink();
      return;
    }
    int room = Math.min(most, 2 * size);
    ids = Arrays.copyOf(ids, room);
    scores = Arrays.copyOf(scores, room);
    labels = Arrays.copyOf(labels, room);
    strata = Arrays.copyOf(strata, room);
  }

  /** Leaves the first rows of the hash order, in that order. */
  private void shrink() {
    long[] keys = new long[size];
    for (int i = 0; i < size; i++) {
      keys[i] = HashOrder.key(ids[i]);
    }
    var order = RowOrder.ofOwned(keys);
    int kept = Math.min(size, capacity);
    int room = ids.length;
    long[] keptIds = new long[room];
    float[] keptScores = new float[room];
    byte[] keptLabels = new byte[room];
    byte[] keptStrata = new byte[room];
    for (int place = 0; place < kept; place++) {
      int row = order.row(place);
      keptIds[place] = ids[row];
      keptScores[place] = scores[row];
      keptLabels[place] = labels[row];
      keptStrata[place] = strata[row];
    }
    ids = keptIds;
    scores = keptScores;
    labels = keptLabels;
    strata = keptStrata;
    if (kept == capacity) {
      full = true;
      limit = order.key(kept - 1);
    }
    size = kept;
  }

  /** Adds another sample's rows; returns this. Both must keep as many. */
  public HashSample combine(HashSample other) {
    if (other.capacity != capacity) {
      throw new IllegalArgumentException(
          "samples must keep as many rows, got " + capacity + " and " + other.capacity);
    }
    seen += other.seen;
    for (int i = 0; i < other.size; i++) {
      put(other.ids[i], other.scores[i], other.labels[i], other.strata[i]);
    }
    return this;
  }

  /** Rows offered. */
  public long seen() {
    return seen;
  }

  /** Whether every row that was offered is kept. */
  public boolean holdsAll() {
    return seen <= capacity;
  }

  /**
   * What is kept, in hash order.
   *
   * @param ids of the examples
   * @param scores row by row, as the others
   * @param strata codes, unsigned
   */
  public record Rows(long[] ids, float[] scores, byte[] labels, byte[] strata) {}

  /** The rows. */
  public Rows rows() {
    shrink();
    return new Rows(
        Arrays.copyOf(ids, size),
        Arrays.copyOf(scores, size),
        Arrays.copyOf(labels, size),
        Arrays.copyOf(strata, size));
  }

  /** Versioned; equal states give equal bytes. */
  public byte[] toBytes() {
    shrink();
    var out = new StateWriter(KIND, VERSION).writeCount(capacity).writeCount(seen);
    out.writeCount(size);
    for (int i = 0; i < size; i++) {
      out.writeLong(ids[i]);
      int bits = Float.floatToRawIntBits(scores[i]);
      for (int shift = 24; shift >= 0; shift -= 8) {
        out.writeByte(bits >>> shift);
      }
      out.writeByte(labels[i]).writeByte(strata[i]);
    }
    return out.toBytes();
  }

  /** The inverse of {@link #toBytes}; refuses anything else. */
  public static HashSample fromBytes(byte[] bytes) {
    var in = new StateReader("hash sample", bytes, KIND, VERSION);
    int capacity = in.readIndex(MOST_ROWS + 1);
    long seen = in.readCount();
    int size = in.readIndex(capacity + 1);
    var sample = new HashSample(capacity, Math.max(size, 256));
    for (int i = 0; i < size; i++) {
      long id = in.readLong();
      int bits = 0;
      for (int part = 0; part < 4; part++) {
        bits = bits << 8 | in.readByte();
      }
      int label = in.readByte();
      sample.put(id, Float.intBitsToFloat(bits), (byte) label, (byte) in.readByte());
    }
    in.end();
    sample.seen = seen;
    return sample;
  }
}
