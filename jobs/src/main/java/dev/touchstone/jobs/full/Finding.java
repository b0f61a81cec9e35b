package dev.touchstone.jobs.full;

/**
 * What scanning one split gave; for the combined first pass, its split has {@code part} {@link
 * Split#ALL} and as {@code parts} those of the second pass.
 *
 * @param payload bytes of the math: counts or a resolved range; null with an error
 * @param error why there is no result; null with a payload
 * @param nanos time that scanning took, summed over slots
 */
public record Finding(Split split, byte[] payload, String error, long nanos) {

  static Finding failed(Split split, String error) {
    return new Finding(split, null, error, 0);
  }

  public String reportKey() {
    return split.reportKey();
  }
}
