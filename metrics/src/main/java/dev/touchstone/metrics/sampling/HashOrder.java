package dev.touchstone.metrics.sampling;

/**
 * One public order of all examples, random with respect to anything they say: by the 64-bit hash of
 * the id under a fixed salt, unsigned and ascending ({@link InclusionHash} with the salt {@value
 * #SALT} and the seed 0). A prefix of an evaluation set in this order is a simple random sample of
 * it without replacement, which is what makes intervals for what has arrived so far possible.
 *
 * <p>Not the hash that a sampling plan includes examples by: the order has to be random within the
 * sample. The salt has eight bytes, so no two ids are equal in it.
 */
public final class HashOrder {
  /** In UTF-8, before the eight bytes of the id. */
  public static final String SALT = "ts-order";

  private static final InclusionHash HASH = InclusionHash.of(SALT, 0);

  private HashOrder() {}

  /** Place of an example; compare unsigned. */
  public static long key(long id) {
    return HASH.key(id);
  }

  /** The same as a number in [0, 1). */
  public static double u(long id) {
    return HASH.u(id);
  }
}
