package dev.touchstone.jobs.ingest;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.KeyedMessage;
import dev.touchstone.jobs.model.LedgerInput;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.MalformedMessageException;
import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Messages of a prediction set → checked batches; what can't be read is refused. */
public final class DecodePredictions
    extends KeyedProcessFunction<String, KeyedMessage, LedgerInput> {

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
    codec = PredictionCodec.of(registryUrl);
  }

  @Override
  public void processElement(KeyedMessage arrived, Context context, Collector<LedgerInput> accepted)
      throws IOException {
    var message = arrived.message();
    if (message == null) {
      accepted.collect(new LedgerInput(arrived.setKey(), null));
      return;
    }
    try {
      accepted.collect(LedgerInput.of(BatchCheck.check(codec.decode(message.value()), message)));
    } catch (MalformedMessageException | RejectedBatchException e) {
      context.output(refused, new DeadLetter(message, e.getMessage()));
    }
  }
}
