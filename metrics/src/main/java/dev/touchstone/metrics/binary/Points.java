package dev.touchstone.metrics.binary;

import java.util.Arrays;

/** A growing list of (threshold key, TP, FP). */
final class Points {
  private long[] values = new long[48];
  private int size;

  void add(long key, long tp, long fp) {
    if (3 * size + 3 > values.length) {
      values = Arrays.copyOf(values, 2 * values.length);
    }
    values[3 * size] = key;
    values[3 * size + 1] = tp;
    values[3 * size + 2] = fp;
    size++;
  }

  void addAll(Points other) {
    for (int i = 0; i < other.size; i++) {
      add(other.key(i), other.tp(i), other.fp(i));
    }
  }

  int size() {
    return size;
  }

  long key(int i) {
    return values[3 * i];
  }

  long tp(int i) {
    return values[3 * i + 1];
  }

  long fp(int i) {
    return values[3 * i + 2];
  }

  void write(ByteWriter out) {
    out.writeCount(size);
    for (int i = 0; i < size; i++) {
      out.writeLong(key(i)).writeCount(tp(i)).writeCount(fp(i));
    }
  }

  static Points read(ByteReader in) {
    var points = new Points();
    for (int left = in.readIndex(1 << 24); left > 0; left--) {
      long key = in.readLong();
      long tp = in.readCount();
      points.add(key, tp, in.readCount());
    }
    return points;
  }
}
