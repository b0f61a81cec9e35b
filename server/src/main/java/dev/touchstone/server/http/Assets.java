package dev.touchstone.server.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The page's files, read once from the jar. Only those that are listed exist: a path from outside
 * is compared with routes and never turned into a name of a file.
 */
final class Assets {

  private static final String PAGE = "/dev/touchstone/server/page/";
  private static final String WEBJARS = "/META-INF/resources/webjars/";

  /** Files of the page, as they are named in the page's folder. */
  static final List<String> PAGE_FILES =
      List.of(
          "index.html",
          "app.css",
          "views.css",
          "runs.css",
          "icon.svg",
          "theme.js",
          "app.js",
          "api.js",
          "calibration.js",
          "checkpoint.js",
          "checks.js",
          "colours.js",
          "compare.js",
          "comparison.js",
          "curve.js",
          "curves.js",
          "drawings.js",
          "export.js",
          "field.js",
          "folds.js",
          "format.js",
          "keys.js",
          "linechart.js",
          "lines.js",
          "marks.js",
          "operating.js",
          "overlay.js",
          "params.js",
          "pins.js",
          "plot.js",
          "remote.js",
          "report.js",
          "route.js",
          "run.js",
          "runchart.js",
          "runlist.js",
          "sidebar.js",
          "slices.js",
          "start.js",
          "store.js",
          "ui.js");

  // versions as in the parent pom; a test fails when they drift
  private static final Map<String, String> LIBRARIES =
      Map.of(
          "/lib/uplot.js", "uplot/1.6.30/dist/uPlot.esm.js",
          "/lib/uplot.css", "uplot/1.6.30/dist/uPlot.min.css",
          "/lib/preact.js", "preact/10.25.4/dist/preact.module.js");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "json", "application/json");

  private record Asset(String type, String tag, byte[] bytes) {}

  private Assets() {}

  static List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    for (String file : PAGE_FILES) {
      routes.add(Route.get("/" + file, serve(load(PAGE + file))));
    }
    routes.add(Route.get("/", serve(load(PAGE + "index.html"))));
    routes.add(Route.get("/openapi.json", serve(load("/dev/touchstone/server/openapi.json"))));
    LIBRARIES.forEach((path, file) -> routes.add(Route.get(path, serve(load(WEBJARS + file)))));
    return routes;
  }

  private static io.javalin.http.Handler serve(Asset asset) {
    return ctx -> answer(ctx, asset);
  }

  private static void answer(Context ctx, Asset asset) {
    // always ask: a page of an older server must not talk to a newer one
    ctx.header("Cache-Control", "no-cache");
    if (!Answers.notModified(ctx, asset.tag)) {
      Answers.bytes(ctx, asset.type, asset.bytes);
    }
  }

  private static Asset load(String resource) {
    try (InputStream in = Assets.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is missing in the jar");
      }
      byte[] bytes = in.readAllBytes();
      String type = TYPES.get(resource.substring(resource.lastIndexOf('.') + 1));
      String tag =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 8);
      return new Asset(type, tag, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(resource + " can't be read", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
