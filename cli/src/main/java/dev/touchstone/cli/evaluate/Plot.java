package dev.touchstone.cli.evaluate;

import java.util.ArrayList;
import java.util.List;

/** One plot as SVG: axes, lines, dots and a legend. Colours follow the reader's dark or light. */
final class Plot {
  private static final double WIDTH = 460;
  private static final double HEIGHT = 380;
  private static final double LEFT = 60;
  private static final double RIGHT = 20;
  private static final double TOP = 46;
  private static final double BOTTOM = 44;

  /** The style sheet, for a page that holds plots or inside a plot that stands alone. */
  static final String STYLE =
      """
      .plot { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; }
      .plot text { fill: var(--muted, #5b6470); }
      .plot .title { font-weight: 600; font-size: 14px; fill: var(--ink, #1b2128); }
      .plot .frame { fill: none; stroke: var(--rule, #d5dae0); }
      .plot .grid { stroke: var(--rule, #d5dae0); stroke-width: .6; }
      .plot .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
      .plot .faint { fill: none; stroke: var(--muted, #5b6470); stroke-width: 1; stroke-dasharray: 4 4; opacity: .7; }
      .plot .hair { fill: none; stroke: var(--muted, #5b6470); stroke-width: .8; opacity: .25; }
      .plot .note { font-size: 10.5px; }
      .plot .a { stroke: var(--blue, #2161a8); } .plot text.a, .plot .dot.a, .plot .bar.a { fill: var(--blue, #2161a8); }
      .plot .b { stroke: var(--orange, #c4661a); } .plot text.b, .plot .dot.b, .plot .bar.b { fill: var(--orange, #c4661a); }
      .plot .d { stroke: var(--muted, #5b6470); stroke-width: 1.3; }
      .plot .c { stroke: var(--green, #23856d); } .plot text.c, .plot .dot.c, .plot .bar.c { fill: var(--green, #23856d); }
      .plot text { stroke: none; }
      .plot .dot { stroke: var(--paper, #fff); stroke-width: 1.5; }
      .plot .bar { stroke: none; opacity: .45; }
      .plot .whisker { stroke-width: 1.3; }
      """;

  private final String title;
  private final Axis x;
  private final Axis y;
  private final Markup back = new Markup();
  private final Markup front = new Markup();
  private final List<String[]> legend = new ArrayList<>();

  Plot(String title, Axis x, Axis y) {
    this.title = title;
    this.x = x;
    this.y = y;
  }

  /** A point of a line. */
  record Point(double x, double y) {}

  /** A line through points, in colour a, b, c or d; named in the legend unless the name is null. */
  Plot line(String colour, String name, List<Point> points) {
    path("line " + colour, points, front);
    return named(colour, name);
  }

  /** The same behind every other line. */
  Plot lineBehind(String colour, String name, List<Point> points) {
    path("line " + colour, points, back);
    return named(colour, name);
  }

  /** A dashed line for comparison. */
  Plot faint(List<Point> points) {
    path("faint", points, back);
    return this;
  }

  /** A hairline with a note at its end. */
  Plot hair(List<Point> points, String note) {
    path("hair", points, back);
    Point last = points.get(points.size() - 1);
    back.element(
        "text",
        note,
        "class",
        "note",
        "x",
        px(last.x()) - 4,
        "y",
        py(last.y()) - 3,
        "text-anchor",
        "end");
    return this;
  }

  /** A note beside a point. */
  Plot note(double atX, double atY, String note, String anchor) {
    back.element(
        "text", note, "class", "note", "x", px(atX), "y", py(atY) - 4, "text-anchor", anchor);
    return this;
  }

  /** A dot; its words show when it is pointed at. */
  Plot dot(String colour, Point at, String words) {
    front
        .open("circle", "class", "dot " + colour, "cx", px(at.x()), "cy", py(at.y()), "r", 4.5)
        .element("title", words)
        .close();
    return this;
  }

  /** A vertical span. */
  Plot whisker(String colour, double atX, double low, double high) {
    front.empty(
        "line",
        "class",
        "whisker " + colour,
        "x1",
        px(atX),
        "x2",
        px(atX),
        "y1",
        py(low),
        "y2",
        py(high));
    return this;
  }

  /** A bar from the bottom. */
  Plot bar(String colour, double fromX, double toX, double height) {
    back.empty(
        "rect",
        "class",
        "bar " + colour,
        "x",
        px(fromX),
        "y",
        py(height),
        "width",
        Math.max(0.5, px(toX) - px(fromX)),
        "height",
        py(y.low()) - py(height));
    return this;
  }

  /** An entry of the legend. */
  Plot named(String colour, String name) {
    if (name != null) {
      legend.add(new String[] {colour, name});
    }
    return this;
  }

  private void path(String style, List<Point> points, Markup to) {
    if (points.isEmpty()) {
      return;
    }
    var d = new StringBuilder();
    String last = "";
    for (Point point : points) {
      String place = Markup.decimal(px(point.x())) + " " + Markup.decimal(py(point.y()));
      if (!place.equals(last)) {
        d.append(d.isEmpty() ? "M" : "L").append(place);
      }
      last = place;
    }
    to.empty("path", "class", style, "d", d);
  }

  private double px(double value) {
    return LEFT + x.place(value) * (WIDTH - LEFT - RIGHT);
  }

  private double py(double value) {
    return HEIGHT - BOTTOM - y.place(value) * (HEIGHT - TOP - BOTTOM);
  }

  /** The plot as an element of a page. */
  String inline() {
    return svg(null);
  }

  /** The plot as a file of its own, on white. */
  String standalone() {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg(STYLE) + "\n";
  }

  private String svg(String style) {
    var svg = new Markup();
    svg.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "class",
        "plot",
        "viewBox",
        "0 0 " + Markup.decimal(WIDTH) + " " + Markup.decimal(HEIGHT),
        "role",
        "img",
        "aria-label",
        title);
    if (style != null) {
      svg.element("style", style);
      svg.empty("rect", "width", WIDTH, "height", HEIGHT, "fill", "#fff");
    }
    svg.element("text", title, "class", "title", "x", LEFT, "y", 18.0);
    if (!legend.isEmpty()) {
      svg.open("text", "x", LEFT, "y", 36.0);
      for (String[] entry : legend) {
        svg.element("tspan", "●", "class", entry[0], "style", "fill: " + colour(entry[0]));
        svg.element("tspan", " " + entry[1] + "\u2003");
      }
      svg.close();
    }
    for (double tick : x.ticks()) {
      svg.empty(
          "line",
          "class",
          "grid",
          "x1",
          px(tick),
          "x2",
          px(tick),
          "y1",
          TOP,
          "y2",
          HEIGHT - BOTTOM);
      svg.element(
          "text",
          Axis.label(tick),
          "x",
          px(tick),
          "y",
          HEIGHT - BOTTOM + 16,
          "text-anchor",
          "middle");
    }
    for (double tick : y.ticks()) {
      svg.empty(
          "line", "class", "grid", "x1", LEFT, "x2", WIDTH - RIGHT, "y1", py(tick), "y2", py(tick));
      svg.element("text", Axis.label(tick), "x", LEFT - 7, "y", py(tick) + 4, "text-anchor", "end");
    }
    svg.element(
        "text",
        x.title(),
        "x",
        (LEFT + WIDTH - RIGHT) / 2,
        "y",
        HEIGHT - 8,
        "text-anchor",
        "middle");
    double middle = (TOP + HEIGHT - BOTTOM) / 2;
    svg.element(
        "text",
        y.title(),
        "transform",
        "translate(13 " + Markup.decimal(middle) + ") rotate(-90)",
        "text-anchor",
        "middle");
    svg.raw(back.toString());
    svg.empty(
        "rect",
        "class",
        "frame",
        "x",
        LEFT,
        "y",
        TOP,
        "width",
        WIDTH - LEFT - RIGHT,
        "height",
        HEIGHT - TOP - BOTTOM);
    svg.raw(front.toString());
    return svg.close().toString();
  }

  private static String colour(String name) {
    return switch (name) {
      case "a" -> "var(--blue, #2161a8)";
      case "b" -> "var(--orange, #c4661a)";
      case "d" -> "var(--muted, #5b6470)";
      default -> "var(--green, #23856d)";
    };
  }
}
