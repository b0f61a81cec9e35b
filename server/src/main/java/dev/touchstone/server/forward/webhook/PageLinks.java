package dev.touchstone.server.forward.webhook;

import dev.touchstone.server.forward.Result;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Addresses of the page, as people outside reach it. */
final class PageLinks {

  private final String publicUrl;

  /**
   * @param publicUrl null: nobody outside reaches it
   */
  PageLinks(String publicUrl) {
    this.publicUrl = publicUrl == null || publicUrl.endsWith("/") ? publicUrl : publicUrl + "/";
  }

  /** Where the page shows what the result is about; null where it can't be reached. */
  String of(Result result) {
    if (publicUrl == null) {
      return null;
    }
    String run = publicUrl + "#/runs/" + escaped(result.runId());
    return result instanceof Result.VerdictResult v
        ? run + "/checkpoints/" + escaped(v.verdict().checkpoint())
        : run;
  }

  private static String escaped(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
