package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code touchstone report}: asks a running server for a full evaluation, and waits for it. */
@Command(
    name = "report",
    description = {
      "Asks a running server for the full evaluation of a model checkpoint.",
      "",
      "What was asked before is answered at once, and no model runs again."
    },
    sortOptions = false,
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone report --run fraud-7 --checkpoint step-00800 --wait",
      "  ./touchstone report --run fraud-7 --checkpoint step-00800 --slices country \\",
      "      --baseline fraud-6/step-00800 --wait --format html > report.html",
      "  ./touchstone report --run fraud-7 --checkpoint step-00800 --wait --format csv >"
          + " report.csv",
      "",
      "Exit codes: 0 there is a report (without --wait: it was asked for), 1 the evaluation FAILED",
      "or no server answers, 2 wrong usage, 3 the server refused the question, 4 INCOMPLETE,",
      "5 EXPIRED or SUPERSEDED."
    })
public final class ReportCommand implements Callable<Integer> {

  private static final int FAILED = 1;
  private static final int REFUSED = 3;
  private static final int INCOMPLETE = 4;
  private static final int NOT_WANTED = 5;
  private static final long POLL_MILLIS = 100;
  private static final int REPORT_TRIES = 50;
  private static final Duration OUTAGE = Duration.ofMinutes(10);
  // of a server, until it has read what it knew
  private static final Duration START = Duration.ofSeconds(30);

  /** How a report is printed. */
  enum Format {
    table,
    json,
    csv,
    html
  }

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;

  @Option(names = "--run", paramLabel = "RUN", required = true, description = "The run's id.")
  private String run;

  @Option(
      names = "--checkpoint",
      paramLabel = "ID",
      required = true,
      description = "The model checkpoint's id.")
  private String checkpoint;

  @Option(
      names = "--evaluation-set",
      paramLabel = "ID",
      description = "Needed only where the checkpoint has several.")
  private String evaluationSet;

  @Option(names = "--split", paramLabel = "NAME", description = "Default: validation.")
  private String split;

  @Option(names = "--fold", paramLabel = "N", description = "One fold of a cross-validation.")
  private Integer fold;

  @Option(names = "--all-folds", description = "Over the sets of all folds.")
  private boolean allFolds;

  @Option(names = "--folds", paramLabel = "N", description = "With --all-folds: how many.")
  private Integer folds;

  @Option(
      names = "--metrics",
      paramLabel = "NAME",
      split = ",",
      description = "Metrics to report (default: all of them).")
  private List<String> metrics = List.of();

  @Option(
      names = "--slices",
      paramLabel = "COLUMN",
      split = ",",
      description = "Slice columns to report by, and crosses of them: country,country*device.")
  private List<String> slices = List.of();

  @Option(
      names = "--baseline",
      paramLabel = "RUN/CHECKPOINT",
      description = "Compare with these predictions; a set key without slash does too.")
  private String baseline;

  @Option(names = "--thresholds", paramLabel = "N", description = "Entries of the sweep.")
  private Integer thresholds;

  @Option(
      names = "--decision-threshold",
      paramLabel = "X",
      description = "Predict positive at scores from here on.")
  private Double decisionThreshold;

  @Option(
      names = "--bootstrap",
      paramLabel = "N",
      description = "Intervals of the ranking metrics from N resamples.")
  private Integer bootstrap;

  @Option(
      names = "--propose-plan",
      paramLabel = "N",
      description = "The report proposes a sampling plan of N examples for the next run; 0: none.")
  private Integer proposedPlan;

  @Option(names = "--priority", paramLabel = "0..9", description = "The highest goes first.")
  private Integer priority;

  @Option(
      names = "--deadline",
      paramLabel = "SECONDS",
      description = "How long missing predictions are waited for.")
  private Integer deadline;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "Id of the question: the same id asks once.")
  private String id;

  @Option(
      names = "--wait",
      description =
          "Wait for the report and print it, over restarts of the server that take no longer than"
              + " --deadline (10 minutes).")
  private boolean wait;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
      defaultValue = "table")
  private Format format;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    try {
      ServerClient client = server.client();
      // with an id of its own the question may be sent again without being asked twice
      String key = id == null ? UUID.randomUUID().toString() : id;
      Reconnecting patient = new Reconnecting(client, START, err);
      JsonNode status = patient.post("v1/evaluations", question(), key);
      return wait ? report(client, status, err) : asked(status);
    } catch (ServerException e) {
      err.println("touchstone: " + e.getMessage());
      return e.isRefused() ? REFUSED : FAILED;
    }
  }

  private int asked(JsonNode status) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        format == Format.json
            ? status.toString()
            : status.path("id").asText() + "  " + ProgressBar.line(status));
    out.flush();
    return 0;
  }

  private int report(ServerClient client, JsonNode asked, PrintWriter err)
      throws ServerException, InterruptedException {
    String where = "v1/evaluations/" + ServerClient.encode(asked.path("id").asText());
    ProgressBar bar = new ProgressBar(err, System.console() != null);
    Duration patience = deadline == null ? OUTAGE : Duration.ofSeconds(deadline);
    Reconnecting patient = new Reconnecting(client, patience, err);
    JsonNode status = asked;
    JsonNode waited = null;
    while (status.path("finished_at").isNull()) {
      bar.show(status);
      waited = status;
      Thread.sleep(POLL_MILLIS);
      status = patient.get(where);
    }
    bar.clear();
    String state = status.path("state").asText();
    if (!state.equals("EVALUATED") && !state.equals("REUSED")) {
      err.println("touchstone: " + ProgressBar.line(status));
      if (state.equals("INCOMPLETE") && waited != null) {
        // what there was instead
        err.println("touchstone: it waited: " + waited.path("reason").asText());
      }
      return switch (state) {
        case "INCOMPLETE" -> INCOMPLETE;
        case "EXPIRED", "SUPERSEDED" -> NOT_WANTED;
        default -> FAILED;
      };
    }
    JsonNode envelope = report(patient, status.path("report_key").asText());
    PrintWriter out = spec.commandLine().getOut();
    switch (format) {
      case json -> out.println(envelope.path("report").toPrettyString());
      case table -> out.print(new ReportText(envelope).text());
      case csv -> csv(out, envelope.path("report"));
      case html -> out.print(new ReportText(envelope).html());
    }
    out.flush();
    return 0;
  }

  /** The metrics, number for number: of all examples, then of each slice. */
  private static void csv(PrintWriter out, JsonNode report) {
    Csv csv =
        new Csv(
            out,
            "slice",
            "metric",
            "value",
            "ci_low",
            "ci_high",
            "ci_method",
            "level",
            "n",
            "n_pos",
            "reason");
    csv(csv, report);
    report.path("slices").forEach(slice -> csv(csv, slice));
  }

  private static void csv(Csv csv, JsonNode part) {
    for (Map.Entry<String, JsonNode> metric : part.path("metrics").properties()) {
      JsonNode m = metric.getValue();
      csv.row(
          part.path("slice"),
          metric.getKey(),
          m.path("value"),
          m.path("ci_low"),
          m.path("ci_high"),
          m.path("ci_method"),
          m.path("level"),
          part.path("n"),
          part.path("n_pos"),
          m.path("reason"));
    }
  }

  /** A report and who shares it are read from different partitions, in any order. */
  private static JsonNode report(Reconnecting client, String key)
      throws ServerException, InterruptedException {
    for (int tries = 1; ; tries++) {
      try {
        return client.get("v1/reports/" + ServerClient.encode(key));
      } catch (ServerException e) {
        if (!e.isRefused() || tries == REPORT_TRIES) {
          throw e;
        }
        Thread.sleep(POLL_MILLIS);
      }
    }
  }

  private ObjectNode question() {
    ObjectNode question = ServerClient.MAPPER.createObjectNode();
    question.put("run_id", run).put("checkpoint", checkpoint);
    question.put("evaluation_set", evaluationSet).put("split", split).put("fold", fold);
    question.put("thresholds", thresholds).put("deadline_seconds", deadline);
    question.put("decision_threshold", decisionThreshold).put("priority", priority);
    question.put("bootstrap_replicates", bootstrap).put("all_folds", allFolds).put("folds", folds);
    question.put("propose_plan_budget", proposedPlan);
    ArrayNode names = question.putArray("metrics");
    metrics.forEach(names::add);
    ArrayNode columns = question.putArray("slices");
    slices.forEach(columns::add);
    if (baseline != null) {
      question.set("baseline", baseline());
    }
    return question;
  }

  private ObjectNode baseline() {
    ObjectNode other = ServerClient.MAPPER.createObjectNode();
    // a run's id may hold slashes, a model checkpoint's rarely does
    int slash = baseline.lastIndexOf('/');
    if (slash < 0) {
      return other.put("set_key", baseline);
    }
    if (slash == 0 || slash == baseline.length() - 1) {
      throw new ParameterException(
          spec.commandLine(),
          "--baseline must be RUN/CHECKPOINT or a set key, got \"" + baseline + "\"");
    }
    return other
        .put("run_id", baseline.substring(0, slash))
        .put("checkpoint", baseline.substring(slash + 1));
  }
}
