package dev.touchstone.jobs.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.touchstone.jobs.model.FailedReport;
import dev.touchstone.jobs.model.RawMessage;
import java.io.IOException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages of the topic {@code reports} → the failed ones. Others are passed over, their reports
 * unread. A message that can't be read is passed over too: nothing but a second try hangs on it,
 * and it stays in its topic.
 */
public final class DecodeFailures extends RichFlatMapFunction<RawMessage, FailedReport> {

  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(DecodeFailures.class);

  private transient JsonFactory json;

  @Override
  public void open(OpenContext context) {
    json = new JsonFactory();
  }

  @Override
  public void flatMap(RawMessage message, Collector<FailedReport> out) {
    if (message.value().length == 0) {
      return;
    }
    try (JsonParser parser = json.createParser(message.value())) {
      FailedReport failed = failed(parser);
      if (failed != null) {
        out.collect(failed);
      }
    } catch (IOException e) {
      LOG.warn(
          "report at {}-{} offset {} can't be read",
          message.topic(),
          message.partition(),
          message.offset(),
          e);
    }
  }

  /** Null for whatever is no failure behind which a report was begun. */
  private static FailedReport failed(JsonParser parser) throws IOException {
    String trigger = null;
    String set = null;
    String hash = null;
    long finishedAt = Long.MIN_VALUE;
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return null;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "state" -> {
          if (!"FAILED".equals(parser.getText())) {
            return null;
          }
        }
        case "trigger_id" -> trigger = parser.getText();
        case "set_key" -> set = parser.getValueAsString();
        case "request_hash" -> hash = parser.getValueAsString();
        case "finished_at" ->
            finishedAt = value == JsonToken.VALUE_NUMBER_INT ? parser.getLongValue() : finishedAt;
        default -> parser.skipChildren();
      }
    }
    return trigger == null || set == null || hash == null
        ? null
        : new FailedReport(set + ":" + hash, trigger, finishedAt);
  }
}
