package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.cli.evaluate.TextTable;
import dev.touchstone.cli.evaluate.Words;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code touchstone runs}: the runs that a server knows. */
@Command(
    name = "runs",
    description = "Lists the runs that a running server knows, the one heard last first.",
    subcommands = RunsShowCommand.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone runs",
      "  ./touchstone runs fraud --status live",
      "  ./touchstone runs show fraud-7",
      "  ./touchstone runs --format csv > runs.csv",
      "",
      "Exit codes: 0 listed, 1 no server answers, 2 wrong usage."
    })
public final class RunsCommand implements Callable<Integer> {

  private static final int TREND = 16;

  /** How a run stands. */
  enum Status {
    live,
    finished,
    stopped,
    stale
  }

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;
  @Mixin private FormatOption format;

  @Parameters(
      paramLabel = "TEXT",
      arity = "0..1",
      description = "Only runs whose id holds this text.")
  private String text;

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description = "Only runs that stand so: ${COMPLETION-CANDIDATES}.")
  private Status status;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      ServerClient.Answer answer = server.client().all(path(), "runs");
      List<JsonNode> runs = new ArrayList<>();
      answer.body().forEach(runs::add);
      runs.sort(Comparator.comparingLong((JsonNode r) -> r.path("last_seen").asLong()).reversed());
      switch (format.chosen()) {
        case json -> out.println(ServerClient.MAPPER.valueToTree(runs).toPrettyString());
        case csv -> csv(out, runs);
        case table -> out.print(table(runs, answer.now()));
      }
      out.flush();
      return 0;
    } catch (ServerException e) {
      spec.commandLine().getErr().println("touchstone: " + e.getMessage());
      return 1;
    }
  }

  private String path() {
    return "v1/runs?limit=1000"
        + (text == null ? "" : "&q=" + ServerClient.encode(text))
        + (status == null ? "" : "&status=" + status.name().toUpperCase(Locale.ROOT));
  }

  private String table(List<JsonNode> runs, Instant now) {
    if (runs.isEmpty()) {
      return text == null && status == null ? "no runs yet\n" : "no such run\n";
    }
    Style style = Style.auto();
    TextTable table = new TextTable("<<>>>>><<");
    table.row(
        "run", "status", "heard", "step", "evaluated", "waiting", "predictions", "newest", "trend");
    for (JsonNode run : runs) {
      List<Double> trail = new ArrayList<>();
      run.at("/headline/trail").forEach(v -> trail.add(v.asDouble()));
      table.row(
          Text.plain(run.path("run_id")),
          style.status(run.path("status").asText()),
          Text.ago(run.path("last_seen"), now),
          Text.count(run.path("step")),
          Text.count(run.path("evaluated")) + " of " + Text.count(run.path("checkpoints")),
          Text.count(run.path("waiting")),
          Text.count(run.path("received")),
          newest(run.path("headline")),
          style.accent(Sparkline.of(trail, TREND)));
    }
    return table.render();
  }

  /** The exact value where there is one, else the proxy. */
  private static String newest(JsonNode headline) {
    for (String tier : new String[] {"full", "proxy"}) {
      JsonNode value = headline.path(tier).path("value");
      if (value.isNumber()) {
        String kind = tier.equals("full") ? "exact" : tier;
        String metric = Text.plain(Words.metric(headline.path("metric").asText()));
        return metric + " " + Text.number(value) + " (" + kind + ")";
      }
    }
    return "–";
  }

  private static void csv(PrintWriter out, List<JsonNode> runs) {
    String[] columns = {
      "run_id",
      "status",
      "attempt",
      "first_seen",
      "last_seen",
      "step",
      "epoch",
      "checkpoints",
      "evaluated",
      "waiting",
      "received",
      "expected",
      "duplicates",
      "conflicts",
      "signal"
    };
    String[] values = {"proxy", "best", "full", "best_full"};
    List<String> head = new ArrayList<>(List.of(columns));
    head.add("metric");
    head.addAll(List.of(values));
    Csv csv = new Csv(out, head.toArray(String[]::new));
    for (JsonNode run : runs) {
      List<Object> row = new ArrayList<>();
      for (String column : columns) {
        row.add(run.path(column));
      }
      row.add(run.at("/headline/metric"));
      for (String value : values) {
        row.add(run.path("headline").path(value).path("value"));
      }
      csv.row(row.toArray());
    }
  }
}
