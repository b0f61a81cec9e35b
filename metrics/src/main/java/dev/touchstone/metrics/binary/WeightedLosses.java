package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.shared.StateReader;
import dev.touchstone.metrics.shared.StateWriter;
import dev.touchstone.metrics.shared.WideSum;

/**
 * How much the weighted means of losses would vary: the linearised variance of a ratio of sums
 * (Hájek 1971), exact sums whatever the order.
 *
 * <pre>
 * mean = sum w d / W      V = sum w² (d - mean)² / W² · m / (m - 1),    m = W² / sum w²
 * </pre>
 *
 * <p>The last factor makes equal weights count as none. Weights in whole units.
 */
final class WeightedLosses {
  private static final int KIND = 'W';
  private static final int VERSION = 1;
  private static final int MOST_BYTES = 4_096;

  private final WideSum[] squares = {WideSum.of(), WideSum.of()};
  private final WideSum[] crossed = {WideSum.of(), WideSum.of()};

  void accept(double logLoss, double brier, long weight) {
    add(0, logLoss, weight);
    add(1, brier, weight);
  }

  private void add(int loss, double d, double weight) {
    double weighted = weight * d;
    squares[loss].add(weighted * weighted);
    crossed[loss].add(weight * weighted);
  }

  void combine(WeightedLosses other) {
    for (int loss = 0; loss < 2; loss++) {
      squares[loss].combine(other.squares[loss]);
      crossed[loss].combine(other.crossed[loss]);
    }
  }

  /** Standard error of the mean log loss. */
  double logLossError(double mean, double total, double squaredWeights) {
    return error(0, mean, total, squaredWeights);
  }

  /** Standard error of the mean squared error. */
  double brierError(double mean, double total, double squaredWeights) {
    return error(1, mean, total, squaredWeights);
  }

  private double error(int loss, double mean, double total, double squaredWeights) {
    double centred =
        squares[loss].value() - 2 * mean * crossed[loss].value() + mean * mean * squaredWeights;
    double effective = total * total / squaredWeights;
    return Math.sqrt(Math.max(0, centred) * effective / (effective - 1)) / total;
  }

  void write(ByteWriter out) {
    var state = new StateWriter(KIND, VERSION);
    for (int loss = 0; loss < 2; loss++) {
      squares[loss].write(state);
      crossed[loss].write(state);
    }
    byte[] bytes = state.toBytes();
    out.writeCount(bytes.length);
    for (byte b : bytes) {
      out.writeByte(b);
    }
  }

  static WeightedLosses read(ByteReader in) {
    // four sums of at most 68 limbs: below 2,200 bytes
    byte[] bytes = new byte[in.readIndex(MOST_BYTES)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) in.readByte();
    }
    var state = new StateReader("weighted losses", bytes, KIND, VERSION);
    var losses = new WeightedLosses();
    for (int loss = 0; loss < 2; loss++) {
      losses.squares[loss].combine(WideSum.read(state));
      losses.crossed[loss].combine(WideSum.read(state));
    }
    state.end();
    return losses;
  }
}
