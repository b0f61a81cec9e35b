package dev.touchstone.server.http;

import dev.touchstone.server.view.Gzip;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The page's files, read once from the jar: its modules as one script, its style sheets as one.
 * Only those that are listed exist: a path from outside is compared with routes and never turned
 * into a name of a file.
 */
final class Assets {

  private static final String PAGE = "/dev/touchstone/server/page/";
  private static final String WEBJARS = "/META-INF/resources/webjars/";

  /** The page's own style sheets, in their order; they are served as one. */
  private static final List<String> STYLES = List.of("app.css", "views.css", "runs.css");

  // versions as in the parent pom; a test fails when they drift
  private static final String UPLOT = WEBJARS + "uplot/1.6.30/dist/";
  private static final String PREACT = WEBJARS + "preact/10.25.4/dist/preact.module.js";

  /**
   * uPlot makes a formatter of numbers when it is loaded, the first of which takes a browser 60 ms;
   * the page's axes bring their own.
   */
  private static final String NO_FORMATTERS =
      """
      const Intl = {
        NumberFormat: function () { return { format: String }; },
        DateTimeFormat: function () { return { resolvedOptions: () => ({}) }; },
      };
      """;

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "json", "application/json");

  /**
   * A file as it goes out; {@code zipped} once and for all, since it is asked for at each visit.
   */
  private record Asset(String type, String tag, byte[] bytes, byte[] zipped) {}

  private Assets() {}

  static List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    Asset index = asset("index.html", read(PAGE + "index.html"));
    routes.add(Route.get("/", serve(index)));
    routes.add(Route.get("/index.html", serve(index)));
    for (String file : List.of("early.js", "icon.svg")) {
      routes.add(Route.get("/" + file, serve(asset(file, read(PAGE + file)))));
    }
    routes.add(Route.get("/app.js", serve(asset("app.js", Bundle.of("app.js", Assets::module)))));
    routes.add(Route.get("/app.css", serve(asset("app.css", styles()))));
    String openapi = read("/dev/touchstone/server/openapi.json");
    routes.add(Route.get("/openapi.json", serve(asset("openapi.json", openapi))));
    return routes;
  }

  /** Text of a module, as the page's modules name it. */
  static String module(String path) {
    return switch (path) {
      case "lib/preact.js" -> read(PREACT);
      // the one that is minified sets a variable
      case "lib/uplot.js" ->
          NO_FORMATTERS + read(UPLOT + "uPlot.iife.min.js") + "\nexport { uPlot as default };\n";
      default -> read(PAGE + path);
    };
  }

  private static String styles() {
    return Stream.concat(
            Stream.of(UPLOT + "uPlot.min.css"), STYLES.stream().map(file -> PAGE + file))
        .map(Assets::read)
        .collect(Collectors.joining("\n"));
  }

  private static Handler serve(Asset asset) {
    return ctx -> answer(ctx, asset);
  }

  private static void answer(Context ctx, Asset asset) {
    // always ask: a page of an older server must not talk to a newer one
    ctx.header("Cache-Control", "no-cache");
    ctx.header("Vary", "Accept-Encoding");
    if (Answers.notModified(ctx, asset.tag)) {
      return;
    }
    String accepted = ctx.header("Accept-Encoding");
    if (accepted != null && accepted.contains("gzip")) {
      ctx.header("Content-Encoding", "gzip");
      Answers.bytes(ctx, asset.type, asset.zipped);
    } else {
      Answers.bytes(ctx, asset.type, asset.bytes);
    }
  }

  private static Asset asset(String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    return new Asset(type, Answers.digest(bytes), bytes, Gzip.compress(bytes));
  }

  private static String read(String resource) {
    try (InputStream in = Assets.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is missing in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(resource + " can't be read", e);
    }
  }
}
