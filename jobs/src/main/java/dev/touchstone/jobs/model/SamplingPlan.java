package dev.touchstone.jobs.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Which examples the predictions are about, when not all: strata are disjoint. */
public record SamplingPlan(long seed, List<Stratum> strata) {

  private static final int ID_BYTES = 6;

  /** Tells the samples of a set apart: 12 hex digits, of a SHA-256 over seed and strata. */
  public String id() {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, seed));
    for (Stratum stratum : strata) {
      byte[] name = stratum.name().getBytes(StandardCharsets.UTF_8);
      digest.update(
          ByteBuffer.allocate(Integer.BYTES + name.length + 2 * Long.BYTES)
              .putInt(name.length)
              .put(name)
              .putDouble(stratum.rate())
              .putLong(stratum.population())
              .flip());
    }
    return HexFormat.of().formatHex(digest.digest(), 0, ID_BYTES);
  }
}
