package dev.touchstone.jobs.testing;

import dev.touchstone.jobs.ingest.DecodePredictions;
import dev.touchstone.jobs.ledger.PredictionLedger;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.KeyedMessage;
import dev.touchstone.jobs.model.LedgerInput;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.schemas.avro.PredictionBatch;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;

/** What the real decoder and ledger say of batches from the wire. */
@SuppressWarnings("try") // a harness may be interrupted while it closes
public final class Updates {

  private Updates() {}

  public static List<LedgerUpdate> of(
      EngineSettings settings, WireBatches rows, List<PredictionBatch> batches) throws Exception {
    OutputTag<DeadLetter> conflicts = new OutputTag<>("conflicts") {};
    try (var ledger =
        new KeyedOneInputStreamOperatorTestHarness<String, LedgerInput, LedgerUpdate>(
            new KeyedProcessOperator<>(new PredictionLedger(settings.ledger(), conflicts, true)),
            LedgerInput::setKey,
            Types.STRING)) {
      ledger.open();
      for (PredictionBatch batch : batches) {
        ledger.processElement(decoded(rows, batch), 0);
      }
      return ledger.extractOutputValues();
    }
  }

  /** What the decoder makes of a batch that it accepts. */
  public static LedgerInput decoded(WireBatches rows, PredictionBatch batch) throws Exception {
    OutputTag<DeadLetter> refused = new OutputTag<>("refused") {};
    try (var decode =
        new KeyedOneInputStreamOperatorTestHarness<String, KeyedMessage, LedgerInput>(
            new KeyedProcessOperator<>(new DecodePredictions(refused, null)),
            KeyedMessage::setKey,
            Types.STRING)) {
      decode.open();
      decode.processElement(new KeyedMessage("any", rows.message(batch, 0)), 0);
      if (decode.getSideOutput(refused) != null) {
        throw new IllegalArgumentException(
            decode.getSideOutput(refused).peek().getValue().reason());
      }
      return decode.extractOutputValues().get(0);
    }
  }
}
