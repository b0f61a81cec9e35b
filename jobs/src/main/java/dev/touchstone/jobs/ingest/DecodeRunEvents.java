package dev.touchstone.jobs.ingest;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.settings.RuleSettings;
import dev.touchstone.schemas.CloudEvents;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.MalformedMessageException;
import dev.touchstone.schemas.SchemaRegistry;
import dev.touchstone.schemas.avro.RunEvent;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Messages of the topic {@code run-events} → events. A tombstone is passed over: there is nothing
 * in it to keep.
 */
public final class DecodeRunEvents
    extends ProcessFunction<RawMessage, dev.touchstone.jobs.model.RunEvent> {

  private static final long serialVersionUID = 1L;

  /** Each becomes a curve of the run. */
  static final int MAX_METRICS = 256;

  static final int MAX_RULE = 64;

  private final OutputTag<DeadLetter> refused;
  private final String registryUrl;
  private transient Codec<RunEvent> codec;

  /**
   * @param registryUrl null: registry framing is refused
   */
  public DecodeRunEvents(OutputTag<DeadLetter> refused, String registryUrl) {
    this.refused = refused;
    this.registryUrl = registryUrl;
  }

  @Override
  public void open(OpenContext context) {
    codec =
        Codec.of(
            RunEvent.class,
            registryUrl == null ? null : new SchemaRegistry(URI.create(registryUrl)));
  }

  @Override
  public void processElement(
      RawMessage message, Context context, Collector<dev.touchstone.jobs.model.RunEvent> accepted)
      throws IOException {
    if (message.value().length == 0) {
      return;
    }
    try {
      byte[] event =
          CloudEvents.unwrap(RunEvent.getClassSchema(), message.headers(), message.value());
      accepted.collect(checked(codec.decode(event), message));
    } catch (MalformedMessageException | RejectedBatchException e) {
      context.output(refused, new DeadLetter(message, e.getMessage()));
    }
  }

  private static dev.touchstone.jobs.model.RunEvent checked(RunEvent event, RawMessage source)
      throws RejectedBatchException {
    DecodeTriggers.name("run_id", event.getRunId());
    DecodeTriggers.range("attempt", event.getAttempt(), 0, Integer.MAX_VALUE);
    if (event.getStep() != null) {
      DecodeTriggers.range("step", event.getStep(), 0, Long.MAX_VALUE);
    } else if (!event.getMetrics().isEmpty()) {
      throw new RejectedBatchException("step must be there with metrics, got null");
    }
    if (event.getEpoch() != null && !Double.isFinite(event.getEpoch())) {
      throw new RejectedBatchException("epoch must be finite, got " + event.getEpoch());
    }
    DecodeTriggers.range("metrics", event.getMetrics().size(), 0, MAX_METRICS);
    for (String name : event.getMetrics().keySet()) {
      DecodeTriggers.name("metrics", name);
    }
    checkRule(event.getRule());
    if (event.getSweep() != null) {
      DecodeTriggers.name("sweep", event.getSweep());
    }
    return new dev.touchstone.jobs.model.RunEvent(
        event.getRunId(),
        event.getAttempt(),
        event.getStep(),
        event.getEpoch(),
        Map.copyOf(event.getMetrics()),
        Map.copyOf(event.getRule()),
        event.getSweep(),
        event.getEmittedAt().toEpochMilli(),
        source);
  }

  private static void checkRule(Map<String, String> rule) throws RejectedBatchException {
    DecodeTriggers.range("rule", rule.size(), 0, MAX_RULE);
    for (Map.Entry<String, String> setting : rule.entrySet()) {
      DecodeTriggers.name("rule", setting.getKey());
      if (!setting.getValue().isEmpty()) {
        DecodeTriggers.name("rule." + setting.getKey(), setting.getValue());
      }
    }
    try {
      RuleSettings.check(rule);
    } catch (IllegalArgumentException e) {
      throw new RejectedBatchException(e.getMessage());
    }
  }
}
