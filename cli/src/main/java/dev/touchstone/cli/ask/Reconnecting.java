package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;

/**
 * Reads from a server that may be started anew meanwhile. After an outage its answers are refusals
 * until it has read again what it knew; both are waited for, and only so long.
 */
final class Reconnecting {

  private static final long POLL_MILLIS = 500;

  private final ServerClient client;
  private final Duration patience;
  private final PrintWriter err;

  /**
   * @param patience how long one outage may last
   */
  Reconnecting(ServerClient client, Duration patience, PrintWriter err) {
    this.client = client;
    this.patience = patience;
    this.err = err;
  }

  /**
   * Asks once, however often it must be sent: a server that has just started says that it can't
   * know yet, and one whose broker is away that it could not write.
   */
  JsonNode post(String path, JsonNode body, String idempotencyKey)
      throws ServerException, InterruptedException {
    long since = System.nanoTime();
    while (true) {
      try {
        return client.post(path, body, idempotencyKey);
      } catch (ServerException e) {
        if (!e.isBusy() || System.nanoTime() - since >= patience.toNanos()) {
          throw e;
        }
        Thread.sleep(POLL_MILLIS);
      }
    }
  }

  /**
   * @throws ServerException if the server refuses without an outage, or the outage lasts too long
   */
  JsonNode get(String path) throws ServerException, InterruptedException {
    long since = System.nanoTime();
    boolean told = false;
    while (true) {
      try {
        return client.get(path);
      } catch (ServerException e) {
        boolean over = System.nanoTime() - since >= patience.toNanos();
        if (over || !told && e.isRefused()) {
          throw e;
        }
        if (!told) {
          err.println(
              "touchstone: reconnecting for up to "
                  + patience.toSeconds()
                  + " s: "
                  + e.getMessage());
          told = true;
        }
        Thread.sleep(POLL_MILLIS);
      }
    }
  }
}
