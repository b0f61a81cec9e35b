package dev.touchstone.jobs.ingest;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.KeyedMessage;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.MalformedMessageException;
import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Which prediction set a message of the topic {@code predictions} belongs to, from its first
 * fields: the columns are skipped, so that a message crosses to the subtask of its set once, as it
 * came.
 */
public final class FindPredictionSet extends ProcessFunction<RawMessage, KeyedMessage> {

  private static final long serialVersionUID = 1L;

  private final OutputTag<DeadLetter> refused;
  private final String registryUrl;
  private transient Codec<dev.touchstone.schemas.avro.PredictionBatch> codec;

  /**
   * @param registryUrl null: registry framing is refused
   */
  public FindPredictionSet(OutputTag<DeadLetter> refused, String registryUrl) {
    this.refused = refused;
    this.registryUrl = registryUrl;
  }

  @Override
  public void open(OpenContext context) {
    codec = PredictionCodec.of(registryUrl);
  }

  @Override
  public void processElement(RawMessage message, Context context, Collector<KeyedMessage> out)
      throws IOException {
    try {
      out.collect(new KeyedMessage(SetKeys.of(codec.decodeWithoutBytes(message.value())), message));
    } catch (MalformedMessageException e) {
      context.output(refused, new DeadLetter(message, e.getMessage()));
    }
  }
}
