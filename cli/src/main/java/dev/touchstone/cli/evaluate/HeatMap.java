package dev.touchstone.cli.evaluate;

import java.util.List;

/**
 * A square of cells, shaded by their share of the row, as SVG.
 *
 * @param title what it shows
 * @param names of rows and of columns
 * @param weights by row and column
 * @param totals of rows, which may hold more than what is drawn
 */
record HeatMap(String title, List<String> names, double[][] weights, double[] totals) {
  private static final double LEFT = 110;
  private static final double TOP = 62;
  private static final double SIDE = 460;
  private static final double LARGEST_CELL = 64;
  private static final double LEAST_WITH_TEXT = 30;
  private static final int LONGEST_NAME = 14;

  /** The drawing as an element of a page. */
  String inline() {
    int k = names.size();
    double cell = Math.min(LARGEST_CELL, SIDE / k);
    double width = Math.max(360, LEFT + k * cell + 20);
    double height = TOP + k * cell + LEFT;
    var svg = new Markup();
    svg.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "class",
        "plot",
        "viewBox",
        "0 0 " + Markup.decimal(width) + " " + Markup.decimal(height),
        "role",
        "img",
        "aria-label",
        title);
    svg.element("text", title, "class", "title", "x", 10.0, "y", 18.0);
    svg.element("text", "truth by row, prediction by column", "x", 10.0, "y", 38.0);
    for (int i = 0; i < k; i++) {
      double middle = (i + 0.5) * cell;
      name(svg, i, "x", LEFT - 7, "y", TOP + middle + 4, "text-anchor", "end");
      name(
          svg,
          i,
          "transform",
          "translate("
              + Markup.decimal(LEFT + middle + 4)
              + " "
              + Markup.decimal(TOP + k * cell + 9)
              + ") rotate(-60)",
          "text-anchor",
          "end");
      for (int j = 0; j < k; j++) {
        cell(svg, i, j, cell);
      }
    }
    return svg.close().toString();
  }

  private void name(Markup svg, int index, Object... attributes) {
    svg.open("text", attributes).text(shortened(names.get(index)));
    svg.element("title", names.get(index)).close();
  }

  /** At most so many characters; whole code points. */
  static String shortened(String name) {
    return name.codePointCount(0, name.length()) <= LONGEST_NAME
        ? name
        : name.substring(0, name.offsetByCodePoints(0, LONGEST_NAME - 1)) + "…";
  }

  private void cell(Markup svg, int i, int j, double size) {
    double share = totals[i] > 0 ? weights[i][j] / totals[i] : 0;
    double x = LEFT + j * size;
    double y = TOP + i * size;
    svg.open(
        "rect",
        "x",
        x,
        "y",
        y,
        "width",
        size,
        "height",
        size,
        "fill",
        i == j ? "var(--blue, #2161a8)" : "var(--orange, #c4661a)",
        "fill-opacity",
        String.format(java.util.Locale.ROOT, "%.3f", 0.85 * share),
        "stroke",
        "var(--rule, #d5dae0)",
        "stroke-width",
        "0.5");
    svg.element(
            "title",
            names.get(i)
                + " predicted as "
                + names.get(j)
                + ": "
                + TableFormat.amount(weights[i][j])
                + " ("
                + TableFormat.percent(share)
                + ")")
        .close();
    if (size >= LEAST_WITH_TEXT && weights[i][j] > 0) {
      svg.element(
          "text",
          TableFormat.percent(share),
          "x",
          x + size / 2,
          "y",
          y + size / 2 + 4,
          "text-anchor",
          "middle",
          "style",
          share > 0.8
              ? "fill: #fff; font-size: 10px"
              : "fill: var(--ink, #1b2128); font-size: 10px",
          "pointer-events",
          "none");
    }
  }
}
