package dev.touchstone.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.touchstone.server.view.Json;
import io.javalin.http.Context;

/** Writes bodies. */
final class Answers {

  private static final String JSON = "application/json";
  private static final String PROBLEM = "application/problem+json";

  private Answers() {}

  static void json(Context ctx, Object body) {
    bytes(ctx, JSON, print(body));
  }

  static void bytes(Context ctx, String type, byte[] body) {
    ctx.contentType(type).result(body);
  }

  /**
   * Answers 304 where the client has this version of the body already.
   *
   * @return whether it did
   */
  static boolean notModified(Context ctx, String tag) {
    String quoted = '"' + tag + '"';
    ctx.header("ETag", quoted);
    String known = ctx.header("If-None-Match");
    // weak and strong compare alike here: compression on the way turns strong tags weak
    boolean same =
        known != null
            && java.util.Arrays.stream(known.split(","))
                .map(String::trim)
                .anyMatch(t -> t.equals("*") || t.equals(quoted) || t.equals("W/" + quoted));
    if (same) {
      ctx.status(304);
    }
    return same;
  }

  static void problem(Context ctx, Problem problem) {
    ctx.status(problem.status());
    bytes(ctx, PROBLEM, print(problem.body()));
  }

  static byte[] print(Object body) {
    try {
      return Json.MAPPER.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer that can't be printed as JSON", e);
    }
  }
}
