package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Trigger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What is asked, without who asks and when. With the set key it names a report: the same rows and
 * the same question have the same answer.
 */
final class RequestHash {

  /** Part of the hash: a change in what a report holds must not be answered with an old report. */
  static final int REPORT_VERSION = 1;

  private RequestHash() {}

  static String of(Trigger trigger) {
    String canonical = "report/" + REPORT_VERSION + "|thresholds=" + trigger.thresholds();
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(canonical.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
