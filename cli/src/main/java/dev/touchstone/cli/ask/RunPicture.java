package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.touchstone.cli.evaluate.TextTable;
import dev.touchstone.cli.evaluate.Words;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A run as lines of text: how it stands, its metrics, its model checkpoints. */
final class RunPicture {

  private static final int TREND = 14;

  /** A metric of one evaluation set. */
  private record Key(String metric, String set) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int order = set.compareTo(other.set);
      return order != 0 ? order : metric.compareTo(other.metric);
    }
  }

  private final Style style;
  private final Map<Key, MetricCurve> curves = new TreeMap<>();
  private JsonNode detail = MissingNode.getInstance();

  RunPicture(Style style) {
    this.style = style;
  }

  /** How the run stands, as {@code GET /v1/runs/{run}} answers. */
  void detail(JsonNode run) {
    detail = run;
  }

  /** All curves anew, as {@code GET /v1/runs/{run}/metrics} answers. */
  void curves(JsonNode answer) {
    curves.clear();
    for (JsonNode curve : answer.path("series")) {
      for (JsonNode point : curve.path("points")) {
        curve(curve).accept(curve.path("tier").asText(), point);
      }
      curve(curve).direction(curve.path("higher_is_better"));
    }
  }

  /** One more point, as an event brings it. */
  void point(JsonNode point) {
    if (point.path("slice").asText().isEmpty()) {
      curve(point).accept(point.path("tier").asText(), point);
    }
  }

  private MetricCurve curve(JsonNode of) {
    String set = of.path("evaluation_set").asText() + " " + of.path("split").asText();
    return curves.computeIfAbsent(
        new Key(of.path("metric").asText(), set.strip()), k -> new MetricCurve());
  }

  /** Two or three lines: status, counts, and what the run was told. */
  List<String> head(Instant now) {
    JsonNode run = detail.path("run");
    List<String> lines = new ArrayList<>();
    StringBuilder first = new StringBuilder(style.bold(Text.plain(run.path("run_id"))));
    first.append("  ").append(style.status(run.path("status").asText()));
    if (run.path("step").isNumber()) {
      first.append("  step ").append(Text.count(run.path("step")));
    }
    if (run.path("epoch").isNumber()) {
      first.append("  epoch ").append(Text.brief(run.path("epoch").doubleValue()));
    }
    if (run.path("attempt").asInt() > 0) {
      first.append("  attempt ").append(run.path("attempt").asInt());
    }
    lines.add(first + style.dim("  heard " + Text.ago(run.path("last_seen"), now)));
    lines.add(counts(run));
    JsonNode signal = detail.path("signal");
    if (signal.isObject()) {
      boolean stop = signal.path("decision").asText().equals("STOP");
      String decision = signal.path("decision").asText();
      lines.add(
          "signal "
              + (stop ? style.bad(decision) : style.good(decision))
              + (signal.path("checkpoint").isTextual()
                  ? "  at " + Text.plain(signal.path("checkpoint"))
                  : "")
              + (signal.path("reason").isTextual()
                  ? ": " + Text.plain(signal.path("reason"))
                  : ""));
    }
    return lines;
  }

  private static String counts(JsonNode run) {
    return "predictions "
        + Text.count(run.path("received"))
        + (run.path("expected").isNumber() ? " of " + Text.count(run.path("expected")) : "")
        + "  duplicates "
        + Text.count(run.path("duplicates"))
        + "  conflicts "
        + Text.count(run.path("conflicts"))
        + "  model checkpoints "
        + Text.count(run.path("checkpoints"))
        + ", "
        + Text.count(run.path("evaluated"))
        + " evaluated, "
        + Text.count(run.path("waiting"))
        + " waiting";
  }

  /** A table of all metrics over all examples; the head is its first line. */
  List<String> metrics() {
    Set<String> listed = new HashSet<>();
    detail.path("metrics").forEach(m -> listed.add(m.asText()));
    boolean one = curves.keySet().stream().map(Key::set).distinct().count() < 2;
    // what matters most to the left: a narrow terminal cuts lines off
    TextTable table = new TextTable("<<><>>>>");
    table.row("metric", "trend", "proxy", "interval", "exact", "best", "proxy of", "exact of");
    String headline = detail.at("/run/headline/metric").asText();
    // where not all fit: the headline, what is followed at every step, what only reports have
    curves.entrySet().stream()
        .filter(e -> listed.contains(e.getKey().metric()) && !e.getValue().isEmpty())
        .sorted(
            Comparator.comparing(
                    (Map.Entry<Key, MetricCurve> e) -> !e.getKey().metric().equals(headline))
                .thenComparing(e -> e.getValue().proxy() == null))
        .forEach(e -> table.row(cells(e.getKey(), e.getValue(), one)));
    return lines(table);
  }

  private String[] cells(Key key, MetricCurve curve, boolean one) {
    MetricCurve.Reading proxy = curve.proxy();
    MetricCurve.Reading exact = curve.exact();
    MetricCurve.Reading best = curve.best();
    String name = Text.plain(Words.metric(key.metric()));
    return new String[] {
      one ? name : name + style.dim(" (" + Text.plain(key.set()) + ")"),
      style.accent(Sparkline.of(curve.trend(), TREND)),
      proxy == null ? "–" : value(proxy),
      proxy == null ? "" : Text.interval(proxy.low(), proxy.high()) + flags(proxy),
      exact == null ? "–" : style.bold(Text.number(exact.value())),
      best == null ? "–" : Text.number(best.value()),
      step(proxy),
      step(exact)
    };
  }

  private String value(MetricCurve.Reading proxy) {
    String value = Text.number(proxy.value());
    return proxy.complete() ? value : style.dim(value);
  }

  private String flags(MetricCurve.Reading proxy) {
    String space = proxy.low() == null ? "" : " ";
    if (proxy.trust().equals("UNTRUSTED")) {
      return space + style.bad("untrusted");
    }
    return proxy.complete() ? "" : space + style.dim("arriving");
  }

  private static String step(MetricCurve.Reading reading) {
    return reading == null ? "" : "step " + Text.count(reading.step());
  }

  /**
   * A table of the model checkpoints; the head is its first line.
   *
   * @param most of the newest ones
   */
  List<String> checkpoints(int most) {
    List<JsonNode> all = new ArrayList<>();
    detail.path("checkpoints").forEach(all::add);
    String headline = detail.at("/run/headline/metric").asText();
    String name = headline.isEmpty() ? "metric" : Text.plain(Words.metric(headline));
    TextTable table = new TextTable("<>>><<");
    table.row("model checkpoint", "step", name + ", proxy", "exact", "evaluation", "");
    for (JsonNode c : all.subList(Math.max(0, all.size() - most), all.size())) {
      table.row(
          Text.plain(c.path("checkpoint")),
          Text.count(c.path("step")),
          Text.number(c.path("proxies").path(headline).path("value")),
          Text.number(c.path("full").path(headline).path("value")),
          evaluation(c),
          verdicts(c));
    }
    return lines(table);
  }

  private String evaluation(JsonNode checkpoint) {
    String state = checkpoint.path("state").asText();
    if (state.equals("PROXY")) {
      return style.dim("not asked for");
    }
    JsonNode reason = checkpoint.path("reason");
    return style.state(state) + (reason.isTextual() ? " " + Text.plain(reason) : "");
  }

  private String verdicts(JsonNode checkpoint) {
    List<String> verdicts = new ArrayList<>();
    for (JsonNode v : checkpoint.path("verdicts")) {
      String outcome = v.path("outcome").asText();
      verdicts.add(
          Text.plain(v.path("gate"))
              + " "
              + switch (outcome) {
                case "PASS" -> style.good(outcome);
                case "FAIL" -> style.bad(outcome);
                default -> style.warning(outcome);
              });
    }
    return String.join(", ", verdicts);
  }

  private List<String> lines(TextTable table) {
    List<String> lines = new ArrayList<>(table.render().lines().toList());
    lines.set(0, style.dim(lines.get(0)));
    return lines;
  }
}
