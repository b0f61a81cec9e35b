package dev.touchstone.server.forward.mlflow;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.server.forward.Delivered;
import dev.touchstone.server.forward.Destination;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.forward.Kind;
import dev.touchstone.server.forward.Result;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.MetricPoint;
import dev.touchstone.server.view.Outcome;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Runs of an MLflow tracking server: a run there for each run, points as metrics, signals and
 * verdicts as tags, reports as artifacts.
 *
 * <p>A set that is still arriving has no metric: MLflow keeps every value that it was ever told.
 * What comes again changes nothing: the same value at the same step and time is the same row, tags
 * and artifacts are replaced.
 */
public final class Mlflow implements Destination {

  /** The set is still arriving: its last values come when it is complete. */
  static final String PARTIAL = "partial";

  /** A metric without a value: MLflow has no null. */
  static final String UNDEFINED = "undefined";

  /** An outcome that brought no report. */
  static final String NO_REPORT = "no_report";

  /** Somebody deleted the run, or the experiment it would go to. */
  static final String DELETED = "run_deleted";

  /** The server keeps no artifacts for others. */
  static final String NO_ARTIFACT_STORE = "no_artifact_store";

  static final String TOO_LARGE = "too_large";
  static final String REJECTED = "rejected";

  /** The server failed on it as often as it was tried, and did well on other things. */
  static final String SERVER_FAILED = "server_failed";

  private static final String DEFAULT_EXPERIMENT = "touchstone";
  private static final String ARTIFACTS = "mlflow-artifacts";
  // a request may have 1 MB; a metric with a key of 250 characters of 4 bytes each takes 1.1 KB
  private static final int METRICS = 500;
  private static final int MAX_TAGS = 100;
  private static final int MAX_FAILURES = 5;

  private final Api api;
  private final Runs runs;
  // deliveries in a row that the server failed on
  private int failures;

  public Mlflow(ForwardSettings.Mlflow settings) {
    this.api = new Api(settings);
    this.runs =
        new Runs(api, Objects.requireNonNullElse(settings.experiment(), DEFAULT_EXPERIMENT));
  }

  @Override
  public String name() {
    return "mlflow";
  }

  @Override
  public Set<Kind> kinds() {
    return Set.of(Kind.values());
  }

  @Override
  public Delivered deliver(List<Result> results) throws HomeAwayException {
    var tally = new Tally();
    for (Map.Entry<String, RunBatch> entry : byRun(results, tally).entrySet()) {
      deliver(entry.getKey(), entry.getValue(), tally);
    }
    failures = 0;
    return new Delivered(tally.delivered, tally.refused);
  }

  private static Map<String, RunBatch> byRun(List<Result> results, Tally tally) {
    Map<String, RunBatch> batches = new LinkedHashMap<>();
    for (Result result : results) {
      String refusal = refusal(result);
      if (refusal != null) {
        tally.refuse(refusal, 1);
        continue;
      }
      RunBatch batch =
          batches.computeIfAbsent(result.runId(), r -> new RunBatch()).saidAt(result.ts());
      if (result instanceof Result.PointResult p) {
        batch.add(p.point());
      } else if (result instanceof Result.SignalResult s) {
        batch.tell(Tags.of(s.signal()));
      } else if (result instanceof Result.VerdictResult v) {
        batch.tell(Tags.of(v.verdict()));
      } else if (result instanceof Result.ReportResult r) {
        batch.reports.add(r);
      }
    }
    return batches;
  }

  private static String refusal(Result result) {
    if (result instanceof Result.PointResult p) {
      MetricPoint point = p.point();
      return "PARTIAL".equals(point.state()) ? PARTIAL : point.value() == null ? UNDEFINED : null;
    }
    return result instanceof Result.ReportResult r && r.body() == null ? NO_REPORT : null;
  }

  private void deliver(String runId, RunBatch batch, Tally tally) throws HomeAwayException {
    MlflowRun run = runs.of(runId, batch.since);
    if (run.isDeleted()) {
      tally.refuse(DELETED, batch.size());
      return;
    }
    // of a run that is gone for good nothing is known: the next try begins with another
    var gone = new HomeAwayException(api.home() + " has lost run " + run.id());
    for (int from = 0; from < batch.metrics.size(); from += METRICS) {
      List<ObjectNode> some =
          batch.metrics.subList(from, Math.min(from + METRICS, batch.metrics.size()));
      log(runId, run, some, tally, gone);
    }
    tag(runId, run, batch, tally, gone);
    for (Result.ReportResult report : batch.reports) {
      store(runId, run, report, tally);
    }
  }

  private void log(
      String runId, MlflowRun run, List<ObjectNode> metrics, Tally tally, HomeAwayException gone)
      throws HomeAwayException {
    ObjectNode body = Json.MAPPER.createObjectNode().put("run_id", run.id());
    body.putArray("metrics").addAll(metrics);
    String refusal = logBatch(runId, body, gone);
    if (refusal == null) {
      tally.deliver(metrics.size());
    } else if (metrics.size() == 1 || refusal.equals(DELETED)) {
      tally.refuse(refusal, metrics.size());
    } else {
      // one bad metric must not cost those beside it
      int half = metrics.size() / 2;
      log(runId, run, metrics.subList(0, half), tally, gone);
      log(runId, run, metrics.subList(half, metrics.size()), tally, gone);
    }
  }

  private void tag(String runId, MlflowRun run, RunBatch batch, Tally tally, HomeAwayException gone)
      throws HomeAwayException {
    List<Map.Entry<String, String>> news = new ArrayList<>();
    for (Map.Entry<String, String> tag : batch.tags.entrySet()) {
      if (!Objects.equals(run.tags().get(tag.getKey()), tag.getValue())) {
        news.add(tag);
      }
    }
    for (int from = 0; from < news.size(); from += MAX_TAGS) {
      ObjectNode body = Json.MAPPER.createObjectNode().put("run_id", run.id());
      ArrayNode tags = body.putArray("tags");
      for (var tag : news.subList(from, Math.min(from + MAX_TAGS, news.size()))) {
        tags.addObject().put("key", tag.getKey()).put("value", tag.getValue());
      }
      String refusal = logBatch(runId, body, gone);
      if (refusal != null) {
        tally.refuse(refusal, batch.told);
        return;
      }
    }
    news.forEach(tag -> run.tags().put(tag.getKey(), tag.getValue()));
    tally.deliver(batch.told);
  }

  /** Null if the server has it, else why it will not. */
  private String logBatch(String runId, ObjectNode body, HomeAwayException gone)
      throws HomeAwayException {
    Api.Answer answer = api.post("runs/log-batch", body);
    return switch (answer.reply()) {
      case DONE -> null;
      case MISSING -> {
        runs.forget(runId);
        throw gone;
      }
      case DELETED -> {
        runs.forget(runId);
        yield DELETED;
      }
      case FAILED -> failed("runs/log-batch", answer);
      case TOO_LARGE -> TOO_LARGE;
      default -> REJECTED;
    };
  }

  private void store(String runId, MlflowRun run, Result.ReportResult report, Tally tally)
      throws HomeAwayException {
    String directory = proxied(run.artifactUri());
    if (directory == null) {
      tally.refuse(NO_ARTIFACT_STORE, 1);
      return;
    }
    Api.Answer answer = api.putArtifact(directory + path(report.outcome()), report.body());
    switch (answer.reply()) {
      case DONE -> tally.deliver(1);
      case NO_ARTIFACT_STORE, MISSING -> tally.refuse(NO_ARTIFACT_STORE, 1);
      case TOO_LARGE -> tally.refuse(TOO_LARGE, 1);
      case DELETED -> {
        runs.forget(runId);
        tally.refuse(DELETED, 1);
      }
      case FAILED -> tally.refuse(failed("artifacts", answer), 1);
      default -> tally.refuse(REJECTED, 1);
    }
  }

  /** The path of a run's artifacts where the tracking server itself keeps them; else null. */
  private String proxied(String artifactUri) {
    URI uri;
    try {
      uri = URI.create(artifactUri);
    } catch (IllegalArgumentException e) {
      return null; // a path of another system
    }
    boolean here = uri.getRawAuthority() == null || uri.getRawAuthority().equals(api.authority());
    return ARTIFACTS.equals(uri.getScheme()) && here && uri.getPath() != null
        ? uri.getPath().replaceFirst("^/+", "").replaceFirst("/*$", "/")
        : null;
  }

  /** {@code touchstone/<model checkpoint>/<evaluation set>-<split>-<digest of the key>.json}. */
  private static String path(Outcome outcome) {
    String key = Keys.digest(String.valueOf(outcome.reportKey())).substring(0, 8);
    return "touchstone/%s/%s-%s-%s.json"
        .formatted(
            Keys.part(outcome.checkpoint()),
            Keys.part(outcome.evaluationSet()),
            Keys.part(outcome.split()),
            key);
  }

  /**
   * The server failed. Where it fails on everything, it is waited for; where it does well on other
   * things, it is the data, and after some tries that is given up.
   */
  private String failed(String path, Api.Answer answer) throws HomeAwayException {
    failures++;
    if (failures < MAX_FAILURES || !runs.serverIsWell()) {
      throw new HomeAwayException(api.home() + ", " + path + ", " + answer.message());
    }
    return SERVER_FAILED;
  }

  private static final class Tally {
    private int delivered;
    private final Map<String, Integer> refused = new HashMap<>();

    void deliver(int count) {
      delivered += count;
    }

    void refuse(String reason, int count) {
      if (count > 0) {
        refused.merge(reason, count, Integer::sum);
      }
    }
  }
}
