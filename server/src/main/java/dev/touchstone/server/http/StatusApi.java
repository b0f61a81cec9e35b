package dev.touchstone.server.http;

import dev.touchstone.server.forward.ForwardStatus;
import dev.touchstone.server.view.DeadLetterSummary;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.ViewStatus;
import io.javalin.http.Context;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** How the server itself does: for people, for probes and for Prometheus. */
final class StatusApi {

  /** The answer of {@code /v1/status}; times are milliseconds since the epoch. */
  record Status(
      String version,
      long startedAt,
      long now,
      int watchers,
      boolean writesAllowed,
      boolean tokenNeeded,
      FeedStatus kafka,
      ViewStatus view,
      DeadLetterSummary deadLetters,
      List<ForwardStatus> forwards) {}

  private final EngineView view;
  private final Supplier<FeedStatus> feed;
  private final Supplier<List<ForwardStatus>> forwards;
  private final IntSupplier watchers;
  private final RequestCounts requests;
  private final WriteGuard guard;
  private final Clock clock;
  private final String version;
  private final long startedAt;

  StatusApi(
      EngineView view,
      Supplier<FeedStatus> feed,
      Supplier<List<ForwardStatus>> forwards,
      IntSupplier watchers,
      RequestCounts requests,
      WriteGuard guard,
      Clock clock,
      String version) {
    this.view = view;
    this.feed = feed;
    this.forwards = forwards;
    this.watchers = watchers;
    this.requests = requests;
    this.guard = guard;
    this.clock = clock;
    this.version = version;
    this.startedAt = clock.millis();
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/status", this::status),
        Route.get("/healthz", this::health),
        Route.get("/metrics", this::prometheus));
  }

  private void status(Context ctx) {
    Answers.json(
        ctx,
        new Status(
            version,
            startedAt,
            clock.millis(),
            watchers.getAsInt(),
            guard.allowsWrites(),
            guard.needsToken(),
            feed.get(),
            view.status(),
            view.deadLetters(),
            forwards.get()));
  }

  /** A broker that is away is no reason to restart the server; a feed that has ended is one. */
  private void health(Context ctx) {
    FeedStatus status = feed.get();
    if (status.state().equals("STOPPED")) {
      throw Problem.of(
          503,
          "The feed has ended",
          "the topics are no longer read"
              + (status.error() == null ? "" : " (" + status.error() + ")")
              + "; restart the server");
    }
    Answers.json(ctx, Map.of("status", "ok", "kafka", status.state()));
  }

  private void prometheus(Context ctx) {
    Answers.bytes(
        ctx,
        PrometheusText.CONTENT_TYPE,
        EngineMetrics.text(
            version,
            startedAt,
            feed.get(),
            view.status(),
            view.deadLetters(),
            forwards.get(),
            requests.byStatus(),
            watchers.getAsInt()));
  }
}
