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
 */
public record EvaluationTask(
    Trigger trigger,
    SetManifest manifest,
    List<SetManifest> folds,
    List<SetManifest> baseline,
    String requestHash,
    String reportKey,
    boolean leads,
    long round) {

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
    return of(
        trigger,
        manifest,
        folds,
        sets,
        RequestHash.of(trigger.question().against(FoldSets.key(sets))));
  }

  /**
   * Takes back what was handed on before under that trigger's id.
   *
   * @param reportKey as it was then, so that it goes the same way
   */
  static EvaluationTask withdrawal(Trigger trigger, String reportKey) {
    return new EvaluationTask(trigger, null, List.of(), List.of(), null, reportKey, false, 0);
  }

  boolean isWithdrawal() {
    return manifest == null;
  }

  /** Whether it has to meet a baseline before it can be computed. */
  public boolean hasBaseline() {
    return trigger.question().baseline() != null;
  }

  EvaluationTask leading(boolean isLead, long ofRound) {
    return new EvaluationTask(
        trigger, manifest, folds, baseline, requestHash, reportKey, isLead, ofRound);
  }

  /** All rows that are evaluated. */
  List<Piece> pieces() {
    return Piece.of(folds.isEmpty() ? List.of(manifest) : folds);
  }
}
