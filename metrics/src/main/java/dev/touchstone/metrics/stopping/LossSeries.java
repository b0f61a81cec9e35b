package dev.touchstone.metrics.stopping;

import java.util.ArrayList;
import java.util.List;

/**
 * The losses that a training job reports, watched for what stops a run at once: one that is not
 * finite, or an explosion (methods 6.2).
 *
 * @param losses last finite ones, oldest first, those of an explosion under way included
 * @param above losses in a row that were far above those before them
 */
public record LossSeries(List<Double> losses, int above) {
  /** Before the first loss. */
  public static final LossSeries START = new LossSeries(List.of(), 0);

  /** Copies the list. */
  public LossSeries {
    losses = List.copyOf(losses);
  }

  /**
   * Why to stop at once with the next loss: {@code loss_not_finite}, {@code loss_exploded} or null.
   */
  public String verdict(HealthLimits limits, double loss) {
    return limits.verdict(Health.ofLoss(loss), losses, above);
  }

  /** The series with the next loss. */
  public LossSeries with(HealthLimits limits, double loss) {
    if (!HealthLimits.isFinite(loss)) {
      return this;
    }
    var longer = new ArrayList<>(losses);
    longer.add(loss);
    return new LossSeries(
        longer.size() > limits.window() ? longer.subList(1, longer.size()) : longer,
        limits.above(Health.ofLoss(loss), losses) ? above + 1 : 0);
  }
}
