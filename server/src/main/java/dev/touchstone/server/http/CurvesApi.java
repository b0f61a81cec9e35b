package dev.touchstone.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.ThinCurve;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One metric's curves of many runs, thinned and by columns: what a chart needs, at a tenth of the
 * size of {@code /v1/runs/{run}/metrics}.
 */
final class CurvesApi {

  static final int MAX_RUNS = 100;
  private static final int DEFAULT_POINTS = 1_500;
  private static final int MAX_POINTS = 20_000;
  private static final int ALL_DIGITS = 17;
  private static final Set<String> ALL = Set.copyOf(ThinCurve.FIELDS);

  private final EngineView view;

  CurvesApi(EngineView view) {
    this.view = view;
  }

  List<Route> routes() {
    return List.of(Route.get("/v1/curves", this::curves));
  }

  private void curves(Context ctx) throws IOException {
    String metric = Inputs.name("metric", ctx.queryParam("metric"));
    String tier = Inputs.oneOf("tier", ctx.queryParam("tier"), RunsApi.TIERS);
    String evaluationSet = Inputs.optionalName("evaluation_set", ctx.queryParam("evaluation_set"));
    String split = Inputs.optionalName("split", ctx.queryParam("split"));
    String given = ctx.queryParam("slice");
    String slice = given == null || given.isEmpty() ? "" : Inputs.name("slice", given);
    int most =
        Inputs.integer("max_points", ctx.queryParam("max_points"), 4, MAX_POINTS, DEFAULT_POINTS);
    int digits = Inputs.integer("digits", ctx.queryParam("digits"), 3, ALL_DIGITS, ALL_DIGITS);
    Set<String> runs = new LinkedHashSet<>();
    for (String run : ctx.queryParams("run")) {
      runs.add(Inputs.name("run", run));
    }
    if (runs.isEmpty() || runs.size() > MAX_RUNS) {
      throw Problem.invalid("run", "must be given 1 to " + MAX_RUNS + " times", runs.size());
    }
    Set<String> fields = new HashSet<>(ctx.queryParams("field"));
    for (String field : fields) {
      Inputs.oneOf("field", field, ThinCurve.FIELDS);
    }
    List<ThinCurve> found =
        view.curves(
            runs,
            key ->
                key.metric().equals(metric)
                    && key.slice().equals(slice)
                    && matches(tier, key.tier())
                    && matches(evaluationSet, key.evaluationSet())
                    && matches(split, key.split()),
            most);
    byte[] body = print(found, fields.isEmpty() ? ALL : fields, digits);
    if (!Answers.notModified(ctx, Answers.digest(body))) {
      Answers.bytes(ctx, "application/json", body);
    }
  }

  private static byte[] print(List<ThinCurve> curves, Set<String> fields, int digits)
      throws IOException {
    var out = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.MAPPER.createGenerator(out)) {
      json.writeStartObject();
      json.writeArrayFieldStart("curves");
      for (ThinCurve curve : curves) {
        curve.write(json, fields, digits);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  private static boolean matches(String wanted, String is) {
    return wanted == null || wanted.equals(is);
  }
}
