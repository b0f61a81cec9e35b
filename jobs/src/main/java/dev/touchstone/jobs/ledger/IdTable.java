package dev.touchstone.jobs.ledger;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A set of non-zero longs as bytes that Flink keeps: open addressing with linear probing, between 3
 * and 6 eighths full. For ids that are scattered over all of 64 bits: about 16 bytes each.
 *
 * <p>The first eight bytes count. Methods may change and return the array that they are given.
 */
final class IdTable {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int SMALLEST = 8;

  private IdTable() {}

  static byte[] empty() {
    return new byte[Long.BYTES * (1 + SMALLEST)];
  }

  private static long count(byte[] table) {
    return (long) LONGS.get(table, 0);
  }

  private static int capacity(byte[] table) {
    return table.length / Long.BYTES - 1;
  }

  /** Where {@code value} stands, or would. */
  private static int slot(byte[] table, long value) {
    int mask = capacity(table) - 1;
    int slot = (int) value & mask;
    while (true) {
      long found = (long) LONGS.get(table, Long.BYTES * (1 + slot));
      if (found == value || found == 0) {
        return Long.BYTES * (1 + slot);
      }
      slot = (slot + 1) & mask;
    }
  }

  /**
   * @param value not 0; its low bits are as good as random
   */
  static boolean contains(byte[] table, long value) {
    return (long) LONGS.get(table, slot(table, value)) == value;
  }

  /** With {@code value}, which is not in. */
  static byte[] with(byte[] table, long value) {
    byte[] room = table;
    if ((count(table) + 1) * 4 > capacity(table) * 3L) {
      room = new byte[Long.BYTES * (1 + 2 * capacity(table))];
      LONGS.set(room, 0, count(table));
      for (int at = Long.BYTES; at < table.length; at += Long.BYTES) {
        long old = (long) LONGS.get(table, at);
        if (old != 0) {
          LONGS.set(room, slot(room, old), old);
        }
      }
    }
    LONGS.set(room, slot(room, value), value);
    LONGS.set(room, 0, count(room) + 1);
    return room;
  }
}
