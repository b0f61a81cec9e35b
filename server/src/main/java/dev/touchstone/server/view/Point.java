package dev.touchstone.server.view;

/**
 * A {@link MetricPoint} without what its series already says.
 *
 * @param value null where the metric is undefined; then {@code reason} says why
 */
public record Point(
    int attempt,
    String checkpoint,
    long step,
    Double epoch,
    long ts,
    Double value,
    Double ciLow,
    Double ciHigh,
    String ciMethod,
    Double level,
    String target,
    Double stdError,
    Double effectiveN,
    long n,
    long nPos,
    String state,
    String trust,
    String reason,
    int revision) {

  static Point of(MetricPoint p, Names names) {
    return new Point(
        p.attempt(),
        names.canonical(p.checkpoint()),
        p.step(),
        p.epoch(),
        p.ts(),
        p.value(),
        p.ciLow(),
        p.ciHigh(),
        names.canonical(p.ciMethod()),
        p.level(),
        names.canonical(p.target()),
        p.stdError(),
        p.effectiveN(),
        p.n(),
        p.nPos(),
        names.canonical(p.state()),
        names.canonical(p.trust()),
        names.canonical(p.reason()),
        p.revision());
  }

  boolean isComplete() {
    return "COMPLETE".equals(state);
  }
}
