package dev.touchstone.server.forward.remotewrite;

/**
 * A value at a moment.
 *
 * @param millis since the epoch
 */
record Sample(Series series, double value, long millis) {

  Sample at(long otherMillis) {
    return new Sample(series, value, otherMillis);
  }
}
