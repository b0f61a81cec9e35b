package dev.touchstone.metrics.compare;

/** Which way a metric is better. */
public enum Direction {
  /** Average precision, accuracy, …. */
  HIGHER_IS_BETTER,
  /** Losses, errors, costs. */
  LOWER_IS_BETTER;

  /** The difference as a gain: above 0 is better. */
  public double gain(double difference) {
    return this == HIGHER_IS_BETTER ? difference : -difference;
  }
}
