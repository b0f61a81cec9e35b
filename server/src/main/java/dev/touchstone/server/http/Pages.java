package dev.touchstone.server.http;

import io.javalin.http.Context;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/** Lists, page by page: {@code limit}, {@code cursor}, and a Link to the next page. */
final class Pages {

  static final int MOST = 1_000;
  private static final int DEFAULT = 200;

  private Pages() {}

  static int limit(Context ctx) {
    return Inputs.integer("limit", ctx.queryParam("limit"), 1, MOST, DEFAULT);
  }

  /**
   * The page that the request asks for. Where there are more, the answer gets a Link header.
   *
   * @param list name of the list, so that a cursor of another one is refused
   * @param place of an item; unique, and the same at every time
   */
  static <T> List<T> cut(
      Context ctx, String list, int limit, List<T> items, Function<T, Place> place) {
    record Placed<T>(Place at, T item) {}
    Place after = Place.parse(list, ctx.queryParam("cursor"));
    List<Placed<T>> left =
        items.stream()
            .map(item -> new Placed<>(place.apply(item), item))
            .filter(p -> after == null || p.at().compareTo(after) > 0)
            .sorted(Comparator.comparing(Placed::at))
            .toList();
    List<Placed<T>> page = left.subList(0, Math.min(limit, left.size()));
    if (left.size() > page.size()) {
      linkNext(ctx, page.get(page.size() - 1).at().cursor(list));
    }
    return page.stream().map(Placed::item).toList();
  }

  private static void linkNext(Context ctx, String cursor) {
    List<String> query = new ArrayList<>();
    ctx.queryParamMap()
        .forEach(
            (key, values) -> {
              if (!key.equals("cursor")) {
                values.forEach(value -> query.add(encode(key) + "=" + encode(value)));
              }
            });
    query.add("cursor=" + cursor);
    String path = ctx.req().getRequestURI();
    ctx.header("Link", "<" + path + "?" + String.join("&", query) + ">; rel=\"next\"");
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
