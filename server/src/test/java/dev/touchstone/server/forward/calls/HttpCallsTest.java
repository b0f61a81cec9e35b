package dev.touchstone.server.forward.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.server.forward.HomeAwayException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpCallsTest {

  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";

  private ServerSocket server;

  @AfterEach
  void stop() throws IOException {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void ofAnAnswerWithoutEndOnlyTheBeginningIsRead() throws Exception {
    URI url =
        answering(
            out -> {
              byte[] some = "x".repeat(8192).getBytes(StandardCharsets.US_ASCII);
              while (true) { // until the caller hangs up
                out.write(some);
              }
            });

    HttpCalls.Answer answer = calls(Duration.ofSeconds(30)).send(get(url));

    assertThat(answer).isEqualTo(new HttpCalls.Answer(200, "x".repeat(100)));
  }

  @Test
  void anAnswerThatStopsInTheMiddleIsNotWaitedForLong() throws Exception {
    URI url =
        answering(
            out -> {
              out.write('x');
              out.flush();
              server.accept(); // nobody comes
            });

    assertThatThrownBy(() -> calls(Duration.ofSeconds(1)).send(get(url)))
        .isInstanceOf(HomeAwayException.class)
        .hasMessage("home did not answer within 1 s");
  }

  @Test
  void anAnswerThatIsCutOffIsNone() throws Exception {
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    serve("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", out -> out.write('x'));

    assertThatThrownBy(() -> calls(Duration.ofSeconds(30)).send(get(url())))
        .isInstanceOf(HomeAwayException.class)
        .hasMessageStartingWith("home can't be reached: ");
  }

  @Test
  void anAddressIsNamedWithoutWhatMayBeSecret() {
    assertThat(HttpCalls.nameOf(URI.create("https://ann:pw@hooks.example:8443/s3cr3t?t=1")))
        .isEqualTo("https://hooks.example:8443");
    assertThat(HttpCalls.nameOf(URI.create("http://[::1]/x"))).isEqualTo("http://[::1]");
  }

  @FunctionalInterface
  private interface Body {
    void write(OutputStream out) throws IOException;
  }

  private URI answering(Body body) throws IOException {
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    serve(HEAD, body);
    return url();
  }

  private void serve(String head, Body body) {
    Thread thread =
        new Thread(
            () -> {
              try (Socket caller = server.accept();
                  OutputStream out = caller.getOutputStream()) {
                caller.getInputStream().read();
                out.write(head.getBytes(StandardCharsets.US_ASCII));
                body.write(out);
              } catch (IOException e) {
                // the caller hung up, or the test is over
              }
            },
            "answers");
    thread.setDaemon(true);
    thread.start();
  }

  private URI url() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/");
  }

  private static HttpRequest get(URI url) {
    return HttpRequest.newBuilder(url).GET().build();
  }

  private static HttpCalls calls(Duration deadline) {
    return new HttpCalls("home", deadline, 100);
  }
}
