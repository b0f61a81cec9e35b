package dev.touchstone.server.forward.tensorboard;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The name of a run's directory. A plain id is its own name; any other is made plain and gets a
 * digest of the id, behind a character that no plain id has. So no id reaches outside, and no two
 * share a directory, also where file systems take upper and lower case as the same.
 */
final class RunDirectory {

  private static final Pattern PLAIN = Pattern.compile("[a-z0-9][a-z0-9._-]{0,99}(?<![.])");
  private static final Pattern OTHER = Pattern.compile("[^A-Za-z0-9_-]+");
  private static final int READABLE = 60;
  private static final int DIGEST_BYTES = 8;

  private RunDirectory() {}

  static String name(String runId) {
    if (PLAIN.matcher(runId).matches()) {
      return runId;
    }
    String plain = OTHER.matcher(runId).replaceAll("-");
    String readable = plain.substring(0, Math.min(plain.length(), READABLE));
    return readable + "~" + digest(runId);
  }

  private static String digest(String runId) {
    try {
      byte[] sha =
          MessageDigest.getInstance("SHA-256").digest(runId.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha, 0, DIGEST_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
