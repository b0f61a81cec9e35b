package dev.touchstone.metrics.sampling;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * XXH64, the 64-bit xxHash (Yann Collet; specification version 0.1.1): the hash that decides which
 * examples are sampled, the same in every language and on every machine.
 */
public final class XxHash64 {
  static final long PRIME_1 = 0x9E3779B185EBCA87L;
  static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
  static final long PRIME_3 = 0x165667B19E3779F9L;
  static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
  static final long PRIME_5 = 0x27D4EB2F165667C5L;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private XxHash64() {}

  /** The hash of all bytes. */
  public static long hash(byte[] bytes, long seed) {
    int length = bytes.length;
    int at = 0;
    long hash;
    if (length >= 32) {
      long v1 = seed + PRIME_1 + PRIME_2;
      long v2 = seed + PRIME_2;
      long v3 = seed;
      long v4 = seed - PRIME_1;
      for (; at <= length - 32; at += 32) {
        v1 = round(v1, (long) LONG.get(bytes, at));
        v2 = round(v2, (long) LONG.get(bytes, at + 8));
        v3 = round(v3, (long) LONG.get(bytes, at + 16));
        v4 = round(v4, (long) LONG.get(bytes, at + 24));
      }
      hash =
          Long.rotateLeft(v1, 1)
              + Long.rotateLeft(v2, 7)
              + Long.rotateLeft(v3, 12)
              + Long.rotateLeft(v4, 18);
      hash = merge(merge(merge(merge(hash, v1), v2), v3), v4);
    } else {
      hash = seed + PRIME_5;
    }
    hash += length;
    for (; at <= length - 8; at += 8) {
      hash = eightBytes(hash, (long) LONG.get(bytes, at));
    }
    if (at <= length - 4) {
      hash = fourBytes(hash, (int) INT.get(bytes, at));
      at += 4;
    }
    for (; at < length; at++) {
      hash = oneByte(hash, bytes[at]);
    }
    return avalanche(hash);
  }

  private static long round(long accumulator, long lane) {
    return Long.rotateLeft(accumulator + lane * PRIME_2, 31) * PRIME_1;
  }

  private static long merge(long hash, long accumulator) {
    return (hash ^ round(0, accumulator)) * PRIME_1 + PRIME_4;
  }

  static long eightBytes(long hash, long lane) {
    return Long.rotateLeft(hash ^ round(0, lane), 27) * PRIME_1 + PRIME_4;
  }

  static long fourBytes(long hash, int lane) {
    return Long.rotateLeft(hash ^ (lane & 0xFFFF_FFFFL) * PRIME_1, 23) * PRIME_2 + PRIME_3;
  }

  static long oneByte(long hash, byte lane) {
    return Long.rotateLeft(hash ^ (lane & 0xFF) * PRIME_5, 11) * PRIME_1;
  }

  static long avalanche(long hash) {
    long h = (hash ^ (hash >>> 33)) * PRIME_2;
    h = (h ^ (h >>> 29)) * PRIME_3;
    return h ^ (h >>> 32);
  }
}
