package dev.touchstone.jobs.output;

import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Progress;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.model.WantedEvaluation;
import dev.touchstone.schemas.avro.Claim;
import dev.touchstone.schemas.avro.Decision;
import dev.touchstone.schemas.avro.EvaluationProgress;
import dev.touchstone.schemas.avro.EvaluationReport;
import dev.touchstone.schemas.avro.EvaluationRequest;
import dev.touchstone.schemas.avro.EvaluationState;
import dev.touchstone.schemas.avro.PredictionSet;
import dev.touchstone.schemas.avro.ProgressState;
import dev.touchstone.schemas.avro.Segment;
import java.time.Instant;
import java.util.Locale;

/** Records of the model → records of the wire. */
public final class Wire {

  private Wire() {}

  static dev.touchstone.schemas.avro.MetricPoint of(MetricPoint point) {
    var wire = new dev.touchstone.schemas.avro.MetricPoint();
    wire.setTs(point.timestampMillis());
    wire.setRunId(point.claim().runId());
    wire.setAttempt(point.claim().attempt());
    wire.setModel(point.modelDigest());
    wire.setCheckpoint(point.claim().checkpoint());
    wire.setStep(point.claim().step());
    wire.setEpoch(point.claim().epoch());
    wire.setTier(point.tier().name().toLowerCase(Locale.ROOT));
    wire.setEvaluationSet(point.evaluationSet());
    wire.setSplit(point.split());
    wire.setSample(point.sample());
    wire.setSlice(point.slice());
    wire.setMetric(point.metric());
    wire.setValue(finite(point.value()));
    wire.setCiLow(finite(point.ciLow()));
    wire.setCiHigh(finite(point.ciHigh()));
    wire.setCiMethod(point.ciMethod());
    wire.setLevel(point.level());
    wire.setTarget(point.target());
    wire.setStdError(finite(point.stdError()));
    wire.setEffectiveN(finite(point.effectiveN()));
    wire.setN(point.n());
    wire.setNPos(point.positives());
    wire.setState(point.complete() ? "COMPLETE" : "PARTIAL");
    wire.setTrust(point.trust().name());
    wire.setReason(point.reason());
    wire.setRevision(point.revision());
    return wire;
  }

  static dev.touchstone.schemas.avro.Signal of(Signal signal) {
    var wire = new dev.touchstone.schemas.avro.Signal();
    wire.setRunId(signal.claim().runId());
    wire.setAttempt(signal.claim().attempt());
    wire.setDecision(signal.stop() ? Decision.STOP : Decision.CONTINUE);
    wire.setReason(signal.reason());
    wire.setCheckpoint(signal.claim().checkpoint());
    wire.setStep(signal.claim().step());
    wire.setOutcome(signal.outcome());
    wire.setEvaluationSet(signal.evaluationSet());
    wire.setBestCheckpoint(signal.bestCheckpoint());
    wire.setMetric(signal.metric());
    wire.setValue(finite(signal.value()));
    wire.setCiLow(finite(signal.low()));
    wire.setCiHigh(finite(signal.high()));
    wire.setComparedWith(signal.comparedWith());
    wire.setDifference(finite(signal.difference()));
    wire.setDifferenceLow(finite(signal.differenceLow()));
    wire.setDifferenceHigh(finite(signal.differenceHigh()));
    wire.setAlpha(finite(signal.alpha()));
    wire.setChecks(signal.checks());
    wire.setWithoutGain(signal.withoutGain());
    wire.setRule(signal.rule());
    wire.setTs(signal.timestampMillis());
    return wire;
  }

  static EvaluationRequest of(WantedEvaluation wanted) {
    return EvaluationRequest.newBuilder()
        .setRequestId(wanted.requestId())
        .setRunId(wanted.claim().runId())
        .setCheckpoint(wanted.claim().checkpoint())
        .setEvaluationSet(wanted.evaluationSet())
        .setSplit(wanted.split())
        .setFold(wanted.fold())
        .setEmittedAt(Instant.ofEpochMilli(wanted.timestampMillis()))
        .build();
  }

  private static Double finite(Double value) {
    // JSON has no infinity; the math gives reasons instead of NaN, so this is a last guard
    return value == null || !Double.isFinite(value) ? null : value;
  }

  /** What the topic of prediction sets says. */
  public static PredictionSet of(SetManifest manifest) {
    SetStatus status = manifest.status();
    SetIdentity set = status.set();
    var wire = new PredictionSet();
    wire.setSetKey(set.setKey());
    wire.setState(dev.touchstone.schemas.avro.SetState.valueOf(status.state().name()));
    wire.setReason(status.reason());
    wire.setClaims(
        status.claims().stream()
            .map(c -> new Claim(c.runId(), c.attempt(), c.checkpoint(), c.step(), c.epoch()))
            .toList());
    wire.setModelDigest(set.modelDigest());
    wire.setDatasetDigest(set.datasetDigest());
    wire.setTransformDigest(set.transformDigest());
    wire.setEvaluationSet(set.evaluationSet());
    wire.setSplit(set.split());
    wire.setFold(set.fold());
    wire.setSampled(set.sampled());
    wire.setTask(set.task().name());
    wire.setOutputs(set.outputs());
    wire.setRows(status.rows());
    wire.setExpectedRows(status.expectedRows());
    wire.setPositives(status.positives());
    wire.setDuplicates(status.duplicates());
    wire.setConflicts(status.conflicts());
    wire.setDuplicateRows(status.duplicateRows());
    wire.setConflictingRows(status.conflictingRows());
    wire.setRevision(status.revision());
    wire.setUnknownLabels(status.unknownLabels());
    wire.setWeighted(status.weighted());
    wire.setSlices(status.slices());
    wire.setDigest(
        status.state() == SetState.COMPLETE ? String.format("%016x", status.rowDigest()) : null);
    wire.setSegments(
        manifest.segments().stream().map(s -> new Segment(s.file(), s.rows(), s.bytes())).toList());
    return wire;
  }

  static EvaluationProgress of(Progress progress) {
    Trigger trigger = progress.trigger();
    var wire = new EvaluationProgress();
    wire.setTriggerId(trigger.id());
    wire.setTrigger(trigger.kind().name().toLowerCase(Locale.ROOT));
    wire.setRunId(trigger.claim().runId());
    wire.setAttempt(trigger.claim().attempt());
    wire.setCheckpoint(trigger.claim().checkpoint());
    wire.setEvaluationSet(trigger.evaluationSet());
    wire.setSplit(trigger.split());
    wire.setFold(trigger.fold());
    wire.setState(ProgressState.valueOf(progress.state().name()));
    wire.setAhead(progress.ahead());
    wire.setPass(progress.pass());
    wire.setPasses(progress.passes());
    wire.setSplitsDone(progress.splitsDone());
    wire.setSplitsTotal(progress.splitsTotal());
    wire.setTs(progress.timestampMillis());
    return wire;
  }

  static EvaluationReport of(Outcome outcome) {
    Trigger trigger = outcome.trigger();
    SetIdentity set = outcome.set();
    var wire = new EvaluationReport();
    wire.setTriggerId(trigger.id());
    wire.setTrigger(trigger.kind().name().toLowerCase(Locale.ROOT));
    wire.setState(EvaluationState.valueOf(outcome.state().name()));
    wire.setReason(outcome.reason());
    wire.setRunId(trigger.claim().runId());
    wire.setAttempt(trigger.claim().attempt());
    wire.setCheckpoint(trigger.claim().checkpoint());
    wire.setStep(trigger.claim().step());
    wire.setEpoch(trigger.claim().epoch());
    wire.setEvaluationSet(
        set != null
            ? set.evaluationSet()
            : trigger.evaluationSet() == null ? "" : trigger.evaluationSet());
    wire.setSplit(trigger.split());
    wire.setFold(trigger.fold());
    wire.setSetKey(set == null ? null : set.setKey());
    wire.setRequestHash(outcome.requestHash());
    wire.setReportKey(outcome.reportKey());
    wire.setReport(outcome.reportJson());
    wire.setCost(outcome.costJson());
    wire.setTriggeredAt(trigger.triggeredAtMillis());
    wire.setFinishedAt(outcome.finishedAtMillis());
    wire.setRevision(outcome.revision());
    return wire;
  }
}
