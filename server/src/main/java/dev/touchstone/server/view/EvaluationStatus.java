package dev.touchstone.server.view;

/**
 * Where an evaluation stands.
 *
 * @param id of the trigger; null for a checkpoint event under way, whose id the engine derives
 * @param trigger {@code checkpoint} or {@code request}
 * @param state WAITING or EVALUATING, else terminal: EVALUATED, REUSED, SUPERSEDED, INCOMPLETE,
 *     EXPIRED, FAILED
 * @param reason why it is so
 * @param finishedAt null while under way
 * @param progress null where nothing is known of it: not started, over, or too short to be told of
 * @param reportKey where the report is; null without one
 * @param revision of the labels behind the report; null while under way
 */
public record EvaluationStatus(
    String id,
    String trigger,
    String state,
    String reason,
    String runId,
    String checkpoint,
    String evaluationSet,
    String split,
    Integer fold,
    String setKey,
    String reportKey,
    Integer revision,
    long triggeredAt,
    Long finishedAt,
    Progress progress) {

  /** Splits of the pass over the rows that is under way; passes count from 1. */
  public record Progress(int pass, int passes, int splitsDone, int splitsTotal) {

    static Progress of(EvaluationProgress p) {
      return new Progress(p.pass(), p.passes(), p.splitsDone(), p.splitsTotal());
    }
  }
}
