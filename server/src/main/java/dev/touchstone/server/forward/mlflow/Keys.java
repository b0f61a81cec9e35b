package dev.touchstone.server.forward.mlflow;

import dev.touchstone.server.view.MetricPoint;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Names that MLflow takes: letters, digits, {@code _ - .} and slashes between parts, up to 250
 * characters. A part with anything else gets {@code _} in its place and a digest of itself, so that
 * no two names become one.
 */
final class Keys {

  private static final int MAX = 250;
  private static final int DIGEST_BYTES = 4;
  private static final int LONG_DIGEST_BYTES = 16;

  private Keys() {}

  /**
   * {@code tier/evaluation_set/split/metric}, of a slice {@code …/column/value}; the split of a
   * sample is {@code split-sample-<which>}; of a figure of the training job, which is of no
   * evaluation set, {@code run/metric}.
   */
  static String metric(MetricPoint point) {
    boolean ofRun = point.evaluationSet().isEmpty() && point.split().isEmpty();
    Stream<String> names =
        ofRun
            ? Stream.of("run", part(point.metric()))
            : Stream.of(
                part(point.tier()),
                part(point.evaluationSet()),
                part(point.split() + (point.sample().isEmpty() ? "" : "-sample-" + point.sample())),
                part(point.metric()));
    String slice = point.slice();
    return bounded(
        names.collect(Collectors.joining("/")) + (slice.isEmpty() ? "" : "/" + slice(slice)));
  }

  // column=value*column=value; one of another shape is one part
  private static String slice(String slice) {
    String[] pairs = slice.split("\\*", -1);
    boolean plain = Stream.of(pairs).allMatch(p -> p.chars().filter(c -> c == '=').count() == 1);
    return plain
        ? Stream.of(pairs)
            .flatMap(pair -> Stream.of(pair.split("=", -1)))
            .map(Keys::part)
            .collect(Collectors.joining("/"))
        : part(slice);
  }

  /** One part of a name. */
  static String part(String text) {
    StringBuilder legal = new StringBuilder();
    text.codePoints().forEach(c -> legal.appendCodePoint(isLegal(c) ? c : '_'));
    boolean same = legal.toString().equals(text);
    // dots alone would lead to another directory
    boolean name = text.chars().anyMatch(c -> c != '.');
    return bounded(same && name ? text : legal + "-" + digest(text, DIGEST_BYTES));
  }

  private static boolean isLegal(int c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.';
  }

  private static String bounded(String name) {
    if (name.length() <= MAX) {
      return name;
    }
    String digest = "-" + digest(name, DIGEST_BYTES);
    String head = name.substring(0, MAX - digest.length());
    // a name must not end in half a character
    boolean half = Character.isHighSurrogate(head.charAt(head.length() - 1));
    return (half ? head.substring(0, head.length() - 1) : head) + digest;
  }

  /** Of any id a name that is safe in every query. */
  static String digest(String text) {
    return digest(text, LONG_DIGEST_BYTES);
  }

  private static String digest(String text, int bytes) {
    try {
      byte[] sha =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha, 0, bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
