package dev.touchstone.jobs.ingest;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.MalformedMessageException;
import dev.touchstone.schemas.avro.PredictionSet;
import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Messages of the topic {@code prediction-sets} → manifests. A tombstone is passed over. */
public final class DecodeManifests extends ProcessFunction<RawMessage, SetManifest> {

  private static final long serialVersionUID = 1L;

  private final OutputTag<DeadLetter> refused;
  private transient Codec<PredictionSet> codec;

  public DecodeManifests(OutputTag<DeadLetter> refused) {
    this.refused = refused;
  }

  @Override
  public void open(OpenContext context) {
    codec = Codec.of(PredictionSet.class);
  }

  @Override
  public void processElement(RawMessage message, Context context, Collector<SetManifest> accepted)
      throws IOException {
    if (message.value().length == 0) {
      return;
    }
    try {
      accepted.collect(manifest(codec.decode(message.value())));
    } catch (MalformedMessageException | IllegalArgumentException e) {
      context.output(refused, new DeadLetter(message, e.getMessage()));
    }
  }

  static SetManifest manifest(PredictionSet wire) {
    SetIdentity set =
        new SetIdentity(
            wire.getSetKey(),
            wire.getModelDigest(),
            wire.getDatasetDigest(),
            wire.getTransformDigest(),
            wire.getEvaluationSet(),
            wire.getSplit(),
            wire.getFold(),
            wire.getSampled(),
            Task.valueOf(wire.getTask()),
            wire.getOutputs());
    SetStatus status =
        new SetStatus(
            set,
            SetState.valueOf(wire.getState().name()),
            wire.getReason(),
            wire.getClaims().stream()
                .map(
                    c ->
                        new Claim(
                            c.getRunId(),
                            c.getAttempt(),
                            c.getCheckpoint(),
                            c.getStep(),
                            c.getEpoch()))
                .toList(),
            wire.getRows(),
            wire.getExpectedRows(),
            wire.getPositives(),
            wire.getDuplicates(),
            wire.getConflicts(),
            wire.getDuplicateRows(),
            wire.getConflictingRows(),
            wire.getWeighted(),
            wire.getSlices(),
            wire.getDigest() == null ? 0 : Long.parseUnsignedLong(wire.getDigest(), 16),
            false,
            wire.getRevision(),
            wire.getUnknownLabels());
    return new SetManifest(
        status,
        wire.getSegments().stream()
            .map(s -> new Segment(s.getFile(), s.getRows(), s.getBytes()))
            .toList());
  }
}
