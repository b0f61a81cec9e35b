package dev.touchstone.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.touchstone.server.view.CheckpointSummary;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.ReportDocument;
import dev.touchstone.server.view.RunStatus;
import dev.touchstone.server.view.RunSummary;
import dev.touchstone.server.view.SeriesAnswer;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/** Runs, their curves, model checkpoints and reports. */
final class RunsApi {

  static final List<String> TIERS = List.of("proxy", "full");
  static final List<String> STATUSES = Arrays.stream(RunStatus.values()).map(Enum::name).toList();
  // as many as a run may have
  private static final int MOST_CURVES = 2_000;

  /**
   * The answer of {@code /v1/runs}: a page, how many runs there are on all, and the metrics that
   * they have over all examples.
   */
  record Runs(List<RunSummary> runs, int total, Set<String> metrics) {}

  private final EngineView view;
  private final Clock clock;

  RunsApi(EngineView view, Clock clock) {
    this.view = view;
    this.clock = clock;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/runs", this::list),
        Route.get("/v1/runs/{run}", this::run),
        Route.get("/v1/runs/{run}/metrics", this::metrics),
        Route.get("/v1/runs/{run}/checkpoints/{checkpoint}/report", this::checkpointReport),
        Route.get("/v1/reports/{report_key}", this::report));
  }

  private void list(Context ctx) {
    String text = Inputs.optionalName("q", ctx.queryParam("q"));
    String status = Inputs.oneOf("status", ctx.queryParam("status"), STATUSES);
    int limit = Pages.limit(ctx);
    String wanted = text == null ? "" : text.toLowerCase(Locale.ROOT);
    List<RunSummary> runs =
        view.runs(clock.instant()).stream()
            .filter(r -> r.runId().toLowerCase(Locale.ROOT).contains(wanted))
            .filter(r -> matches(status, r.status().name()))
            .toList();
    // by their beginnings, since a run that speaks would change its place in any other order
    List<RunSummary> page =
        Pages.cut(ctx, "runs", limit, runs, r -> Place.of(r.firstSeen(), r.runId()));
    Answers.cacheableJson(ctx, new Runs(page, runs.size(), view.metrics()));
  }

  private void run(Context ctx) {
    String run = Inputs.name("run", ctx.pathParam("run"));
    Set<String> metrics = new HashSet<>();
    for (String metric : ctx.queryParams("metric")) {
      metrics.add(Inputs.name("metric", metric));
    }
    Answers.cacheableJson(
        ctx,
        view.run(run, clock.instant(), m -> metrics.isEmpty() || metrics.contains(m))
            .orElseThrow(() -> unknownRun(run)));
  }

  private void metrics(Context ctx) {
    String run = Inputs.name("run", ctx.pathParam("run"));
    String metric = Inputs.optionalName("metric", ctx.queryParam("metric"));
    String tier = Inputs.oneOf("tier", ctx.queryParam("tier"), TIERS);
    String evaluationSet = Inputs.optionalName("evaluation_set", ctx.queryParam("evaluation_set"));
    String split = Inputs.optionalName("split", ctx.queryParam("split"));
    // an empty slice is a question of its own (all examples), an absent one is none
    String given = ctx.queryParam("slice");
    String slice = given == null || given.isEmpty() ? given : Inputs.name("slice", given);
    int limit = Inputs.integer("limit", ctx.queryParam("limit"), 1, MOST_CURVES, MOST_CURVES);
    SeriesAnswer all =
        view.series(
                run,
                key ->
                    matches(metric, key.metric())
                        && matches(tier, key.tier())
                        && matches(slice, key.slice())
                        && matches(evaluationSet, key.evaluationSet())
                        && matches(split, key.split()))
            .orElseThrow(() -> unknownRun(run));
    List<SeriesAnswer.Curve> page =
        Pages.cut(ctx, "metrics", limit, all.series(), RunsApi::placeOf);
    Answers.cacheableJson(ctx, new SeriesAnswer(run, page));
  }

  private static Place placeOf(SeriesAnswer.Curve curve) {
    // a proxy before the exact values that it is held against
    String tier = TIERS.indexOf(curve.tier()) + curve.tier();
    return Place.of(0, curve.metric(), curve.slice(), curve.evaluationSet(), curve.split(), tier);
  }

  private void checkpointReport(Context ctx) {
    String run = Inputs.name("run", ctx.pathParam("run"));
    String checkpoint = Inputs.name("checkpoint", ctx.pathParam("checkpoint"));
    String evaluationSet = Inputs.optionalName("evaluation_set", ctx.queryParam("evaluation_set"));
    String split = Inputs.optionalName("split", ctx.queryParam("split"));
    ReportDocument report =
        view.reportOn(run, checkpoint, evaluationSet, split)
            .orElseThrow(() -> noReport(run, checkpoint));
    answer(ctx, report);
  }

  private void report(Context ctx) {
    String key = Inputs.name("report_key", ctx.pathParam("report_key"));
    ReportDocument report =
        view.report(key)
            .orElseThrow(
                () ->
                    Problem.notFound(
                        "report_key", key, "no report has the key \"" + key + "\" here"));
    answer(ctx, report);
  }

  private static void answer(Context ctx, ReportDocument report) {
    ObjectNode envelope = Json.MAPPER.valueToTree(report.outcome());
    // the body goes out as it was read, number for number
    envelope.putRawValue("report", new RawValue(new String(report.body(), StandardCharsets.UTF_8)));
    Answers.cacheableJson(ctx, envelope);
  }

  private Problem noReport(String run, String checkpoint) {
    CheckpointSummary known =
        view.checkpoint(run, checkpoint)
            .orElseThrow(
                () ->
                    view.run(run, clock.instant()).isEmpty()
                        ? unknownRun(run)
                        : Problem.notFound(
                            "checkpoint",
                            checkpoint,
                            "run \"" + run + "\" has no checkpoint \"" + checkpoint + "\""));
    Function<String, String> because = reason -> reason == null ? "" : ": " + reason;
    String why =
        switch (known.state()) {
          case "PROXY" -> "nothing has asked for its full evaluation";
          case "EVALUATED", "REUSED" ->
              "its report is of another evaluation set or split, or no longer held";
          default -> "it is " + known.state() + because.apply(known.reason());
        };
    return Problem.notFound(
        "checkpoint", checkpoint, "checkpoint \"" + checkpoint + "\" has no report: " + why);
  }

  private static Problem unknownRun(String run) {
    return Problem.notFound("run", run, "no run has the id \"" + run + "\" here");
  }

  private static boolean matches(String wanted, String is) {
    return wanted == null || wanted.equals(is);
  }
}
