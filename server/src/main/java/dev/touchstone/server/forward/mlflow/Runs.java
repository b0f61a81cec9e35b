package dev.touchstone.server.forward.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.view.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Which run of MLflow a run's results go to: the newest one, in any experiment, whose tag {@code
 * touchstone.run_id} names it; where there is none, a new one. So a restart goes on with the same
 * run, and a training job that tags its own run of MLflow finds the results there.
 */
final class Runs {

  static final String RUN_ID = "touchstone.run_id";

  /** A digest of the id: ids with quotes can't be put into a query. */
  static final String RUN_KEY = "touchstone.run_key";

  private static final Pattern QUOTABLE = Pattern.compile("[^'\"`\\\\\\p{Cntrl}]{1,500}");
  private static final int MAX_EXPERIMENTS = 1_000;
  private static final int MAX_FOUND = 50;
  private static final int MAX_KNOWN = 10_000;
  private static final int MAX_NAME = 200;

  private final Api api;
  private final String experiment;
  private String experimentId;
  private final Map<String, MlflowRun> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, MlflowRun> eldest) {
          return size() > MAX_KNOWN;
        }
      };

  Runs(Api api, String experiment) {
    this.api = api;
    this.experiment = experiment;
  }

  /**
   * The run for results of {@code runId}; {@link MlflowRun#DELETED} if somebody deleted it, or the
   * experiment.
   *
   * @param startMillis when the run began, should it be made
   */
  MlflowRun of(String runId, long startMillis) throws HomeAwayException {
    MlflowRun run = known.get(runId);
    if (run == null) {
      run = findOrCreate(runId, startMillis);
      if (!run.isDeleted()) { // what was deleted may be restored
        known.put(runId, run);
      }
    }
    return run;
  }

  /** What is known of a run is no longer so. */
  void forget(String runId) {
    known.remove(runId);
    experimentId = null;
  }

  /** Whether the server answers on other things. */
  boolean serverIsWell() throws HomeAwayException {
    Reply reply = api.get("experiments/get-by-name", "experiment_name", experiment).reply();
    return reply == Reply.DONE || reply == Reply.MISSING;
  }

  private MlflowRun findOrCreate(String runId, long startMillis) throws HomeAwayException {
    if (experimentId == null) {
      experimentId = experiment();
    }
    JsonNode found = newest(search(runId));
    if (found != null) {
      boolean active = isActive(found.path("info"));
      return active ? run(found) : MlflowRun.DELETED;
    }
    return experimentId.isEmpty() ? MlflowRun.DELETED : create(runId, startMillis);
  }

  /** Its id; empty if somebody deleted it: its name is taken until it is gone for good. */
  private String experiment() throws HomeAwayException {
    Api.Answer answer = byName();
    if (answer.reply() == Reply.MISSING) {
      ObjectNode body = Json.MAPPER.createObjectNode().put("name", experiment);
      Api.Answer created = api.post("experiments/create", body);
      if (created.reply() == Reply.DONE) {
        return created.body().path("experiment_id").asText();
      }
      if (created.reply() != Reply.EXISTS) {
        throw unexpected("experiments/create", created);
      }
      answer = byName(); // somebody was quicker
    }
    if (answer.reply() != Reply.DONE) {
      throw unexpected("experiments/get-by-name", answer);
    }
    JsonNode found = answer.body().path("experiment");
    return isActive(found) ? found.path("experiment_id").asText() : "";
  }

  private Api.Answer byName() throws HomeAwayException {
    return api.get("experiments/get-by-name", "experiment_name", experiment);
  }

  private JsonNode search(String runId) throws HomeAwayException {
    ObjectNode all = Json.MAPPER.createObjectNode();
    all.put("max_results", MAX_EXPERIMENTS);
    all.put("view_type", "ACTIVE_ONLY");
    Api.Answer experiments = api.post("experiments/search", all);
    if (experiments.reply() != Reply.DONE) {
      throw unexpected("experiments/search", experiments);
    }
    ObjectNode query = Json.MAPPER.createObjectNode();
    ArrayNode ids = query.putArray("experiment_ids");
    experiments.body().path("experiments").forEach(e -> ids.add(e.path("experiment_id").asText()));
    // beyond the limit it may be among those that are not listed
    if (ids.size() == MAX_EXPERIMENTS && !experimentId.isEmpty()) {
      ids.add(experimentId);
    }
    boolean quotable = QUOTABLE.matcher(runId).matches();
    query.put(
        "filter",
        quotable
            ? "tags.`" + RUN_ID + "` = '" + runId + "'"
            : "tags.`" + RUN_KEY + "` = '" + Keys.digest(runId) + "'");
    query.put("run_view_type", "ALL");
    query.put("max_results", MAX_FOUND);
    Api.Answer found = api.post("runs/search", query);
    if (found.reply() != Reply.DONE) {
      throw unexpected("runs/search", found);
    }
    return found.body().path("runs");
  }

  /** The one to go on with: of those that were not deleted, if there are any. */
  private static JsonNode newest(JsonNode runs) {
    JsonNode best = null;
    for (JsonNode run : runs) {
      if (best == null || compare(run.path("info"), best.path("info")) > 0) {
        best = run;
      }
    }
    return best;
  }

  private static int compare(JsonNode a, JsonNode b) {
    int byState = Boolean.compare(isActive(a), isActive(b));
    return byState != 0
        ? byState
        : Long.compare(a.path("start_time").asLong(), b.path("start_time").asLong());
  }

  private static boolean isActive(JsonNode entity) {
    return !"deleted".equals(entity.path("lifecycle_stage").asText());
  }

  private MlflowRun create(String runId, long startMillis) throws HomeAwayException {
    ObjectNode body = Json.MAPPER.createObjectNode();
    body.put("experiment_id", experimentId);
    body.put("run_name", cut(runId));
    body.put("start_time", startMillis);
    ArrayNode tags = body.putArray("tags");
    tags.addObject().put("key", RUN_ID).put("value", Tags.value(runId));
    tags.addObject().put("key", RUN_KEY).put("value", Keys.digest(runId));
    tags.addObject().put("key", "mlflow.source.name").put("value", "touchstone");
    Api.Answer created = api.post("runs/create", body);
    if (created.reply() == Reply.DELETED || created.reply() == Reply.MISSING) {
      experimentId = null;
      return MlflowRun.DELETED;
    }
    if (created.reply() != Reply.DONE) {
      throw unexpected("runs/create", created);
    }
    return run(created.body().path("run"));
  }

  private static MlflowRun run(JsonNode run) {
    JsonNode info = run.path("info");
    return MlflowRun.of(info.path("run_id").asText(), info.path("artifact_uri").asText());
  }

  private static String cut(String runId) {
    return runId.length() <= MAX_NAME ? runId : runId.substring(0, MAX_NAME) + "…";
  }

  /** No data was at stake: the server is not as it should be, and may be again. */
  private HomeAwayException unexpected(String path, Api.Answer answer) {
    return new HomeAwayException(api.home() + ", " + path + ", " + answer.message());
  }
}
