package dev.touchstone.server.http;

import dev.touchstone.server.view.ContentKey;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.SetManifest;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;

/** Whether predictions are there already: asked before a model is run for them. */
final class PredictionSetsApi {

  private static final int MAX_FOLD = 9_999;

  private final EngineView view;

  PredictionSetsApi(EngineView view) {
    this.view = view;
  }

  List<Route> routes() {
    return List.of(Route.get("/v1/prediction-sets", this::list));
  }

  private void list(Context ctx) {
    String split = Inputs.optionalName("split", ctx.queryParam("split"));
    String fold = ctx.queryParam("fold");
    String sampled = Inputs.oneOf("sampled", ctx.queryParam("sampled"), List.of("true", "false"));
    var wanted =
        new ContentKey(
            Inputs.optionalName("model_digest", ctx.queryParam("model_digest")),
            Inputs.optionalName("dataset_digest", ctx.queryParam("dataset_digest")),
            Inputs.optionalName("transform_digest", ctx.queryParam("transform_digest")),
            split == null ? EvaluationsApi.DEFAULT_SPLIT : split,
            fold == null ? null : Inputs.integer("fold", fold, 0, MAX_FOLD, 0),
            "true".equals(sampled));
    List<SetManifest> page =
        Pages.cut(
            ctx,
            "prediction-sets",
            Pages.limit(ctx),
            view.predictionSets(wanted),
            set -> Place.of(0, set.setKey()));
    Answers.cacheableJson(ctx, Map.of("prediction_sets", page));
  }
}
