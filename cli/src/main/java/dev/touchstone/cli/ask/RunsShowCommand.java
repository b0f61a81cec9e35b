package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code touchstone runs show}: one run, with its metrics and model checkpoints. */
@Command(
    name = "show",
    description = "Shows a run: how it stands, its metrics over all examples, its checkpoints.",
    sortOptions = false,
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone runs show fraud-7",
      "  ./touchstone runs show fraud-7 --checkpoints 100",
      "  ./touchstone runs show fraud-7 --format csv > fraud-7.csv",
      "",
      "CSV has a line for each metric of each model checkpoint; JSON is what GET /v1/runs/RUN",
      "answers. Exit codes: 0 shown, 1 no server answers, 2 wrong usage, 3 no such run."
    })
final class RunsShowCommand implements Callable<Integer> {

  private static final int REFUSED = 3;

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;
  @Mixin private FormatOption format;

  @Parameters(paramLabel = "RUN", description = "The run's id.")
  private String run;

  @Option(
      names = "--checkpoints",
      paramLabel = "N",
      description = "Model checkpoints in the table, the newest ones. Default: ${DEFAULT-VALUE}.",
      defaultValue = "10")
  private int checkpoints;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      ServerClient client = server.client();
      String path = "v1/runs/" + ServerClient.encode(run);
      ServerClient.Answer answer = client.answer(path);
      switch (format.chosen()) {
        case json -> out.println(answer.body().toPrettyString());
        case csv -> csv(out, answer.body());
        case table -> {
          RunPicture picture = new RunPicture(Style.auto());
          picture.detail(answer.body());
          picture.curves(client.get(path + "/metrics?slice="));
          picture.head(answer.now()).forEach(out::println);
          out.println();
          picture.metrics().forEach(out::println);
          out.println();
          picture.checkpoints(Math.max(0, checkpoints)).forEach(out::println);
        }
      }
      out.flush();
      return 0;
    } catch (ServerException e) {
      spec.commandLine().getErr().println("touchstone: " + e.getMessage());
      return e.isRefused() ? REFUSED : 1;
    }
  }

  private static void csv(PrintWriter out, JsonNode detail) {
    Csv csv =
        new Csv(
            out,
            "run_id",
            "checkpoint",
            "step",
            "epoch",
            "state",
            "metric",
            "proxy",
            "proxy_low",
            "proxy_high",
            "trust",
            "exact",
            "exact_low",
            "exact_high");
    for (JsonNode c : detail.path("checkpoints")) {
      for (JsonNode metric : detail.path("metrics")) {
        JsonNode proxy = c.path("proxies").path(metric.asText());
        JsonNode exact = c.path("full").path(metric.asText());
        if (proxy.isMissingNode() && exact.isMissingNode()) {
          continue;
        }
        csv.row(
            detail.at("/run/run_id"),
            c.path("checkpoint"),
            c.path("step"),
            c.path("epoch"),
            c.path("state"),
            metric,
            proxy.path("value"),
            proxy.path("ci_low"),
            proxy.path("ci_high"),
            proxy.path("trust"),
            exact.path("value"),
            exact.path("ci_low"),
            exact.path("ci_high"));
      }
    }
  }
}
