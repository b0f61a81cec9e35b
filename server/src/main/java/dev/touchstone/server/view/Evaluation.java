package dev.touchstone.server.view;

/** One trigger of the full tier and, once there is one, its outcome. */
final class Evaluation {

  static final String BY_CHECKPOINT = "checkpoint";
  static final String BY_REQUEST = "request";

  private final String trigger;
  private final String runId;
  private final String checkpoint;
  private EvaluationRequest request;
  private CheckpointEvent event;
  private Outcome outcome;
  private EvaluationProgress progress;
  // where a later trigger was answered by an older one's report, its time counts
  private long triggeredAt;

  private Evaluation(String trigger, String runId, String checkpoint) {
    this.trigger = trigger;
    this.runId = runId;
    this.checkpoint = checkpoint;
  }

  static Evaluation of(EvaluationRequest request) {
    Evaluation e = new Evaluation(BY_REQUEST, request.runId(), request.checkpoint());
    e.asked(request);
    return e;
  }

  static Evaluation of(CheckpointEvent event) {
    Evaluation e = new Evaluation(BY_CHECKPOINT, event.runId(), event.checkpoint());
    e.announced(event);
    return e;
  }

  static Evaluation of(Outcome outcome) {
    Evaluation e = new Evaluation(outcome.trigger(), outcome.runId(), outcome.checkpoint());
    e.ended(outcome);
    return e;
  }

  void asked(EvaluationRequest by) {
    request = by;
    triggeredAt = by.emittedAt();
  }

  void announced(CheckpointEvent by) {
    event = by;
    triggeredAt = by.emittedAt();
  }

  /** Takes in how far it has come; what has ended makes no progress. */
  boolean progressed(EvaluationProgress to) {
    boolean news = outcome == null && !to.equals(progress);
    progress = outcome == null ? to : null;
    return news;
  }

  /** Null where nothing is known of it. */
  EvaluationProgress progress() {
    return progress;
  }

  /** Takes the outcome, unless it is an older revision of the one that is known. */
  boolean ended(Outcome with) {
    if (outcome != null && with.revision() < outcome.revision()) {
      return false;
    }
    boolean news = !with.equals(outcome);
    outcome = with;
    progress = null;
    if (request == null && event == null) {
      triggeredAt = with.triggeredAt();
    }
    return news;
  }

  /** Null for a checkpoint event of which the engine has said nothing: it derives the id. */
  String id() {
    if (outcome != null) {
      return outcome.triggerId();
    }
    if (progress != null) {
      return progress.triggerId();
    }
    return request == null ? null : request.requestId();
  }

  String runId() {
    return runId;
  }

  String checkpoint() {
    return checkpoint;
  }

  String trigger() {
    return trigger;
  }

  long triggeredAt() {
    return triggeredAt;
  }

  EvaluationRequest request() {
    return request;
  }

  CheckpointEvent event() {
    return event;
  }

  Outcome outcome() {
    return outcome;
  }

  boolean isPending() {
    return outcome == null;
  }

  boolean hasReport() {
    return outcome != null && outcome.hasReport();
  }

  /** Null where a request leaves it to the engine. */
  String evaluationSet() {
    if (outcome != null) {
      return outcome.evaluationSet();
    }
    return event != null ? event.evaluationSet() : request.evaluationSet();
  }

  String split() {
    if (outcome != null) {
      return outcome.split();
    }
    return event != null ? event.split() : request.split();
  }

  Integer fold() {
    if (outcome != null) {
      return outcome.fold();
    }
    return event != null ? event.fold() : request.fold();
  }

  /** Whether {@code set} holds the predictions that this trigger waits for. */
  boolean waitsFor(SetManifest set) {
    return !set.sampled()
        && (evaluationSet() == null || evaluationSet().equals(set.evaluationSet()))
        && split().equals(set.split())
        && java.util.Objects.equals(fold(), set.fold());
  }
}
