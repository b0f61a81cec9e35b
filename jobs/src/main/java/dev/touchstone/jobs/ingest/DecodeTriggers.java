package dev.touchstone.jobs.ingest;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.model.Withdrawal;
import dev.touchstone.jobs.settings.EngineSettings.FullSettings;
import dev.touchstone.schemas.CloudEvents;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.MalformedMessageException;
import dev.touchstone.schemas.SchemaRegistry;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.EvaluationRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.avro.Schema;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Messages of the topics {@code checkpoints} and {@code evaluation-requests} → triggers. On the
 * latter a tombstone withdraws the trigger that its key names.
 */
public final class DecodeTriggers extends ProcessFunction<RawMessage, Trigger> {

  private static final long serialVersionUID = 1L;

  static final int MAX_DEADLINE_SECONDS = 1_000_000;
  static final int MAX_PRIORITY = 9;

  /** The engine makes up no longer id: its parts are names. */
  private static final int MAX_ID = 8 * BatchCheck.MAX_NAME;

  private final Trigger.Kind kind;
  private final OutputTag<DeadLetter> refused;
  private final OutputTag<Withdrawal> withdrawn;
  private final FullSettings settings;
  private final String registryUrl;
  private transient QuestionReader questions;
  private transient Codec<CheckpointEvent> events;
  private transient Codec<EvaluationRequest> requests;

  public DecodeTriggers(
      Trigger.Kind kind,
      OutputTag<DeadLetter> refused,
      OutputTag<Withdrawal> withdrawn,
      FullSettings settings,
      String registryUrl) {
    this.kind = kind;
    this.refused = refused;
    this.withdrawn = withdrawn;
    this.settings = settings;
    this.registryUrl = registryUrl;
  }

  @Override
  public void open(OpenContext context) {
    SchemaRegistry registry =
        registryUrl == null ? null : new SchemaRegistry(URI.create(registryUrl));
    questions = new QuestionReader(settings);
    events = Codec.of(CheckpointEvent.class, registry);
    requests = Codec.of(EvaluationRequest.class, registry);
  }

  @Override
  public void processElement(RawMessage message, Context context, Collector<Trigger> accepted)
      throws IOException {
    try {
      if (kind == Trigger.Kind.REQUEST && message.value().length == 0) {
        context.output(withdrawn, new Withdrawal(id(message.key())));
        return;
      }
      accepted.collect(
          switch (kind) {
            case CHECKPOINT ->
                trigger(
                    events.decode(unwrap(CheckpointEvent.getClassSchema(), message)),
                    message.timestamp());
            case REQUEST ->
                trigger(
                    requests.decode(unwrap(EvaluationRequest.getClassSchema(), message)),
                    message.timestamp());
          });
    } catch (MalformedMessageException | RejectedBatchException e) {
      context.output(refused, new DeadLetter(message, e.getMessage()));
    }
  }

  private static byte[] unwrap(Schema schema, RawMessage message) throws MalformedMessageException {
    return CloudEvents.unwrap(schema, message.headers(), message.value());
  }

  private Trigger trigger(CheckpointEvent event, long timestamp) throws RejectedBatchException {
    name("run_id", event.getRunId());
    name("checkpoint", event.getCheckpoint());
    name("evaluation_set", event.getEvaluationSet());
    name("split", event.getSplit());
    range("attempt", event.getAttempt(), 0, Integer.MAX_VALUE);
    range("step", event.getStep(), 0, Long.MAX_VALUE);
    fold(event.getFold());
    if (event.getEpoch() != null && !Double.isFinite(event.getEpoch())) {
      throw new RejectedBatchException("epoch must be finite, got " + event.getEpoch());
    }
    String id =
        String.join(
            "|",
            "checkpoint",
            event.getRunId(),
            Integer.toString(event.getAttempt()),
            event.getCheckpoint(),
            event.getEvaluationSet(),
            event.getSplit(),
            String.valueOf(event.getFold()));
    return new Trigger(
        id,
        kind,
        new Claim(
            event.getRunId(),
            event.getAttempt(),
            event.getCheckpoint(),
            event.getStep(),
            event.getEpoch()),
        event.getEvaluationSet(),
        event.getSplit(),
        event.getFold(),
        questions.read(event),
        timestamp,
        Duration.ofSeconds(settings.deadlineSeconds()).toMillis(),
        0);
  }

  private Trigger trigger(EvaluationRequest request, long timestamp) throws RejectedBatchException {
    name("request_id", request.getRequestId());
    name("run_id", request.getRunId());
    name("checkpoint", request.getCheckpoint());
    if (request.getEvaluationSet() != null) {
      name("evaluation_set", request.getEvaluationSet());
    }
    name("split", request.getSplit());
    fold(request.getFold());
    range("priority", request.getPriority(), 0, MAX_PRIORITY);
    long deadline = settings.deadlineSeconds();
    if (request.getDeadlineSeconds() != null) {
      range("deadline_seconds", request.getDeadlineSeconds(), 0, MAX_DEADLINE_SECONDS);
      deadline = request.getDeadlineSeconds();
    }
    return new Trigger(
        request.getRequestId(),
        kind,
        new Claim(request.getRunId(), -1, request.getCheckpoint(), -1, null),
        request.getEvaluationSet(),
        request.getSplit(),
        request.getFold(),
        questions.read(request),
        timestamp,
        Duration.ofSeconds(deadline).toMillis(),
        request.getPriority());
  }

  private static String id(byte[] key) throws RejectedBatchException {
    int length = key == null ? 0 : key.length;
    if (length == 0 || length > MAX_ID) {
      throw new RejectedBatchException(
          "a message without value withdraws the trigger that its key names: the key must be 1 to "
              + MAX_ID
              + " bytes, got "
              + length);
    }
    return new String(key, StandardCharsets.UTF_8);
  }

  static void name(String key, String value) throws RejectedBatchException {
    if (value.isEmpty() || value.length() > BatchCheck.MAX_NAME) {
      throw new RejectedBatchException(
          key + " must be 1 to " + BatchCheck.MAX_NAME + " characters, got " + value.length());
    }
    for (int i = 0; i < value.length(); i++) {
      if (Character.isISOControl(value.charAt(i))) {
        throw new RejectedBatchException(key + " must hold no control characters, got one at " + i);
      }
    }
  }

  private static void fold(Integer fold) throws RejectedBatchException {
    if (fold != null) {
      range("fold", fold, 0, Integer.MAX_VALUE);
    }
  }

  static void range(String key, long value, long min, long max) throws RejectedBatchException {
    if (value < min || value > max) {
      throw new RejectedBatchException(
          key + " must be in [" + min + ", " + max + "], got " + value);
    }
  }
}
