package dev.touchstone.schemas;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The names of the topics under one prefix. The only place that spells them.
 *
 * @param prefix put before every name; letters, digits, {@code . _ -}
 */
public record Topics(String prefix) {

  /** Used where nothing else is set. */
  public static final String DEFAULT_PREFIX = "touchstone.";

  private static final Pattern LEGAL = Pattern.compile("[A-Za-z0-9._-]{0,100}");

  public Topics {
    if (!LEGAL.matcher(prefix).matches()) {
      throw new IllegalArgumentException(
          "topic prefix must be at most 100 of [A-Za-z0-9._-], got \"" + prefix + "\"");
    }
  }

  public static Topics withDefaultPrefix() {
    return new Topics(DEFAULT_PREFIX);
  }

  public String predictions() {
    return prefix + "predictions";
  }

  public String checkpoints() {
    return prefix + "checkpoints";
  }

  public String evaluationRequests() {
    return prefix + "evaluation-requests";
  }

  public String servingPredictions() {
    return prefix + "serving-predictions";
  }

  public String timings() {
    return prefix + "timings";
  }

  public String runEvents() {
    return prefix + "run-events";
  }

  public String predictionSets() {
    return prefix + "prediction-sets";
  }

  public String metrics() {
    return prefix + "metrics";
  }

  public String reports() {
    return prefix + "reports";
  }

  public String progress() {
    return prefix + "progress";
  }

  public String signals() {
    return prefix + "signals";
  }

  public String verdicts() {
    return prefix + "verdicts";
  }

  public String deadLetters() {
    return prefix + "dead-letters";
  }

  /** All topics, those that people write to first. */
  public List<String> all() {
    return List.of(
        predictions(),
        checkpoints(),
        evaluationRequests(),
        servingPredictions(),
        timings(),
        runEvents(),
        predictionSets(),
        metrics(),
        reports(),
        progress(),
        signals(),
        verdicts(),
        deadLetters());
  }

  /** The topics where only the last message of a key counts. */
  public List<String> compacted() {
    return List.of(predictionSets(), reports(), signals(), verdicts());
  }

  /** The compacted topics of which nothing needs to be kept for longer than an hour. */
  public List<String> passing() {
    return List.of(progress());
  }
}
