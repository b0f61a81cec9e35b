package dev.touchstone.jobs.ingest;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.MalformedMessageException;
import dev.touchstone.schemas.SchemaRegistry;
import java.io.IOException;
import java.net.URI;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Messages of the topic {@code predictions} → checked batches; what can't be read is refused. */
public final class DecodePredictions extends ProcessFunction<RawMessage, PredictionBatch> {

  private static final long serialVersionUID = 1L;

  private final OutputTag<DeadLetter> refused;
  private final String registryUrl;
  private transient Codec<dev.touchstone.schemas.avro.PredictionBatch> codec;

  /**
   * @param registryUrl null: registry framing is refused
   */
  public DecodePredictions(OutputTag<DeadLetter> refused, String registryUrl) {
    this.refused = refused;
    this.registryUrl = registryUrl;
  }

  @Override
  public void open(OpenContext context) {
    codec =
        Codec.of(
            dev.touchstone.schemas.avro.PredictionBatch.class,
            registryUrl == null ? null : new SchemaRegistry(URI.create(registryUrl)));
  }

  @Override
  public void processElement(
      RawMessage message, Context context, Collector<PredictionBatch> accepted) throws IOException {
    try {
      accepted.collect(BatchCheck.check(codec.decode(message.value()), message));
    } catch (MalformedMessageException | RejectedBatchException e) {
      context.output(refused, new DeadLetter(message, e.getMessage()));
    }
  }
}
