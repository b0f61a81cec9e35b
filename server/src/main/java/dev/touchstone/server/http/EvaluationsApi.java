package dev.touchstone.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.EvaluationRequest;
import dev.touchstone.server.view.EvaluationStatus;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.RequestSink;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Full evaluations on demand, and where they stand. */
final class EvaluationsApi {

  private static final Logger LOG = LoggerFactory.getLogger(EvaluationsApi.class);

  static final List<String> STATES =
      List.of(
          "WAITING",
          "EVALUATING",
          "EVALUATED",
          "REUSED",
          "SUPERSEDED",
          "INCOMPLETE",
          "EXPIRED",
          "FAILED");
  static final List<String> FIELDS =
      List.of(
          "run_id",
          "checkpoint",
          "evaluation_set",
          "split",
          "fold",
          "metrics",
          "slices",
          "baseline",
          "decision_threshold",
          "false_positive_cost",
          "false_negative_cost",
          "bootstrap_replicates",
          "bootstrap_seed",
          "all_folds",
          "folds",
          "honest_points",
          "propose_plan_budget",
          "thresholds",
          "deadline_seconds",
          "priority");

  private static final int DEFAULT_THRESHOLDS = 200;
  private static final int MAX_THRESHOLDS = 10_000;
  private static final int MAX_FOLDS = 1_000;
  private static final int MAX_REPLICATES = 10_000;
  private static final int MAX_PRIORITY = 9;
  // between the urgent and model checkpoints' own triggers, which have 0
  private static final int DEFAULT_PRIORITY = 5;
  private static final int MAX_FOLD = 9_999;
  private static final int MAX_DEADLINE_SECONDS = 7 * 24 * 3600;
  static final String DEFAULT_SPLIT = "validation";

  private static final ObjectReader STRICT =
      Json.MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final EngineView view;
  private final Supplier<FeedStatus> feed;
  private final RequestSink sink;
  private final WriteGuard guard;
  private final Clock clock;
  // ids that are on their way to the topic, so that two clients can't take the same one at once
  private final Map<String, EvaluationRequest> underway = new ConcurrentHashMap<>();

  EvaluationsApi(
      EngineView view, Supplier<FeedStatus> feed, RequestSink sink, WriteGuard guard, Clock clock) {
    this.view = view;
    this.feed = feed;
    this.sink = sink;
    this.guard = guard;
    this.clock = clock;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/evaluations", this::list),
        Route.post("/v1/evaluations", this::ask),
        Route.get("/v1/evaluations/{id}", this::get),
        Route.delete("/v1/evaluations/{id}", this::withdraw));
  }

  private void list(Context ctx) {
    String run = Inputs.optionalName("run", ctx.queryParam("run"));
    String state = Inputs.oneOf("state", ctx.queryParam("state"), STATES);
    List<EvaluationStatus> page =
        Pages.cut(
            ctx,
            "evaluations",
            Pages.limit(ctx),
            view.evaluations(run, state, Integer.MAX_VALUE),
            EvaluationsApi::placeOf);
    Answers.cacheableJson(ctx, Map.of("evaluations", page));
  }

  /** A model checkpoint's trigger has no id until the engine gives it one. */
  private static Place placeOf(EvaluationStatus e) {
    String set = Objects.toString(e.evaluationSet(), "");
    String fold = Objects.toString(e.fold(), "");
    String id = Objects.toString(e.id(), "");
    return e.trigger().equals("request")
        ? Place.of(e.triggeredAt(), e.trigger(), e.runId(), e.checkpoint(), id)
        : Place.of(
            e.triggeredAt(), e.trigger(), e.runId(), e.checkpoint(), set, e.split(), fold, id);
  }

  private void get(Context ctx) {
    String id = Inputs.triggerId("id", ctx.pathParam("id"));
    Answers.cacheableJson(ctx, view.evaluation(id).orElseThrow(() -> unknown(id)));
  }

  /** The engine decides: a report that is made in that moment stands. */
  private void withdraw(Context ctx) {
    guard.check(ctx);
    String id = Inputs.triggerId("id", ctx.pathParam("id"));
    EvaluationStatus status = view.evaluation(id).orElseThrow(() -> unknown(id));
    if (status.finishedAt() != null) {
      throw Problem.of(
          409,
          "Has ended",
          "id must be of an evaluation under way, \"" + id + "\" has ended " + status.state());
    }
    try {
      sink.withdraw(id);
    } catch (IOException e) {
      LOG.warn("withdrawal of {} was not written", id, e);
      throw Problem.of(
          503,
          "Kafka does not answer",
          "the withdrawal was not acknowledged (" + e.getMessage() + "); ask again");
    }
    ctx.status(202);
    Answers.json(ctx, status);
  }

  private static Problem unknown(String id) {
    return Problem.notFound("id", id, "no evaluation has the id \"" + id + "\" here");
  }

  private void ask(Context ctx) {
    // first of all, since a refusal that leaves the body unread breaks the client's connection
    String body = ctx.body();
    guard.check(ctx);
    String type = ctx.contentType();
    // also keeps out forms of other sites: a browser may not send this type across without asking
    if (type == null || !type.split(";")[0].trim().equalsIgnoreCase("application/json")) {
      throw Problem.of(
          415, "Not JSON", "header Content-Type must be application/json, got " + type);
    }
    // the key is the request's id, on the topic too: it holds for every server and after a restart
    String key = Inputs.idempotencyKey(ctx.header("Idempotency-Key"));
    String id = key == null ? UUID.randomUUID().toString() : key;
    EvaluationRequest request = parse(id, body);
    if (key != null && view.evaluation(id).isEmpty() && !feed.get().caughtUp()) {
      ctx.header("Retry-After", "1");
      throw Problem.of(
          503,
          "Still reading",
          "the server has just started and can't say yet whether Idempotency-Key \""
              + id
              + "\" was used; ask again in a second");
    }
    EvaluationRequest rival = underway.putIfAbsent(id, request);
    try {
      refuseOtherMeaning(request, rival);
      if (view.request(id).isEmpty()) {
        write(request);
      }
    } finally {
      if (rival == null) {
        underway.remove(id);
      }
    }
    EvaluationStatus status = view.evaluation(id).orElseThrow();
    ctx.status(202).header("Location", "/v1/evaluations/" + id);
    Answers.json(ctx, status);
  }

  /** One id means one request, whether it is known or only under way. */
  private void refuseOtherMeaning(EvaluationRequest request, EvaluationRequest rival) {
    String id = request.requestId();
    EvaluationRequest known = view.request(id).orElse(rival);
    if (known == null && view.evaluation(id).isPresent()) {
      throw Problem.of(
          409, "Id is taken", "Idempotency-Key must be new, got another trigger's: \"" + id + "\"");
    }
    if (known != null && !known.asksTheSameAs(request)) {
      throw Problem.of(
          422,
          "Key is used",
          "Idempotency-Key must mean one request, got another body for \"" + id + "\"");
    }
  }

  private void write(EvaluationRequest request) {
    try {
      sink.write(request);
      view.accept(request);
    } catch (IOException e) {
      LOG.warn("evaluation request {} was not written", request.requestId(), e);
      throw Problem.of(
          503,
          "Kafka does not answer",
          "the request was not acknowledged ("
              + e.getMessage()
              + "); ask again with Idempotency-Key "
              + request.requestId());
    }
  }

  private EvaluationRequest parse(String id, String text) {
    JsonNode body;
    try {
      body = STRICT.readTree(text);
    } catch (JsonProcessingException e) {
      throw Problem.of(400, "Invalid request", "body must be JSON: " + e.getOriginalMessage());
    }
    if (body == null || !body.isObject()) {
      Object got = body == null || body.isMissingNode() ? "nothing" : body;
      throw Problem.invalid("body", "must be a JSON object", got);
    }
    var unknown = new TreeSet<String>();
    body.fieldNames().forEachRemaining(unknown::add);
    FIELDS.forEach(unknown::remove);
    if (!unknown.isEmpty()) {
      // a misspelt optional field would otherwise be ignored in silence
      throw Problem.invalid(
          unknown.first(), "must be one of " + String.join(", ", FIELDS), unknown.first());
    }
    String run = Inputs.name(body, "run_id");
    String checkpoint = Inputs.name(body, "checkpoint");
    String split = Inputs.optionalName(body, "split");
    Double falsePositiveCost = Inputs.optionalNumber(body, "false_positive_cost", 0);
    Double falseNegativeCost = Inputs.optionalNumber(body, "false_negative_cost", 0);
    if ((falsePositiveCost == null) != (falseNegativeCost == null)) {
      throw Problem.invalid(
          falsePositiveCost == null ? "false_positive_cost" : "false_negative_cost",
          "must be given with the other cost",
          "nothing");
    }
    boolean allFolds = Inputs.flag(body, "all_folds");
    int folds = Inputs.integer(body, "folds", 2, MAX_FOLDS, 0);
    if (folds != 0 && !allFolds) {
      throw Problem.invalid("folds", "must be given with all_folds", folds);
    }
    Integer fold = Inputs.optionalInteger(body, "fold", 0, MAX_FOLD);
    if (fold != null && allFolds) {
      throw Problem.invalid("fold", "must not be given with all_folds", fold);
    }
    int replicates = Inputs.integer(body, "bootstrap_replicates", 0, MAX_REPLICATES, 0);
    if (replicates == 1) {
      // a spread of one value is none
      throw Problem.invalid("bootstrap_replicates", "must be 0, or at least 2", replicates);
    }
    EvaluationRequest.Baseline baseline = baseline(body.path("baseline"));
    if (allFolds && baseline != null && baseline.setKey() != null) {
      throw Problem.invalid(
          "baseline", "must hold run_id and checkpoint with all_folds", body.get("baseline"));
    }
    return new EvaluationRequest(
        id,
        run,
        checkpoint,
        Inputs.optionalName(body, "evaluation_set"),
        split == null ? DEFAULT_SPLIT : split,
        fold,
        Inputs.metrics(body, "metrics"),
        Inputs.slices(body, "slices"),
        baseline,
        Inputs.optionalNumber(body, "decision_threshold", -Double.MAX_VALUE),
        falsePositiveCost,
        falseNegativeCost,
        replicates,
        Inputs.integer(body, "bootstrap_seed", 0, Integer.MAX_VALUE, 0),
        allFolds,
        folds,
        Inputs.flag(body, "honest_points"),
        Inputs.optionalInteger(body, "propose_plan_budget", 0, Integer.MAX_VALUE),
        Inputs.integer(body, "thresholds", 2, MAX_THRESHOLDS, DEFAULT_THRESHOLDS),
        Inputs.optionalInteger(body, "deadline_seconds", 1, MAX_DEADLINE_SECONDS),
        Inputs.integer(body, "priority", 0, MAX_PRIORITY, DEFAULT_PRIORITY),
        clock.millis());
  }

  /** A run's model checkpoint, or a set key; null if absent. */
  private static EvaluationRequest.Baseline baseline(JsonNode given) {
    if (given.isMissingNode() || given.isNull()) {
      return null;
    }
    var unknown = new TreeSet<String>();
    given.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(List.of("run_id", "checkpoint", "set_key"));
    boolean known = given.isObject() && unknown.isEmpty();
    String run = known ? Inputs.optionalName(given, "run_id") : null;
    String checkpoint = known ? Inputs.optionalName(given, "checkpoint") : null;
    String set = known ? Inputs.optionalName(given, "set_key") : null;
    boolean byRun = run != null && checkpoint != null && set == null;
    boolean byKey = run == null && checkpoint == null && set != null;
    if (!byRun && !byKey) {
      throw Problem.invalid("baseline", "must hold run_id and checkpoint, or set_key", given);
    }
    return new EvaluationRequest.Baseline(run, checkpoint, set);
  }
}
