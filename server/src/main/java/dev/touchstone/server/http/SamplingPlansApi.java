package dev.touchstone.server.http;

import dev.touchstone.metrics.sampling.PlanMaker;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;

/** Sampling plans from examples in the request. Keeps nothing. */
final class SamplingPlansApi {

  static final String PATH = "/v1/sampling-plans";

  private static final int MAX_BODY_BYTES = 16 << 20;
  // a body and its columns take some hundred MiB at the very worst
  private static final int AT_ONCE = 2;

  private final WriteGuard guard;
  private final Semaphore places = new Semaphore(AT_ONCE);

  SamplingPlansApi(WriteGuard guard) {
    this.guard = guard;
  }

  List<Route> routes() {
    return List.of(Route.post(PATH, this::plan));
  }

  private void plan(Context ctx) throws IOException {
    try {
      guard.check(ctx);
      if (ctx.req().getContentLengthLong() > MAX_BODY_BYTES) {
        throw tooLarge(ctx);
      }
      if (!places.tryAcquire()) {
        ctx.header("Retry-After", "1");
        throw Problem.of(
            503, "Busy", "at most " + AT_ONCE + " plans are made at once; ask again in a second");
      }
    } catch (Problem e) {
      // read and forgotten: with a body left unread the client would see a cut connection
      drain(ctx);
      throw e;
    }
    try {
      answer(ctx);
    } finally {
      places.release();
    }
  }

  private static void answer(Context ctx) throws IOException {
    InputStream in = ctx.bodyInputStream();
    byte[] body = in.readNBytes(MAX_BODY_BYTES + 1);
    if (body.length > MAX_BODY_BYTES) {
      throw tooLarge(ctx);
    }
    String type = ctx.contentType();
    String known = type == null ? "" : type.split(";")[0].trim().toLowerCase(Locale.ROOT);
    PlanRequest request =
        switch (known) {
          case "application/json" -> PlanRequestJson.read(body);
          case "text/csv" -> PlanRequestCsv.read(body, ctx::queryParam);
          default ->
              throw Problem.of(
                  415,
                  "Neither CSV nor JSON",
                  "header Content-Type must be text/csv or application/json, got " + type);
        };
    PlanMaker.Made made;
    try {
      made =
          PlanMaker.make(
              request.task(),
              request.scores() != null,
              request.segments() != null,
              request.options(),
              request);
    } catch (IllegalArgumentException e) {
      throw Problem.of(400, "Invalid request", e.getMessage());
    }
    Answers.json(ctx, made.file().toMap());
  }

  private static Problem tooLarge(Context ctx) {
    ctx.header("Connection", "close");
    return Problem.of(
        413,
        "Too large",
        "body must be at most " + MAX_BODY_BYTES + " bytes; `touchstone plan` reads larger files");
  }

  private static void drain(Context ctx) throws IOException {
    InputStream in = ctx.bodyInputStream();
    byte[] some = new byte[1 << 14];
    for (long read = 0; read <= MAX_BODY_BYTES; ) {
      int n = in.read(some);
      if (n < 0) {
        return;
      }
      read += n;
    }
    ctx.header("Connection", "close");
  }
}
