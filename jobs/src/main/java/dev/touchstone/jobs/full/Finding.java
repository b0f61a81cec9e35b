package dev.touchstone.jobs.full;

/**
 * What scanning one split gave; for the combined first pass, its split has {@code part} {@link
 * Split#ALL} and as {@code parts} those of the second pass.
 *
 * @param payload bytes of the math (counts or a resolved range) or of a section; null with an error
 * @param error why there is no result; null with a payload
 * @param nanos time that scanning took, summed over slots
 */
public record Finding(Split split, byte[] payload, String error, long nanos) {

  static Finding failed(Split split, String error) {
    return new Finding(split, null, error, 0);
  }

  /** The one of two errors that is told, whichever came first; null for none. */
  static String firstError(String a, String b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return a.compareTo(b) <= 0 ? a : b;
  }

  public String reportKey() {
    return split.reportKey();
  }

  public long round() {
    return split.round();
  }
}
