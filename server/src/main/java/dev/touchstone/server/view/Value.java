package dev.touchstone.server.view;

/**
 * A metric's value where the step is known from the context.
 *
 * @param value null where undefined; then {@code reason} says why
 */
public record Value(
    Double value,
    Double ciLow,
    Double ciHigh,
    String ciMethod,
    Double level,
    String checkpoint,
    long step,
    String state,
    String trust,
    String reason) {

  static Value of(Point p) {
    return new Value(
        p.value(),
        p.ciLow(),
        p.ciHigh(),
        p.ciMethod(),
        p.level(),
        p.checkpoint(),
        p.step(),
        p.state(),
        p.trust(),
        p.reason());
  }
}
