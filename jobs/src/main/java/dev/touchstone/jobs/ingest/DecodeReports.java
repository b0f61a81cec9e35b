package dev.touchstone.jobs.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.MalformedMessageException;
import dev.touchstone.schemas.avro.EvaluationReport;
import dev.touchstone.schemas.avro.EvaluationState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Messages of the topic {@code reports} → the exact values in them. One that ended REUSED names a
 * report without having it: its values are empty, see {@link ReusedReports}. Outcomes without a
 * report, reports of all folds together (nothing else is about the same rows) and tombstones are
 * passed over.
 */
public final class DecodeReports extends ProcessFunction<RawMessage, ExactMetrics> {

  private static final long serialVersionUID = 1L;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of one report, all slices; the rest is left out. */
  static final int MAX_VALUES = 100_000;

  private final OutputTag<DeadLetter> refused;
  private transient Codec<EvaluationReport> codec;

  public DecodeReports(OutputTag<DeadLetter> refused) {
    this.refused = refused;
  }

  @Override
  public void open(OpenContext context) {
    codec = Codec.of(EvaluationReport.class);
  }

  @Override
  public void processElement(RawMessage message, Context context, Collector<ExactMetrics> accepted)
      throws IOException {
    if (message.value().length == 0) {
      return;
    }
    try {
      EvaluationReport outcome = codec.decode(message.value());
      boolean hasReport =
          outcome.getState() == EvaluationState.EVALUATED
              || outcome.getState() == EvaluationState.REUSED;
      ExactMetrics exact = hasReport ? exact(outcome) : null;
      if (exact != null) {
        accepted.collect(exact);
      }
    } catch (MalformedMessageException | IllegalArgumentException | JsonProcessingException e) {
      context.output(refused, new DeadLetter(message, e.getMessage()));
    }
  }

  private static ExactMetrics exact(EvaluationReport outcome) throws JsonProcessingException {
    required("report_key", outcome.getReportKey());
    required("set_key", outcome.getSetKey());
    Double threshold = null;
    long n = 0;
    List<ExactMetrics.Value> values = new ArrayList<>();
    if (outcome.getState() == EvaluationState.EVALUATED) {
      JsonNode report = JSON.readTree(required("report", outcome.getReport()));
      if (!report.path("metrics").isObject()) {
        throw new IllegalArgumentException("report.metrics must be an object, got none");
      }
      JsonNode provenance = report.path("provenance");
      if (provenance.has("fold_set_keys")) {
        return null;
      }
      JsonNode at = provenance.path("question").path("decision_threshold");
      threshold = at.isNumber() ? (Double) at.doubleValue() : null;
      n = report.path("n").asLong();
      addValues("", report.path("metrics"), values);
      for (JsonNode slice : report.path("slices")) {
        addValues(slice.path("slice").asText(), slice.path("metrics"), values);
      }
    }
    return new ExactMetrics(
        outcome.getReportKey(),
        new Claim(
            outcome.getRunId(),
            outcome.getAttempt(),
            outcome.getCheckpoint(),
            outcome.getStep(),
            outcome.getEpoch()),
        outcome.getSetKey(),
        outcome.getEvaluationSet(),
        outcome.getSplit(),
        outcome.getFold(),
        outcome.getRevision(),
        threshold,
        false,
        n,
        values);
  }

  private static void addValues(String slice, JsonNode metrics, List<ExactMetrics.Value> values) {
    metrics
        .properties()
        .forEach(
            metric -> {
              JsonNode value = metric.getValue().path("value");
              if (value.isNumber() && values.size() < MAX_VALUES) {
                values.add(new ExactMetrics.Value(slice, metric.getKey(), value.doubleValue()));
              }
            });
  }

  private static String required(String field, String value) {
    if (value == null) {
      throw new IllegalArgumentException(
          field + " must be there where there is a report, got null");
    }
    return value;
  }
}
