package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code touchstone watch}: a run as it goes, until it ends. */
@Command(
    name = "watch",
    description = {
      "Shows a run while it trains, until it ends or Ctrl-C.",
      "",
      "On a terminal a table that is kept up to date; elsewhere a line for each metric of each"
          + " complete prediction set, evaluation, verdict and signal."
    },
    sortOptions = false,
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone watch fraud-7",
      "  ./touchstone watch fraud-7 | tee fraud-7.log",
      "  ./touchstone watch fraud-7 --format json | jq 'select(.type == \"signal\")'",
      "  ./touchstone watch fraud-7 --format csv > fraud-7.csv",
      "",
      "JSON is one event a line, CSV one value a line with all that came before. A server that",
      "goes away is waited for, up to 10 minutes. Exit codes: 0 the run has ended, 1 no server",
      "answers, 2 wrong usage, 3 no such run."
    })
public final class WatchCommand implements Callable<Integer> {

  private static final int REFUSED = 3;
  private static final Duration OUTAGE = Duration.ofMinutes(10);
  private static final Duration TICK = Duration.ofMillis(500);
  // the run's standing is asked for anew at most so often
  private static final Duration AGAIN = Duration.ofSeconds(2);
  private static final Set<String> ENDS = Set.of("FINISHED", "STOPPED");

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions server;
  @Mixin private FormatOption format;

  @Parameters(paramLabel = "RUN", description = "The run's id.")
  private String run;

  private ServerClient client;
  private String path;
  private Watcher watcher;
  private String status = "";
  private long answeredAt = System.nanoTime();

  @Override
  public Integer call() throws InterruptedException {
    client = server.client();
    path = "v1/runs/" + ServerClient.encode(run);
    watcher = watcher(spec.commandLine().getOut(), spec.commandLine().getErr());
    try {
      // who misspells the run hears so at once
      client.get(path);
      follow();
      return 0;
    } catch (ServerException e) {
      spec.commandLine().getErr().println("touchstone: " + e.getMessage());
      return e.isRefused() ? REFUSED : 1;
    }
  }

  private Watcher watcher(PrintWriter out, PrintWriter err) {
    boolean terminal = System.console() != null && !"dumb".equals(System.getenv("TERM"));
    return switch (format.chosen()) {
      case json -> new JsonLines(out, err);
      case csv -> new CsvLines(out, err);
      case table ->
          terminal
              ? new LiveTable(out, Style.auto(), TerminalSize::now)
              : new PlainLines(out, err, Style.auto());
    };
  }

  /** The stream is open before anything is read, so that nothing falls in between. */
  private void follow() throws ServerException, InterruptedException {
    try (EventStream stream = new EventStream(client, run)) {
      boolean lost = false;
      boolean anew = false;
      boolean stale = false;
      long askedAt = System.nanoTime() - AGAIN.toNanos();
      while (!ENDS.contains(status)) {
        EventStream.Event event = stream.next(TICK);
        String type = event == null ? "" : event.type();
        switch (type) {
          case "" -> watcher.tick();
          case EventStream.LOST -> {
            if (System.nanoTime() - answeredAt > OUTAGE.toNanos()) {
              throw new ServerException(event.data().asText(), 0);
            }
            if (!lost) {
              watcher.lost(event.data().asText());
            }
            lost = true;
          }
          case "hello" -> {
            if (lost) {
              watcher.back();
            }
            anew |= status.isEmpty();
            stale = true;
            lost = false;
          }
          case "reset" -> anew = true;
          case "heartbeat" -> stale = true;
          default -> {
            if (!anew && !status.isEmpty()) {
              watcher.event(type, event.data());
            }
            stale |= !type.equals("point");
          }
        }
        if (!lost && (anew || stale) && System.nanoTime() - askedAt > AGAIN.toNanos()) {
          askedAt = System.nanoTime();
          if (read(anew)) {
            anew = false;
            stale = false;
          }
        }
      }
      watcher.end(status);
    }
  }

  /**
   * Asks how the run stands.
   *
   * @return whether it was said: a server that has just started may not know the run yet
   * @throws ServerException if that lasts too long
   */
  private boolean read(boolean anew) throws ServerException {
    try {
      ServerClient.Answer answer = client.answer(path);
      JsonNode detail = answer.body();
      if (anew) {
        watcher.begin(detail, client.get(path + "/metrics?slice="), answer.now());
      } else {
        watcher.detail(detail, answer.now());
      }
      status = detail.at("/run/status").asText();
      answeredAt = System.nanoTime();
      return true;
    } catch (ServerException e) {
      if (System.nanoTime() - answeredAt > OUTAGE.toNanos()) {
        throw e;
      }
      return false;
    }
  }
}
