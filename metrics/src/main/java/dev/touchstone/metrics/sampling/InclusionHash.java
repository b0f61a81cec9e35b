package dev.touchstone.metrics.sampling;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A permanent random number for every example: u(id) = (XXH64(salt bytes, then id bytes; seed) >>>
 * 11) * 2^-53, uniform in [0, 1).
 *
 * <p>An example of a stratum with inclusion rate q is sampled iff u(id) &lt; q. The number is a
 * pure function of salt, seed and id, so the sample is the same on every machine, at every model
 * checkpoint and after every restart; lowering q keeps a subset (nested samples); and the order of
 * u is a random permutation of the set (permanent random numbers: Brewer, Early and Joyce 1972;
 * Ohlsson 1995).
 *
 * <p>Bytes: the salt in UTF-8; an integer id as 8 bytes, little-endian two's complement; a text id
 * in UTF-8. Use another salt for each purpose: the salt of sampling may not split training from
 * validation, nor weigh a bootstrap. Immutable and thread-safe.
 */
public final class InclusionHash {
  private static final double UNIT = 0x1p-53;

  private final String salt;
  private final long seed;
  private final byte[] prefix;

  // state after the whole 8-byte lanes of a short prefix, and the bytes left over
  private final boolean shortMessage;
  private final long start;
  private final int left;
  private final long carry;

  private InclusionHash(String salt, long seed) {
    this.salt = Objects.requireNonNull(salt, "salt");
    this.seed = seed;
    prefix = salt.getBytes(StandardCharsets.UTF_8);
    int length = prefix.length + Long.BYTES;
    // below 32 bytes XXH64 takes lanes one after another: the salt's can be taken once
    shortMessage = length < 32;
    long hash = seed + XxHash64.PRIME_5 + length;
    int lanes = prefix.length / Long.BYTES;
    for (int i = 0; shortMessage && i < lanes; i++) {
      hash = XxHash64.eightBytes(hash, lane(8 * i, 8));
    }
    start = hash;
    left = prefix.length % Long.BYTES;
    carry = lane(8 * lanes, left);
  }

  private long lane(int at, int bytes) {
    long lane = 0;
    for (int i = 0; i < bytes; i++) {
      lane |= (prefix[at + i] & 0xFFL) << (8 * i);
    }
    return lane;
  }

  /** The numbers of this salt and seed. */
  public static InclusionHash of(String salt, long seed) {
    return new InclusionHash(salt, seed);
  }

  /** The salt. */
  public String salt() {
    return salt;
  }

  /** The seed. */
  public long seed() {
    return seed;
  }

  /** The number of an integer id. */
  public double u(long id) {
    return uniform(hash(id));
  }

  /**
   * The 64 bits that u is made of, in its order when taken as unsigned. No two ids have the same
   * where the salt is of 8, 16 … bytes.
   */
  public long key(long id) {
    return hash(id);
  }

  /** The number of a text id. */
  public double u(String id) {
    return u(id.getBytes(StandardCharsets.UTF_8));
  }

  /** The number of an id given as bytes. */
  public double u(byte[] id) {
    byte[] message = new byte[prefix.length + id.length];
    System.arraycopy(prefix, 0, message, 0, prefix.length);
    System.arraycopy(id, 0, message, prefix.length, id.length);
    return uniform(XxHash64.hash(message, seed));
  }

  private static double uniform(long hash) {
    return (hash >>> 11) * UNIT;
  }

  private long hash(long id) {
    if (!shortMessage) {
      byte[] message = new byte[prefix.length + Long.BYTES];
      System.arraycopy(prefix, 0, message, 0, prefix.length);
      for (int i = 0; i < Long.BYTES; i++) {
        message[prefix.length + i] = (byte) (id >>> (8 * i));
      }
      return XxHash64.hash(message, seed);
    }
    if (left == 0) {
      return XxHash64.avalanche(XxHash64.eightBytes(start, id));
    }
    long hash = XxHash64.eightBytes(start, carry | id << (8 * left));
    long tail = id >>> (64 - 8 * left);
    int bytes = left;
    if (bytes >= 4) {
      hash = XxHash64.fourBytes(hash, (int) tail);
      tail >>>= 32;
      bytes -= 4;
    }
    for (; bytes > 0; bytes--) {
      hash = XxHash64.oneByte(hash, (byte) tail);
      tail >>>= 8;
    }
    return XxHash64.avalanche(hash);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof InclusionHash that && that.seed == seed && that.salt.equals(salt);
  }

  @Override
  public int hashCode() {
    return salt.hashCode() * 31 + Long.hashCode(seed);
  }

  @Override
  public String toString() {
    return "InclusionHash[salt=" + salt + ", seed=" + seed + "]";
  }
}
