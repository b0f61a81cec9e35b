package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.Trigger;
import java.util.List;

/**
 * A trigger that has found its complete prediction set; or its withdrawal, which has no manifest.
 *
 * @param manifest what is evaluated; for all folds a summary without segments
 * @param folds the sets of all folds, in their order; empty unless asked for
 * @param baseline what to compare with, as many sets as are evaluated; empty unless asked for
 * @param reportKey set key and request hash: equal keys are the same question about the same rows
 * @param leads true on the first task of a report key: the one that is computed
 * @param round which computation of the report key it waits for, positive; later ones are greater;
 *     0 where none is under way
 * @param revision of the labels: the same question about the same rows with other labels
 * @param restates the question was answered before about an earlier revision: what is new is the
 *     report, and its trigger ends no second time
 */
public record EvaluationTask(
    Trigger trigger,
    SetManifest manifest,
    List<SetManifest> folds,
    List<SetManifest> baseline,
    String requestHash,
    String reportKey,
    boolean leads,
    long round,
    int revision,
    boolean restates) {

  EvaluationTask(
      Trigger trigger,
      SetManifest manifest,
      List<SetManifest> folds,
      List<SetManifest> baseline,
      String requestHash,
      String reportKey,
      boolean leads,
      long round) {
    this(
        trigger,
        manifest,
        folds,
        baseline,
        requestHash,
        reportKey,
        leads,
        round,
        manifest == null ? 0 : manifest.status().revision(),
        false);
  }

  static EvaluationTask of(Trigger trigger, SetManifest manifest, String requestHash) {
    return of(trigger, manifest, List.of(), List.of(), requestHash);
  }

  /** Over all folds. */
  static EvaluationTask ofFolds(Trigger trigger, List<SetManifest> folds, String requestHash) {
    return of(trigger, FoldSets.summary(folds), folds, List.of(), requestHash);
  }

  private static EvaluationTask of(
      Trigger trigger,
      SetManifest manifest,
      List<SetManifest> folds,
      List<SetManifest> baseline,
      String requestHash) {
    String reportKey = manifest.setKey() + ":" + requestHash;
    return new EvaluationTask(trigger, manifest, folds, baseline, requestHash, reportKey, false, 0);
  }

  /** The same with what it is compared with, which is part of the question. */
  EvaluationTask against(List<SetManifest> sets) {
    EvaluationTask against =
        of(
            trigger,
            manifest,
            folds,
            sets,
            RequestHash.of(trigger.question().against(FoldSets.key(sets))));
    return restates ? against.restating() : against;
  }

  /** What was answered before, about another revision. */
  EvaluationTask restating() {
    return with(trigger, leads, round, revision, true);
  }

  /** The same in the name of the trigger that was answered first. */
  EvaluationTask restating(Trigger first) {
    return with(first, leads, round, revision, true);
  }

  /** The same about the rows of {@code newer}, which has the same report key. */
  EvaluationTask about(EvaluationTask newer) {
    return new EvaluationTask(
        trigger,
        newer.manifest,
        newer.folds,
        newer.baseline,
        requestHash,
        reportKey,
        leads,
        round,
        newer.revision,
        restates);
  }

  /** The same, sharing the report of that revision. */
  EvaluationTask sharing(int reportRevision) {
    return with(trigger, false, round, reportRevision, restates);
  }

  private EvaluationTask with(
      Trigger otherTrigger, boolean isLead, long ofRound, int otherRevision, boolean isRestating) {
    return new EvaluationTask(
        otherTrigger,
        manifest,
        folds,
        baseline,
        requestHash,
        reportKey,
        isLead,
        ofRound,
        otherRevision,
        isRestating);
  }

  /** The report key and the revision: under it the parts of one computation meet. */
  public String workKey() {
    return revision == 0 ? reportKey : reportKey + "@" + revision;
  }

  /** Under which a task ends that has no report: one that restates has had its outcome. */
  Trigger endingTrigger() {
    return restates ? trigger.withId(trigger.id() + " (label revision " + revision + ")") : trigger;
  }

  /**
   * Takes back what was handed on before under that trigger's id.
   *
   * @param reportKey as it was then, so that it goes the same way
   */
  static EvaluationTask withdrawal(Trigger trigger, String reportKey) {
    return withdrawal(trigger, reportKey, 0);
  }

  /** The same for what is computed about a revision of the labels. */
  static EvaluationTask withdrawal(Trigger trigger, String reportKey, int revision) {
    return new EvaluationTask(
        trigger, null, List.of(), List.of(), null, reportKey, false, 0, revision, false);
  }

  boolean isWithdrawal() {
    return manifest == null;
  }

  /** Whether it has to meet a baseline before it can be computed. */
  public boolean hasBaseline() {
    return trigger.question().baseline() != null;
  }

  EvaluationTask leading(boolean isLead, long ofRound) {
    return with(trigger, isLead, ofRound, revision, restates);
  }

  /** All rows that are evaluated. */
  List<Piece> pieces() {
    return Piece.of(folds.isEmpty() ? List.of(manifest) : folds);
  }
}
