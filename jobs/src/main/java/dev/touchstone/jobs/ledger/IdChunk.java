package dev.touchstone.jobs.ledger;

import java.util.stream.IntStream;

/**
 * A set of the low 16 bits of example ids, as bytes that Flink keeps: one run, a sorted array, or a
 * bitmap, whichever is small (the containers of Chambi, Lemire et al., Better bitmap performance
 * with Roaring bitmaps, 2016). A contiguous range costs 5 bytes, anything at most 8,193.
 *
 * <p>Methods may change and return the array that they are given.
 */
final class IdChunk {

  static final int BITS = 16;
  private static final int SIZE = 1 << BITS;
  private static final byte RUN = 0;
  private static final byte ARRAY = 1;
  private static final byte BITMAP = 2;

  /** Where an array would take half of a bitmap. */
  private static final int MAX_ARRAY = SIZE / 8 / 2 / 2;

  private IdChunk() {}

  static boolean contains(byte[] chunk, int low) {
    return switch (chunk[0]) {
      case RUN -> low >= value(chunk, 0) && low <= value(chunk, 1);
      case ARRAY -> find(chunk, low) >= 0;
      default -> (chunk[1 + (low >> 3)] >> (low & 7) & 1) != 0;
    };
  }

  /** Whether any of [from, to] is in. */
  static boolean containsAny(byte[] chunk, int from, int to) {
    return switch (chunk[0]) {
      case RUN -> from <= value(chunk, 1) && to >= value(chunk, 0);
      case ARRAY -> {
        int at = find(chunk, from);
        at = at < 0 ? -at - 1 : at;
        yield at < length(chunk) && value(chunk, at) <= to;
      }
      default -> {
        for (int low = from; low <= to; low++) {
          if (contains(chunk, low)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }

  /**
   * With [from, to], of which none is in.
   *
   * @param chunk null: empty
   */
  static byte[] with(byte[] chunk, int from, int to) {
    if (chunk == null) {
      return from == to ? array(from) : run(from, to);
    }
    if (chunk[0] == RUN) {
      int first = value(chunk, 0);
      int last = value(chunk, 1);
      if (from == last + 1) {
        return run(first, to);
      }
      if (to == first - 1) {
        return run(from, last);
      }
    }
    if (chunk[0] == ARRAY) {
      if (from == to && length(chunk) < MAX_ARRAY) {
        return inserted(chunk, from);
      }
      if (length(chunk) == 1 && (value(chunk, 0) == from - 1 || value(chunk, 0) == to + 1)) {
        return run(Math.min(from, value(chunk, 0)), Math.max(to, value(chunk, 0)));
      }
    }
    byte[] bitmap = bitmap(chunk);
    for (int low = from; low <= to; low++) {
      bitmap[1 + (low >> 3)] |= (byte) (1 << (low & 7));
    }
    return bitmap;
  }

  /** What is in, ascending. */
  static IntStream values(byte[] chunk) {
    return switch (chunk[0]) {
      case RUN -> IntStream.rangeClosed(value(chunk, 0), value(chunk, 1));
      case ARRAY -> IntStream.range(0, length(chunk)).map(i -> value(chunk, i));
      default -> IntStream.range(0, SIZE).filter(low -> contains(chunk, low));
    };
  }

  private static byte[] run(int from, int to) {
    byte[] run = new byte[5];
    run[0] = RUN;
    put(run, 0, from);
    put(run, 1, to);
    return run;
  }

  private static byte[] array(int value) {
    byte[] array = new byte[3];
    array[0] = ARRAY;
    put(array, 0, value);
    return array;
  }

  private static byte[] inserted(byte[] array, int value) {
    int at = -find(array, value) - 1;
    byte[] larger = new byte[array.length + 2];
    System.arraycopy(array, 0, larger, 0, 1 + 2 * at);
    put(larger, at, value);
    System.arraycopy(array, 1 + 2 * at, larger, 3 + 2 * at, array.length - 1 - 2 * at);
    return larger;
  }

  private static byte[] bitmap(byte[] chunk) {
    if (chunk[0] == BITMAP) {
      return chunk;
    }
    byte[] bitmap = new byte[1 + SIZE / 8];
    bitmap[0] = BITMAP;
    values(chunk).forEach(low -> bitmap[1 + (low >> 3)] |= (byte) (1 << (low & 7)));
    return bitmap;
  }

  private static int length(byte[] array) {
    return (array.length - 1) / 2;
  }

  /** The index of a value in an array, or -(where it would be) - 1. */
  private static int find(byte[] array, int value) {
    int low = 0;
    int high = length(array) - 1;
    if (high >= 0 && value > value(array, high)) {
      return -high - 2; // ids mostly ascend
    }
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int found = value(array, middle);
      if (found == value) {
        return middle;
      }
      if (found < value) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  private static int value(byte[] chunk, int index) {
    return (chunk[1 + 2 * index] & 0xFF) | (chunk[2 + 2 * index] & 0xFF) << 8;
  }

  private static void put(byte[] chunk, int index, int value) {
    chunk[1 + 2 * index] = (byte) value;
    chunk[2 + 2 * index] = (byte) (value >> 8);
  }
}
