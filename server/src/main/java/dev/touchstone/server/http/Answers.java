package dev.touchstone.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.touchstone.server.view.Json;
import io.javalin.http.Context;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Writes bodies. */
final class Answers {

  private static final String JSON = "application/json";
  private static final String PROBLEM = "application/problem+json";
  private static final int TAG_BYTES = 16;

  private Answers() {}

  static void json(Context ctx, Object body) {
    bytes(ctx, JSON, print(body));
  }

  /**
   * A body that the client may have already; then only that is said. Every answer is made anew, so
   * what this saves is the way to the client.
   */
  static void cacheableJson(Context ctx, Object body) {
    byte[] bytes = print(body);
    if (!notModified(ctx, digest(bytes))) {
      bytes(ctx, JSON, bytes);
    }
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
    // kept by the client, but never used unasked: everything here may change at any moment
    ctx.header("Cache-Control", "no-cache");
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

  /** Of a body, for its tag. */
  static String digest(byte[] body) {
    try {
      byte[] sha = MessageDigest.getInstance("SHA-256").digest(body);
      return HexFormat.of().formatHex(sha, 0, TAG_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
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
