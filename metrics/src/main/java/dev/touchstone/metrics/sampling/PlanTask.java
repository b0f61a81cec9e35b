package dev.touchstone.metrics.sampling;

import java.util.Locale;

/** What the labels of a plan are. */
public enum PlanTask {
  /** 0 or 1. */
  BINARY,
  /** One class of a few: up to 256. */
  MULTICLASS,
  /** A number. */
  REGRESSION;

  /** As plan files spell it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The task of a word.
   *
   * @throws IllegalArgumentException for another word
   */
  public static PlanTask of(String word) {
    for (var task : values()) {
      if (task.word().equals(word)) {
        return task;
      }
    }
    throw new IllegalArgumentException(
        "task must be binary, multiclass or regression, got " + word);
  }
}
