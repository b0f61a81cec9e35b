package dev.touchstone.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class WatchCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private StandInServer server;

  @BeforeEach
  void start() throws Exception {
    server = new StandInServer();
    server.run("r", "LIVE", 0.875);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aRunIsFollowedInLinesUntilItEnds() throws Exception {
    CompletableFuture<Integer> code = watch("table");
    await("ROC AUC");
    server.event("s-1", "point", StandInServer.point(1200, 0.95));
    server.event("s-2", "point", StandInServer.point(1200, 0.95).replace("COMPLETE", "PARTIAL"));
    server.event("s-3", "point", StandInServer.point(1200, 0.95));
    server.event(
        "s-4",
        "evaluation",
        "{\"checkpoint\": \"step-800\", \"state\": \"FAILED\", \"reason\": \"no\", "
            + "\"finished_at\": 4000}");
    server.event(
        "s-5",
        "signal",
        "{\"decision\": \"STOP\", \"checkpoint\": \"step-1200\", \"reason\": \"no gain\","
            + " \"ts\": 5000}");
    await("signal STOP");
    server.run("r", "STOPPED", 0.95);
    server.event("s-6", "heartbeat", "{}");

    assertThat(code.get(60, TimeUnit.SECONDS)).isZero();
    assertThat(out.toString().lines().skip(5))
        .containsExactly(
            "1970-01-01T00:00:03Z  step 1,200  proxy  ROC AUC 0.95000",
            "1970-01-01T00:00:04Z  evaluation of step-800 FAILED: no",
            "1970-01-01T00:00:05Z  signal STOP at step-1200: no gain",
            "the run is STOPPED");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void aBrokenStreamGoesOnWhereItWasAndSaysSo() throws Exception {
    CompletableFuture<Integer> code = watch("json");
    await("\"type\":\"run\"");
    server.event("s-7", "verdict", "{\"gate\": \"one\"}");
    await("\"one\"");
    server.cutStream();
    awaitErr("connected again");
    server.event("s-8", "verdict", "{\"gate\": \"two\"}");
    await("\"two\"");
    server.run("r", "FINISHED", 0.95);
    server.event("s-9", "heartbeat", "{}");

    assertThat(code.get(60, TimeUnit.SECONDS)).isZero();
    assertThat(err.toString().lines())
        .containsExactly(
            "touchstone: reconnecting: the server ended the stream", "touchstone: connected again");
    assertThat(server.asked).contains("/v1/events?run=r since null", "/v1/events?run=r since s-7");
    assertThat(out.toString().lines().map(l -> ServerClientTest.tree(l).path("type").asText()))
        .containsExactly("run", "verdict", "verdict", "run");
  }

  @Test
  void aServerStartedAnewIsReadAnewAndRepeatsNothing() throws Exception {
    CompletableFuture<Integer> code = watch("csv");
    await(",800,");
    int port = server.port();
    server.close();
    awaitErr("reconnecting");
    server = new StandInServer(port);
    server.event("t-0", "reset", "{\"reason\": \"the server was restarted\"}");
    awaitErr("connected again");
    // it has read the topics again
    server.run("r", "LIVE", 0.875);
    server.event("t-1", "heartbeat", "{}");
    server.event("t-2", "point", StandInServer.point(1200, 0.95));
    awaitAsked("/metrics");
    server.event("t-3", "point", StandInServer.point(1600, 0.96));
    await("0.96");
    server.run("r", "FINISHED", 0.95);
    server.event("t-4", "heartbeat", "{}");

    assertThat(code.get(60, TimeUnit.SECONDS)).isZero();
    assertThat(out.toString().lines().filter(l -> l.contains("step-800"))).hasSize(1);
    assertThat(out.toString().lines().filter(l -> l.contains("step-1600")))
        .containsExactly(
            "proxy,val,validation,roc_auc,0,step-1600,1600,,3000,0.96,,,,,COMPLETE,TRUSTED,");
  }

  @Test
  void whoAsksForNobodyHearsSoAtOnce() throws Exception {
    server.answers.clear();

    assertThat(watch("table").get(60, TimeUnit.SECONDS)).isEqualTo(3);
    assertThat(err.toString()).isEqualTo("touchstone: there is no /v1/runs/r\n");
  }

  private CompletableFuture<Integer> watch(String format) {
    CommandLine command =
        new CommandLine(new WatchCommand())
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    return CompletableFuture.supplyAsync(
        () -> command.execute("r", "--format", format, server.option()));
  }

  private void await(String text) throws Exception {
    await(() -> out.toString().contains(text), text);
  }

  private void awaitErr(String text) throws Exception {
    await(() -> err.toString().contains(text), text);
  }

  private void awaitAsked(String path) throws Exception {
    await(() -> server.asked.stream().anyMatch(a -> a.contains(path)), path);
  }

  private void await(java.util.function.BooleanSupplier condition, String what) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime())
          .as("%s within 60 s, got\n%s%s", what, out, err)
          .isLessThan(deadline);
      Thread.sleep(10);
    }
  }
}
