package dev.touchstone.server.forward.webhook;

import dev.touchstone.server.forward.ForwardSettings.Webhook.On;
import dev.touchstone.server.forward.Result;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** What of the results is worth a message, and under which id. */
final class Occasions {

  private static final int ID_BYTES = 16;

  private Occasions() {}

  /** The occasion that a result is; empty for others. */
  static Optional<On> of(Result result) {
    if (result instanceof Result.SignalResult s && s.signal().decision().equals("STOP")) {
      return Optional.of(On.STOP);
    }
    return result instanceof Result.VerdictResult ? Optional.of(On.VERDICT) : Optional.empty();
  }

  /**
   * The same for the same occasion, however often it is told: a receiver that has seen an id has
   * seen the message.
   */
  static String id(Result result) {
    if (result instanceof Result.SignalResult s) {
      var signal = s.signal();
      // a run is told to stop once an attempt
      return digest(On.STOP, signal.runId(), signal.attempt(), signal.checkpoint(), signal.step());
    }
    if (result instanceof Result.VerdictResult v) {
      var verdict = v.verdict();
      return digest(
          On.VERDICT,
          verdict.runId(),
          verdict.checkpoint(),
          verdict.gate(),
          verdict.outcome(),
          verdict.reportKey(),
          verdict.reasons());
    }
    throw new IllegalArgumentException("no webhook tells of " + result.getClass().getSimpleName());
  }

  /** Of what the parts say, in hexadecimal. */
  static String digest(Object... parts) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      for (Object part : parts) {
        byte[] text = String.valueOf(part).getBytes(StandardCharsets.UTF_8);
        // with its length: no part can pass for a piece of another
        sha.update((text.length + ":").getBytes(StandardCharsets.UTF_8));
        sha.update(text);
      }
      return HexFormat.of().formatHex(sha.digest(), 0, ID_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
