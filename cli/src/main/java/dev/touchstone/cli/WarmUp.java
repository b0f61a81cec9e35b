package dev.touchstone.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * Runs the commands that ask a server against a stand-in, so that the launcher learns which classes
 * they load: the class archive saves every start the time to find and parse them.
 */
final class WarmUp {

  private static final String RUN =
      "{\"run_id\":\"r\",\"status\":\"FINISHED\",\"last_seen\":1,\"step\":1,\"checkpoints\":1,"
          + "\"evaluated\":1,\"waiting\":0,\"received\":1,\"expected\":1,\"headline\":{\"metric\":"
          + "\"f1\",\"proxy\":{\"value\":0.5},\"full\":{\"value\":0.5},\"trail\":[0.1,0.5]}}";

  private WarmUp() {}

  public static void main(String[] args) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/runs", e -> answer(e, "{\"runs\":[" + RUN + "],\"total\":1}"));
    server.createContext(
        "/v1/runs/r",
        e ->
            answer(
                e,
                "{\"run\":"
                    + RUN
                    + ",\"metrics\":[\"f1\"],\"checkpoints\":[{\"checkpoint\":\"c\",\"step\":1,"
                    + "\"state\":\"EVALUATED\",\"proxies\":{\"f1\":{\"value\":0.5}}}]}"));
    server.createContext(
        "/v1/runs/r/metrics",
        e ->
            answer(
                e,
                "{\"series\":[{\"metric\":\"f1\",\"tier\":\"proxy\",\"slice\":\"\",\"points\":"
                    + "[{\"step\":1,\"value\":0.5,\"ci_low\":0.4,\"ci_high\":0.6}]}]}"));
    server.createContext("/v1/events", WarmUp::events);
    server.createContext(
        "/v1/evaluations", e -> answer(e, "{\"id\":\"i\",\"state\":\"WAITING\",\"reason\":null}"));
    server.start();
    String at = "--server=http://127.0.0.1:" + server.getAddress().getPort();
    for (String format : new String[] {"table", "json", "csv"}) {
      run("runs", at, "--format", format);
      run("runs", "show", "r", at, "--format", format);
      run("watch", "r", at, "--format", format);
    }
    run("report", "--run=r", "--checkpoint=c", at);
    run("completion", "bash");
    System.exit(0);
  }

  private static void run(String... args) {
    Main.commandLine(args).execute(args);
  }

  private static void events(HttpExchange exchange) throws IOException {
    answer(exchange, "event: hello\nid: a-1\ndata: {}\n\n");
  }

  private static void answer(HttpExchange exchange, String body) throws IOException {
    exchange.getRequestBody().readAllBytes();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
