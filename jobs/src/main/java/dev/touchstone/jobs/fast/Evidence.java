package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Trust;
import dev.touchstone.metrics.stopping.Check;
import dev.touchstone.metrics.stopping.Health;

/**
 * What a check of a model checkpoint is judged on.
 *
 * @param point of the rule's metric: its proxy or, where the full tier has reported, the exact
 *     value
 * @param exact whether it is that
 * @param proxyTrusted whether something may be decided on the run's proxies of that metric
 */
record Evidence(Standing standing, MetricPoint point, boolean exact, boolean proxyTrusted) {

  private static final String LOSS = "log_loss";

  /** Null where the metric has no value. */
  static Evidence of(Standing standing, String metric, RunCourse course) {
    MetricPoint point = standing.point(metric);
    Double exact = course.exact(standing, metric);
    boolean trusted = point != null && point.trust() != Trust.UNTRUSTED;
    if (exact != null && point != null) {
      return new Evidence(standing, point.exactly(exact), true, trusted);
    }
    return point == null || point.value() == null
        ? null
        : new Evidence(standing, point, false, trusted);
  }

  String checkpoint() {
    return standing.claim().checkpoint();
  }

  /** Whether something may be decided on it. */
  boolean trusted() {
    return exact || proxyTrusted;
  }

  /**
   * Whether a comparison with an earlier checkpoint may decide something, as far as is known now.
   */
  boolean mayBeHeldAgainst(Evidence best) {
    return trusted() && (best.exact || best.proxyTrusted && proxyTrusted);
  }

  Health health() {
    MetricPoint loss = standing.point(LOSS);
    return loss == null || loss.value() == null ? Health.UNKNOWN : Health.ofLoss(loss.value());
  }

  /**
   * This less the best one, at an error of {@code alpha}: example by example where both are sampled
   * ({@link CompareStandings}), by the ends of both where the full tier has said one of them.
   */
  Check.Comparison against(Evidence best, String metric, double alpha) {
    CompareStandings.Difference difference =
        exact || best.exact
            ? CompareStandings.unpaired(best.point, point, alpha)
            : CompareStandings.of(best.standing, standing, metric, alpha);
    return new Check.Comparison(
        best.checkpoint(),
        difference.value(),
        difference.low(),
        difference.high(),
        alpha,
        point.n(),
        true);
  }
}
