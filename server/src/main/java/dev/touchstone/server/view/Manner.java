package dev.touchstone.server.view;

/** How a value was come by and what it is worth; few of them serve many points. */
record Manner(
    String ciMethod,
    Double level,
    String target,
    String state,
    String trust,
    String reason,
    int revision) {

  static Manner of(Point p) {
    return new Manner(
        p.ciMethod(), p.level(), p.target(), p.state(), p.trust(), p.reason(), p.revision());
  }

  boolean isComplete() {
    return "COMPLETE".equals(state);
  }
}
