package dev.touchstone.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ReconnectingTest {

  private final StringWriter err = new StringWriter();
  private final AtomicInteger polls = new AtomicInteger();
  private HttpServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.stop(0);
    }
  }

  @Test
  void aReportThatIsWaitedForOutlivesARestartOfTheServer() throws Exception {
    int port = start(0, 200, "WAITING");
    StringWriter out = new StringWriter();
    CommandLine command =
        new CommandLine(new ReportCommand())
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(
            () ->
                command.execute(
                    "--run=r", "--checkpoint=c", "--wait", "--server=http://127.0.0.1:" + port));
    await(() -> polls.get() > 1);
    server.stop(0);
    await(() -> err.toString().contains("reconnecting for up to 600 s"));

    // it does not know the question yet, then it does
    polls.set(0);
    start(port, 404, "WAITING");
    await(() -> polls.get() > 1);
    assertThat(code).isNotDone();
    server.stop(0);
    start(port, 200, "EXPIRED");

    assertThat(code.get(30, TimeUnit.SECONDS)).isEqualTo(5);
    assertThat(err.toString()).containsOnlyOnce("reconnecting").contains("touchstone: EXPIRED");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void anOutageThatLastsTooLongIsSaidAndARefusalIsSaidAtOnce() throws Exception {
    int port = start(0, 404, "WAITING");
    Reconnecting patient = patient(port, Duration.ofDays(1));
    assertThatThrownBy(() -> patient.get("v1/evaluations/q")).hasMessage("HTTP 404");
    assertThat(err.toString()).isEmpty();

    server.stop(0);
    assertThatThrownBy(() -> patient(port, Duration.ofMillis(1)).get("v1/evaluations/q"))
        .isInstanceOf(ServerException.class)
        .hasMessageContaining("no server answers at http://127.0.0.1:" + port);
  }

  private Reconnecting patient(int port, Duration patience) {
    return new Reconnecting(
        new ServerClient("http://127.0.0.1:" + port, null), patience, new PrintWriter(err, true));
  }

  private int start(int port, int status, String state) throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          polls.incrementAndGet();
          String end = state.equals("WAITING") ? "null" : "1";
          byte[] body =
              "{\"id\": \"q\", \"state\": \"%s\", \"reason\": null, \"finished_at\": %s}"
                  .formatted(state, end)
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server.getAddress().getPort();
  }

  private static void await(java.util.function.BooleanSupplier condition) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within 30 s").isLessThan(deadline);
      Thread.sleep(10);
    }
  }
}
