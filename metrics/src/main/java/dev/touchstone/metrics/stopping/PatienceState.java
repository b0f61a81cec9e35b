package dev.touchstone.metrics.stopping;

/**
 * Where a patience rule stands.
 *
 * @param checks checks seen, skipped ones included
 * @param best best value, or infinite the wrong way before the first
 * @param bestAt index of the check with the best value, or -1
 * @param waited checks since the last improvement
 * @param stoppedAt index of the check that stopped the run, or -1
 * @param reason why it stopped, machine-readable ({@code patience}, {@code not_finite}, {@code
 *     stopping_threshold}, {@code divergence_threshold}), or null
 */
public record PatienceState(
    long checks, double best, long bestAt, long waited, long stoppedAt, String reason) {
  static PatienceState start(Mode mode) {
    return new PatienceState(0, mode.worst(), -1, 0, -1, null);
  }

  /** Whether the run was stopped. */
  public boolean stopped() {
    return stoppedAt >= 0;
  }

  PatienceState skip() {
    return new PatienceState(checks + 1, best, bestAt, waited, stoppedAt, reason);
  }

  PatienceState improved(double value, boolean reset) {
    return new PatienceState(checks + 1, value, checks, reset ? 0 : waited + 1, -1, null);
  }

  PatienceState waitOn() {
    return new PatienceState(checks + 1, best, bestAt, waited + 1, -1, null);
  }

  PatienceState stop(String why) {
    return new PatienceState(checks, best, bestAt, waited, checks - 1, why);
  }
}
