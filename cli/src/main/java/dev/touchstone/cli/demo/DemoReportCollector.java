package dev.touchstone.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.schemas.Topics;
import dev.touchstone.server.view.RunFigures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What became of one run's predictions, folded from the messages of the output topics in any order
 * and any number of times: the last message of a key counts.
 *
 * <p>Thread-safe: one thread reads topics while another asks.
 */
final class DemoReportCollector {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String COMPLETE = "COMPLETE";
  private static final String RECEIVING = "RECEIVING";
  private static final List<String> POINT_FIELDS =
      List.of(
          "checkpoint",
          "step",
          "metric",
          "value",
          "ci_low",
          "ci_high",
          "ci_method",
          "level",
          "n",
          "n_pos",
          "state",
          "reason");
  private static final List<String> REPORT_FIELDS =
      List.of("schema", "n", "n_pos", "metrics", "slices");

  private static final String EVALUATED = "EVALUATED";

  private final Set<String> evaluatedHere = new HashSet<>();
  private final Topics topics;
  private final String runId;
  private final Map<String, JsonNode> sets = new HashMap<>();
  private final Map<String, JsonNode> outcomes = new HashMap<>();
  private final Map<String, JsonNode> reports = new HashMap<>();
  // checkpoint, then metric: both sorted, as the summary lists them
  private final Map<String, Map<String, JsonNode>> proxies = new TreeMap<>();
  private long setMessages;
  private final List<Long> proxyTimes = new ArrayList<>();
  private final List<Long> deadLetterTimes = new ArrayList<>();

  /** The newest value of a proxy metric. Value and bounds are null where undefined. */
  record Proxy(String checkpoint, long step, Double value, Double low, Double high) {}

  DemoReportCollector(Topics topics, String runId) {
    this.topics = topics;
    this.runId = runId;
  }

  /** The topics to read, each from its beginning. */
  List<String> topics() {
    return List.of(
        topics.predictionSets(), topics.metrics(), topics.reports(), topics.deadLetters());
  }

  /**
   * Folds one message.
   *
   * @throws IllegalStateException if a result is not JSON; names topic, partition and offset
   */
  synchronized void accept(ConsumerRecord<String, byte[]> message) {
    if (message.topic().equals(topics.deadLetters())) {
      deadLetterTimes.add(message.timestamp());
    } else if (message.value() != null) {
      JsonNode result = parse(message);
      if (message.topic().equals(topics.predictionSets())) {
        acceptSet(result);
      } else if (message.topic().equals(topics.metrics())) {
        acceptPoint(result);
      } else if (message.topic().equals(topics.reports())) {
        acceptOutcome(result);
      }
    }
  }

  private void acceptSet(JsonNode set) {
    for (JsonNode claim : set.path("claims")) {
      if (claim.path("run_id").asText().equals(runId)) {
        sets.put(claim.path("checkpoint").asText(), set);
        setMessages++;
      }
    }
  }

  private void acceptPoint(JsonNode point) {
    boolean wanted =
        point.path("run_id").asText().equals(runId)
            && point.path("tier").asText().equals("proxy")
            && !RunFigures.has(point.path("metric").asText())
            && point.path("slice").asText().isEmpty();
    if (wanted) {
      proxies
          .computeIfAbsent(point.path("checkpoint").asText(), checkpoint -> new TreeMap<>())
          .put(point.path("metric").asText(), point);
      proxyTimes.add(point.path("ts").asLong());
    }
  }

  private void acceptOutcome(JsonNode outcome) {
    // a report of another run serves this one too where the content is the same
    if (outcome.path("report").isObject() && outcome.path("report_key").isTextual()) {
      reports.put(outcome.path("report_key").asText(), outcome.path("report"));
    }
    if (outcome.path("run_id").asText().equals(runId)
        && outcome.path("trigger").asText().equals("checkpoint")) {
      if (outcome.path("state").asText().equals(EVALUATED)) {
        evaluatedHere.add(outcome.path("report_key").asText());
      }
      outcomes.merge(
          outcome.path("checkpoint").asText(),
          outcome,
          (known, other) ->
              other.path("attempt").asInt() >= known.path("attempt").asInt() ? other : known);
    }
  }

  /** The newest checkpoint's value of a proxy metric over all examples; empty before the first. */
  synchronized Optional<Proxy> latestProxy(String metric) {
    JsonNode newest = null;
    for (Map<String, JsonNode> byMetric : proxies.values()) {
      newest = byMetric.getOrDefault(metric, newest);
    }
    return Optional.ofNullable(newest)
        .map(
            point ->
                new Proxy(
                    point.path("checkpoint").asText(),
                    point.path("step").asLong(),
                    number(point, "value"),
                    number(point, "ci_low"),
                    number(point, "ci_high")));
  }

  /** How many of the run's prediction sets have all their rows. */
  synchronized int completeSets() {
    return (int) sets.values().stream().filter(set -> inState(set, COMPLETE)).count();
  }

  /** How many of the run's checkpoint events have ended, one way or the other. */
  synchronized int endedEvaluations() {
    return outcomes.size();
  }

  /**
   * What the run still waits for, in words; empty when everything has ended: each step's prediction
   * set is COMPLETE or INCONSISTENT, and each checkpoint event has its outcome.
   */
  synchronized List<String> missing(TrainingRun.Summary run) {
    List<String> missing = new ArrayList<>();
    for (int step = 1; step <= run.steps(); step++) {
      String checkpoint = DemoSettings.checkpointId(step);
      JsonNode set = sets.get(checkpoint);
      if (set == null) {
        missing.add("the prediction set of " + checkpoint);
      } else if (inState(set, RECEIVING)) {
        missing.add(
            String.format(
                "rows of the prediction set of %s (%d of %s)",
                checkpoint, set.path("rows").asLong(), set.path("expected_rows").asText()));
      }
    }
    for (TrainingRun.Checkpoint checkpoint : run.checkpoints()) {
      if (!outcomes.containsKey(checkpoint.id())) {
        missing.add("the evaluation of " + checkpoint.id());
      }
    }
    return missing;
  }

  /**
   * Whether nothing that is still to come is known of: each complete set has its last proxies, and
   * each checkpoint event of the run's last attempt its own outcome. (A run that was restarted has
   * all outcomes of the first attempt before the second has sent its events again.)
   */
  synchronized boolean isFinal(TrainingRun.Summary run) {
    boolean proxiesAreFinal =
        sets.entrySet().stream()
            .filter(set -> inState(set.getValue(), COMPLETE))
            .map(set -> proxies.getOrDefault(set.getKey(), Map.of()).values())
            .allMatch(
                points -> !points.isEmpty() && points.stream().allMatch(p -> inState(p, COMPLETE)));
    return proxiesAreFinal
        && run.checkpoints().stream()
            .map(checkpoint -> outcomes.get(checkpoint.id()))
            .allMatch(
                outcome -> outcome != null && outcome.path("attempt").asInt() >= run.attempt());
  }

  /** Changes with each message about one of the run's prediction sets. */
  synchronized long setMessages() {
    return setMessages;
  }

  /** The outcome of a checkpoint event: state, and the metrics where there is a report. */
  synchronized ObjectNode checkpoint(TrainingRun.Checkpoint checkpoint) {
    ObjectNode entry = NODES.objectNode();
    entry.put("checkpoint", checkpoint.id());
    entry.put("step", checkpoint.step());
    JsonNode outcome = outcomes.get(checkpoint.id());
    if (outcome == null) {
      entry.putNull("state");
      entry.put("reason", "no outcome before the deadline");
      entry.putNull("report");
      return entry;
    }
    // a restarted run asks again and is answered REUSED, but the report was made for this run
    boolean ownReport = evaluatedHere.contains(outcome.path("report_key").asText());
    entry.put("state", ownReport ? EVALUATED : outcome.path("state").asText());
    entry.set("reason", outcome.path("reason").isTextual() ? outcome.get("reason") : null);
    entry.set("set_key", outcome.get("set_key"));
    entry.set("report_key", outcome.get("report_key"));
    JsonNode report = outcome.path("report");
    if (!report.isObject()) {
      report = reports.getOrDefault(outcome.path("report_key").asText(), NODES.nullNode());
    }
    entry.set("report", report.isObject() ? shortened(report) : NODES.nullNode());
    return entry;
  }

  /** A report without what is long: the sweep is on the page and in the reports topic. */
  private static ObjectNode shortened(JsonNode report) {
    ObjectNode object = NODES.objectNode();
    for (String field : REPORT_FIELDS) {
      if (report.has(field)) {
        object.set(field, report.get(field));
      }
    }
    return object;
  }

  /**
   * The run as one JSON object.
   *
   * <p>{@code predictions_emitted} is what the last attempt sent, {@code predictions_evaluated} the
   * rows of the run's COMPLETE sets, {@code duplicates} the messages that came again and were
   * dropped, {@code dead_letters} the messages refused since the run began. Seconds: {@code
   * training} is the training job from start to end, scoring and sending included; {@code
   * evaluation} from the first prediction sent to the last outcome; {@code time_to_first_proxy}
   * from the first prediction sent to the first proxy metric; {@code checkpoint_to_report} from a
   * checkpoint event to its outcome, the median, and {@code checkpoint_to_report_max}. Seconds that
   * can't be told are null.
   */
  synchronized ObjectNode toJson(TrainingRun.Summary run) {
    ObjectNode json = NODES.objectNode();
    json.put("run_id", runId);
    json.put("attempt", run.attempt());
    json.put("steps", run.steps());
    json.put("predictions_emitted", run.predictionsEmitted());
    json.put("predictions_evaluated", sum("rows", true));
    json.put("duplicates", sum("duplicates", false));
    json.put("conflicts", sum("conflicts", false));
    json.put("dead_letters", deadLetterTimes.stream().filter(ts -> ts >= run.startedAt()).count());
    ArrayNode checkpoints = json.putArray("checkpoints");
    run.checkpoints().forEach(checkpoint -> checkpoints.add(checkpoint(checkpoint)));
    ArrayNode points = json.putArray("proxies");
    for (Map<String, JsonNode> byMetric : proxies.values()) {
      byMetric.values().forEach(point -> points.add(fields(point)));
    }
    json.set("seconds", seconds(run));
    return json;
  }

  private static ObjectNode fields(JsonNode point) {
    ObjectNode object = NODES.objectNode();
    POINT_FIELDS.forEach(field -> object.set(field, point.get(field)));
    return object;
  }

  private ObjectNode seconds(TrainingRun.Summary run) {
    double[] toReport =
        run.checkpoints().stream()
            .filter(checkpoint -> outcomes.containsKey(checkpoint.id()))
            .mapToDouble(
                checkpoint -> finishedAt(outcomes.get(checkpoint.id())) - checkpoint.emittedAt())
            .filter(millis -> millis >= 0) // evaluated in an earlier attempt: not this one's time
            .map(millis -> millis / 1e3)
            .sorted()
            .toArray();
    long lastOutcome =
        outcomes.values().stream().mapToLong(DemoReportCollector::finishedAt).max().orElse(-1);
    long firstProxy =
        proxyTimes.stream()
            .mapToLong(ts -> ts)
            .filter(ts -> ts >= run.firstBatchAt())
            .min()
            .orElse(-1);
    ObjectNode seconds = NODES.objectNode();
    seconds.put("training", run.trainingSeconds());
    seconds.set("evaluation", between(run.firstBatchAt(), lastOutcome));
    seconds.set("time_to_first_proxy", between(run.firstBatchAt(), firstProxy));
    if (toReport.length == 0) {
      seconds.putNull("checkpoint_to_report");
      seconds.putNull("checkpoint_to_report_max");
    } else {
      int middle = toReport.length / 2;
      boolean odd = toReport.length % 2 == 1;
      double median = odd ? toReport[middle] : (toReport[middle - 1] + toReport[middle]) / 2;
      seconds.put("checkpoint_to_report", median);
      seconds.put("checkpoint_to_report_max", Arrays.stream(toReport).max().orElseThrow());
    }
    return seconds;
  }

  private static JsonNode between(long begin, long end) {
    return end < begin ? NODES.nullNode() : NODES.numberNode((end - begin) / 1e3);
  }

  private static long finishedAt(JsonNode outcome) {
    return outcome.path("finished_at").asLong();
  }

  private long sum(String field, boolean completeOnly) {
    return sets.values().stream()
        .filter(set -> !completeOnly || inState(set, COMPLETE))
        .mapToLong(set -> set.path(field).asLong())
        .sum();
  }

  private static boolean inState(JsonNode result, String state) {
    return result.path("state").asText().equals(state);
  }

  private static Double number(JsonNode point, String field) {
    return point.path(field).isNumber() ? point.get(field).doubleValue() : null;
  }

  private static JsonNode parse(ConsumerRecord<String, byte[]> message) {
    try {
      return MAPPER.readTree(message.value());
    } catch (IOException e) {
      throw new IllegalStateException(
          String.format(
              "result is not JSON: topic %s, partition %d, offset %d",
              message.topic(), message.partition(), message.offset()),
          e);
    }
  }
}
