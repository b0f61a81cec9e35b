package dev.touchstone.server.forward;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.schemas.Topics;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.MetricPoint;
import dev.touchstone.server.view.Outcome;
import dev.touchstone.server.view.Signal;
import dev.touchstone.server.view.TopicRecord;
import dev.touchstone.server.view.Verdict;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes results of records. */
final class ResultReader {

  private final Map<String, Kind> kinds;

  ResultReader(Topics topics) {
    kinds = Stream.of(Kind.values()).collect(Collectors.toMap(k -> k.topic(topics), k -> k));
  }

  /**
   * Reads a record.
   *
   * @return empty for a tombstone, and for a topic that carries no results
   * @throws IOException if it is not what its topic promises; likewise IllegalArgumentException
   */
  Optional<Result> read(TopicRecord record) throws IOException {
    Kind kind = kinds.get(record.topic());
    byte[] value = record.value();
    if (kind == null || value == null) {
      return Optional.empty();
    }
    return Optional.of(
        switch (kind) {
          case POINTS -> new Result.PointResult(Json.MAPPER.readValue(value, MetricPoint.class));
          case SIGNALS -> new Result.SignalResult(Json.MAPPER.readValue(value, Signal.class));
          case VERDICTS -> new Result.VerdictResult(Json.MAPPER.readValue(value, Verdict.class));
          case REPORTS -> report(value);
        });
  }

  private static Result report(byte[] value) throws IOException {
    if (!(Json.MAPPER.readTree(value) instanceof ObjectNode envelope)) {
      throw new IllegalArgumentException("a report must be a JSON object");
    }
    JsonNode body = envelope.remove("report");
    return new Result.ReportResult(
        Json.MAPPER.treeToValue(envelope, Outcome.class),
        body == null || !body.isObject() ? null : Json.MAPPER.writeValueAsBytes(body));
  }
}
