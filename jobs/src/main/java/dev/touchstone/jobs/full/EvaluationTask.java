package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.Trigger;

/**
 * A trigger that has found its complete prediction set; or its withdrawal, which has the trigger
 * alone.
 *
 * @param reportKey set key and request hash: equal keys are the same question about the same rows
 * @param leads true on the first task of a report key: the one that is computed
 */
public record EvaluationTask(
    Trigger trigger, SetManifest manifest, String requestHash, String reportKey, boolean leads) {

  static EvaluationTask of(Trigger trigger, SetManifest manifest, String requestHash) {
    return new EvaluationTask(
        trigger, manifest, requestHash, manifest.setKey() + ":" + requestHash, false);
  }

  /** Takes back what was handed on before under that trigger's id. */
  static EvaluationTask withdrawal(Trigger trigger) {
    return new EvaluationTask(trigger, null, null, null, false);
  }

  boolean isWithdrawal() {
    return manifest == null;
  }

  EvaluationTask leading(boolean isLead) {
    return new EvaluationTask(trigger, manifest, requestHash, reportKey, isLead);
  }
}
