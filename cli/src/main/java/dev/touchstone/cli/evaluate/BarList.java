package dev.touchstone.cli.evaluate;

import dev.touchstone.metrics.MetricValue;
import java.util.List;

/**
 * Named shares as bars from left to right, as SVG; what is undefined has its reason for a bar.
 *
 * @param title what it shows
 * @param names one a bar
 * @param values in [0, 1], one a bar
 */
record BarList(String title, List<String> names, List<MetricValue> values) {
  private static final double LEFT = 120;
  private static final double TOP = 34;
  private static final double LENGTH = 280;
  private static final double ROW = 20;

  /** The drawing as an element of a page. */
  String inline() {
    var svg = new Markup();
    svg.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "class",
        "plot",
        "viewBox",
        "0 0 460 " + Markup.decimal(TOP + ROW * names.size() + 10),
        "role",
        "img",
        "aria-label",
        title);
    svg.element("text", title, "class", "title", "x", 10.0, "y", 18.0);
    for (int i = 0; i < names.size(); i++) {
      double y = TOP + i * ROW;
      MetricValue value = values.get(i);
      svg.open("text", "x", LEFT - 7, "y", y + 14, "text-anchor", "end");
      svg.text(HeatMap.shortened(names.get(i))).element("title", names.get(i)).close();
      double length = value.isDefined() ? LENGTH * value.value() : 0;
      svg.empty(
          "rect", "class", "bar a", "x", LEFT, "y", y + 3, "width", length, "height", ROW - 6);
      svg.element(
          "text",
          value.isDefined() ? TableFormat.number(value.value()) : Words.reason(value.reason()),
          "x",
          LEFT + length + 6,
          "y",
          y + 14);
    }
    return svg.close().toString();
  }
}
