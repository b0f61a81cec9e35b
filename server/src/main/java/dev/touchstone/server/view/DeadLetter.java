package dev.touchstone.server.view;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A message that the engine refused.
 *
 * @param reason which rule it broke
 * @param topic where it came from, with partition and offset; each null where the headers lack it
 * @param preview its first bytes as text; what is not printable ASCII is a dot
 */
public record DeadLetter(
    String reason,
    String topic,
    String partition,
    String offset,
    int bytes,
    String preview,
    long ts) {

  private static final int PREVIEW_BYTES = 96;
  private static final int MAX_TEXT = 2_000;
  // how ingest and ledger begin to say where a batch came from
  private static final String RUN = " (run ";

  static DeadLetter of(TopicRecord record) {
    Map<String, String> headers = record.headers();
    byte[] value = record.value() == null ? new byte[0] : record.value();
    return new DeadLetter(
        cut(headers.getOrDefault("reason", "no reason was given")),
        cut(headers.get("topic")),
        cut(headers.get("partition")),
        cut(headers.get("offset")),
        value.length,
        preview(value),
        record.timestampMillis());
  }

  /**
   * The rule without this message's own values, so that like reasons count together: what follows
   * {@code got} is left out and numbers become {@code #}.
   */
  String rule() {
    int got = reason.indexOf(", got ");
    String rule = got < 0 ? reason : reason.substring(0, got);
    rule = rule.replaceAll("\\b[0-9]+\\b", "#");
    return rule.length() <= 160 ? rule : rule.substring(0, 160) + "…";
  }

  /** The run that the reason names; null where it names none. */
  String run() {
    int from = reason.lastIndexOf(RUN);
    if (from < 0 || !reason.endsWith(")")) {
      return null;
    }
    String named = reason.substring(from + RUN.length(), reason.length() - 1);
    int more = named.indexOf(", model checkpoint ");
    if (more < 0) {
      more = named.indexOf(", example ");
    }
    return more < 0 ? named : named.substring(0, more);
  }

  private static String cut(String text) {
    return text == null || text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…";
  }

  private static String preview(byte[] value) {
    byte[] head = java.util.Arrays.copyOf(value, Math.min(value.length, PREVIEW_BYTES));
    for (int i = 0; i < head.length; i++) {
      if (head[i] < 0x20 || head[i] > 0x7e) {
        head[i] = '.';
      }
    }
    return new String(head, StandardCharsets.US_ASCII);
  }
}
