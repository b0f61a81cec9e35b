package dev.touchstone.server.view;

/** What a trigger asks about: one attempt's predictions of a checkpoint on one evaluation set. */
record Subject(
    String runId,
    int attempt,
    String checkpoint,
    String evaluationSet,
    String split,
    Integer fold) {

  static Subject of(CheckpointEvent e) {
    return new Subject(
        e.runId(), e.attempt(), e.checkpoint(), e.evaluationSet(), e.split(), e.fold());
  }

  static Subject of(EvaluationProgress p) {
    return new Subject(
        p.runId(), p.attempt(), p.checkpoint(), p.evaluationSet(), p.split(), p.fold());
  }

  static Subject of(Outcome o) {
    return new Subject(
        o.runId(), o.attempt(), o.checkpoint(), o.evaluationSet(), o.split(), o.fold());
  }
}
