package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.cli.evaluate.TextTable;
import dev.touchstone.cli.evaluate.Words;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code touchstone runs}: the runs that a server knows. */
@Command(
    name = "runs",
    description = "Lists the runs that a running server knows, the one heard last first.",
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    footer = {"", "Exit codes: 0 listed, 1 no server answers, 2 wrong usage."})
public final class RunsCommand implements Callable<Integer> {

  /** How runs are listed. */
  enum Format {
    table,
    json
  }

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Option(
      names = "--format",
      paramLabel = "table|json",
      description = "Default: ${DEFAULT-VALUE}.",
      defaultValue = "table")
  private Format format;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try {
      JsonNode runs = server.client().get("v1/runs?limit=1000").path("runs");
      if (format == Format.json) {
        out.println(runs.toPrettyString());
      } else if (runs.isEmpty()) {
        out.println("no runs yet");
      } else {
        out.print(table(runs));
      }
      out.flush();
      return 0;
    } catch (ServerException e) {
      spec.commandLine().getErr().println("touchstone: " + e.getMessage());
      return 1;
    }
  }

  private static String table(JsonNode runs) {
    TextTable table = new TextTable("<<>>>>><");
    table.row(
        "run", "status", "step", "checkpoints", "evaluated", "waiting", "predictions", "newest");
    for (JsonNode run : runs) {
      table.row(
          run.path("run_id").asText(),
          run.path("status").asText(),
          run.path("step").isNumber() ? count(run.path("step")) : "–",
          count(run.path("checkpoints")),
          count(run.path("evaluated")),
          count(run.path("waiting")),
          count(run.path("received")),
          newest(run.path("headline")));
    }
    return table.render();
  }

  private static String count(JsonNode number) {
    return String.format(Locale.ROOT, "%,d", number.asLong());
  }

  /** The exact value where there is one, else the proxy. */
  private static String newest(JsonNode headline) {
    for (String tier : new String[] {"full", "proxy"}) {
      JsonNode value = headline.path(tier).path("value");
      if (value.isNumber()) {
        return String.format(
            Locale.ROOT,
            "%s %.4f (%s)",
            Words.metric(headline.path("metric").asText()),
            value.doubleValue(),
            tier);
      }
    }
    return "–";
  }
}
