package dev.touchstone.cli.demo;

import java.time.Duration;

/**
 * What a demo run trains, and how it emits its predictions.
 *
 * @param seed of the data and of the learner
 * @param validationRows examples scored at every evaluated step
 * @param trainingRows examples trained on
 * @param steps evaluated steps
 * @param checkpointEvery every so many steps the model is saved and a full evaluation triggered
 * @param roundsPerStep boosting rounds a step
 * @param shards of a prediction set
 * @param batchRows predictions a message, at most {@value #MAX_BATCH_ROWS}
 * @param pace the least time a step takes, so that a person can watch; zero: as fast as possible.
 *     Not part of the run's identity
 */
public record DemoSettings(
    long seed,
    int validationRows,
    int trainingRows,
    int steps,
    int checkpointEvery,
    int roundsPerStep,
    int shards,
    int batchRows,
    Duration pace) {

  /** 7 bytes a row: 458 KiB a message, under Kafka's default limit of 1 MB. */
  public static final int MAX_BATCH_ROWS = 65_536;

  public static final long DEFAULT_SEED = 7;
  public static final int DEFAULT_VALIDATION_ROWS = 1_000_000;
  public static final int DEFAULT_TRAINING_ROWS = 300_000;
  public static final int DEFAULT_STEPS = 24;
  public static final int DEFAULT_CHECKPOINT_EVERY = 4;
  private static final int DEFAULT_ROUNDS_PER_STEP = 3;
  private static final int DEFAULT_SHARDS = 2;

  /** A one-dimensional Java array of features must hold them: 15 floats a row. */
  private static final int MAX_ROWS = 100_000_000;

  public DemoSettings {
    requireRange("validationRows", validationRows, 1_000, MAX_ROWS);
    requireRange("trainingRows", trainingRows, 1_000, MAX_ROWS);
    requireRange("steps", steps, 1, 999_999);
    requireRange("checkpointEvery", checkpointEvery, 1, steps);
    requireRange("roundsPerStep", roundsPerStep, 1, 1_000);
    requireRange("shards", shards, 1, 64);
    requireRange("batchRows", batchRows, 1, MAX_BATCH_ROWS);
    if (pace.isNegative()) {
      throw new IllegalArgumentException("pace must not be negative, got " + pace);
    }
  }

  public static DemoSettings defaults() {
    return new DemoSettings(
        DEFAULT_SEED,
        DEFAULT_VALIDATION_ROWS,
        DEFAULT_TRAINING_ROWS,
        DEFAULT_STEPS,
        DEFAULT_CHECKPOINT_EVERY,
        DEFAULT_ROUNDS_PER_STEP,
        DEFAULT_SHARDS,
        MAX_BATCH_ROWS,
        Duration.ZERO);
  }

  public DemoSettings withSeed(long value) {
    return new DemoSettings(
        value,
        validationRows,
        trainingRows,
        steps,
        checkpointEvery,
        roundsPerStep,
        shards,
        batchRows,
        pace);
  }

  public DemoSettings withRows(int validation, int training) {
    return new DemoSettings(
        seed, validation, training, steps, checkpointEvery, roundsPerStep, shards, batchRows, pace);
  }

  public DemoSettings withSteps(int count, int checkpointEachOf) {
    return new DemoSettings(
        seed,
        validationRows,
        trainingRows,
        count,
        checkpointEachOf,
        roundsPerStep,
        shards,
        batchRows,
        pace);
  }

  public DemoSettings withBatches(int shardCount, int rowsEach) {
    return new DemoSettings(
        seed,
        validationRows,
        trainingRows,
        steps,
        checkpointEvery,
        roundsPerStep,
        shardCount,
        rowsEach,
        pace);
  }

  public DemoSettings withPace(Duration value) {
    return new DemoSettings(
        seed,
        validationRows,
        trainingRows,
        steps,
        checkpointEvery,
        roundsPerStep,
        shards,
        batchRows,
        value);
  }

  /** Fraud in one country changes its shape half-way through the validation stream. */
  int driftFrom() {
    return validationRows / 2;
  }

  /** Whether the model is saved, and a full evaluation triggered, after {@code step} (from 1). */
  boolean isCheckpoint(int step) {
    return step % checkpointEvery == 0;
  }

  /** The id of the model after {@code step}: sorts as it counts. */
  static String checkpointId(int step) {
    return String.format("step-%06d", step);
  }

  /** Two runs with the same fingerprint emit the same predictions. */
  String fingerprint() {
    String identity =
        String.join(
            " ",
            FraudStream.VERSION,
            FraudModel.VERSION,
            "seed=" + seed,
            "validation=" + validationRows,
            "training=" + trainingRows,
            "steps=" + steps,
            "checkpoint-every=" + checkpointEvery,
            "rounds=" + roundsPerStep,
            "shards=" + shards,
            "batch=" + batchRows);
    return Digests.sha256Hex(identity).substring(0, 16);
  }

  private static void requireRange(String key, int value, int low, int high) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          String.format("%s must be in [%d, %d], got %d", key, low, high, value));
    }
  }
}
