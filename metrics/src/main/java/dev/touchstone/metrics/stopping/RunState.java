package dev.touchstone.metrics.stopping;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a run stands between checks.
 *
 * @param checks checks judged
 * @param best id of the best checkpoint, or null before the first
 * @param comparisons comparisons that have spent their share of alpha
 * @param bad NO_IMPROVEMENT checks since the best one
 * @param undecided UNDECIDED checks in a row
 * @param aboveLimit checks in a row whose loss was far above earlier ones
 * @param losses last finite losses, oldest first
 * @param values last values of the metric, oldest first
 * @param stopped whether the run was stopped
 */
public record RunState(
    long checks,
    String best,
    long comparisons,
    int bad,
    int undecided,
    int aboveLimit,
    List<Double> losses,
    List<Double> values,
    boolean stopped) {
  /** Before the first check. */
  public static final RunState START =
      new RunState(0, null, 0, 0, 0, 0, List.of(), List.of(), false);

  private static final int MOST_VALUES = 50;

  /** Copies the lists. */
  public RunState {
    losses = List.copyOf(losses);
    values = List.copyOf(values);
  }

  /** The checkpoint's health and value are remembered. */
  RunState seen(Check check, HealthLimits limits) {
    boolean above = limits.above(check.health(), losses);
    Double loss = check.health().loss();
    return new RunState(
        checks + 1,
        best,
        comparisons,
        bad,
        undecided,
        above ? aboveLimit + 1 : 0,
        append(losses, loss == null ? Double.NaN : loss, limits.window()),
        append(values, check.value(), MOST_VALUES),
        stopped);
  }

  private static List<Double> append(List<Double> list, double value, int most) {
    if (!HealthLimits.isFinite(value)) {
      return list;
    }
    var longer = new ArrayList<>(list);
    longer.add(value);
    return longer.size() > most ? longer.subList(1, longer.size()) : longer;
  }

  RunState compared(String newBest, int newBad, int newUndecided, long spent) {
    return new RunState(
        checks,
        newBest,
        comparisons + spent,
        newBad,
        newUndecided,
        aboveLimit,
        losses,
        values,
        stopped);
  }

  RunState stop() {
    return new RunState(
        checks, best, comparisons, bad, undecided, aboveLimit, losses, values, true);
  }

  /**
   * The same, having made so many comparisons: where checks are judged again, the error that they
   * spent the first time stays spent.
   */
  public RunState withComparisons(long count) {
    return new RunState(checks, best, count, bad, undecided, aboveLimit, losses, values, stopped);
  }
}
