package dev.touchstone.cli.plan;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.metrics.sampling.ExpectedError;
import dev.touchstone.metrics.sampling.PlanFile;
import dev.touchstone.metrics.sampling.PlanRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a full report proposes to sample in the next run.
 *
 * @param rule strata and rates
 * @param errors that its sample is expected to have
 * @param setKey of the prediction set that it was made from
 */
record ReportedPlan(PlanRule rule, List<ExpectedError> errors, String setKey) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads the section {@code proposed_plan} of a report, which may lie in the answer of the server
   * that holds it.
   *
   * @throws IllegalArgumentException if there is none, or it proposes nothing
   */
  static ReportedPlan read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException("--from-report must be a file, got " + file);
    }
    JsonNode root;
    try {
      root = JSON.readTree(file.toFile());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException(
          "--from-report must be JSON, got " + file + ": " + e.getOriginalMessage());
    }
    JsonNode report = root.path("report").isObject() ? root.path("report") : root;
    JsonNode proposed = report.path("proposed_plan");
    if (!proposed.path("plan").isObject()) {
      throw new IllegalArgumentException(
          proposed.path("reason").isTextual()
              ? "the report proposes no plan: " + proposed.path("reason").asText()
              : "the report has no proposed_plan: ask with propose_plan_budget, got " + file);
    }
    Map<String, Object> map =
        JSON.convertValue(proposed.path("plan"), new TypeReference<Map<String, Object>>() {});
    List<ExpectedError> errors = new ArrayList<>();
    for (JsonNode error : proposed.path("expected_errors")) {
      errors.add(
          new ExpectedError(
              error.path("metric").asText(),
              error.path("planned").asDouble(),
              error.path("uniform").asDouble()));
    }
    return new ReportedPlan(
        PlanFile.ruleFromMap(map), errors, report.path("provenance").path("set_key").asText());
  }
}
