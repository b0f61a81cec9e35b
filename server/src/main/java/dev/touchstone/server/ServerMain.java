package dev.touchstone.server;

import dev.touchstone.schemas.Topics;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/**
 * The server as a process of its own. Each setting is an argument {@code --name value} or a
 * variable of the environment; the argument wins.
 */
public final class ServerMain {

  private static final String USAGE =
      """
      Usage: java -cp … dev.touchstone.server.ServerMain --bootstrap HOST:PORT [options]

        --bootstrap HOST:PORT   Kafka                        TOUCHSTONE_BOOTSTRAP
        --host ADDRESS          address to listen on         TOUCHSTONE_HOST    (127.0.0.1)
        --port PORT             0: any free one              TOUCHSTONE_PORT    (8080)
        --prefix PREFIX         of the topics                TOUCHSTONE_PREFIX  (touchstone.)
                                token for writes             TOUCHSTONE_TOKEN   (none)

      The token has no argument, so that it stays out of the list of processes. Results go to other
      homes too, each where its variable is set:

        TOUCHSTONE_REMOTE_WRITE_URL       Prometheus remote write; _TOKEN, or _USERNAME and _PASSWORD
        TOUCHSTONE_MLFLOW_TRACKING_URI    MLflow; TOUCHSTONE_MLFLOW_EXPERIMENT, _TOKEN, or
                                          _USERNAME and _PASSWORD
        TOUCHSTONE_TENSORBOARD_DIRECTORY  event files
        TOUCHSTONE_WEBHOOK_URL            JSON, signed with TOUCHSTONE_WEBHOOK_SECRET
        TOUCHSTONE_SLACK_WEBHOOK_URL      messages as Slack takes them
        TOUCHSTONE_PUBLIC_URL             where people find the page, for links in messages
        TOUCHSTONE_GROUP                  prefix of the consumer groups (touchstone)
      """;

  private static final Map<String, String> VARIABLES =
      Map.of(
          "bootstrap", "TOUCHSTONE_BOOTSTRAP",
          "host", "TOUCHSTONE_HOST",
          "port", "TOUCHSTONE_PORT",
          "prefix", "TOUCHSTONE_PREFIX",
          "token", "TOUCHSTONE_TOKEN");
  private static final Set<String> ARGUMENTS = Set.of("bootstrap", "host", "port", "prefix");

  private ServerMain() {}

  public static void main(String[] args) throws InterruptedException {
    if (args.length == 1 && (args[0].equals("--help") || args[0].equals("-h"))) {
      System.out.print(USAGE);
      return;
    }
    TouchstoneServer server;
    try {
      server = TouchstoneServer.start(settings(args, System.getenv()));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.err.print(USAGE);
      System.exit(2);
      return;
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(1);
      return;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop"));
    System.out.println("Touchstone listens on " + server.url());
    // the server's threads are daemons: this one keeps the process until a signal ends it
    new CountDownLatch(1).await();
  }

  /**
   * @throws IllegalArgumentException naming key, rule and value
   */
  static ServerSettings settings(String[] args, Map<String, String> environment) {
    Map<String, String> values = new HashMap<>();
    VARIABLES.forEach(
        (name, variable) -> {
          String value = environment.get(variable);
          if (value != null && !value.isBlank()) {
            values.put(name, value);
          }
        });
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (!ARGUMENTS.contains(name)) {
        throw new IllegalArgumentException(
            "argument must be one of --bootstrap, --host, --port, --prefix, got \""
                + args[i]
                + "\"");
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException("argument " + args[i] + " must be followed by a value");
      }
      values.put(name, args[i + 1]);
    }
    return ServerSettings.of(port(values.get("port")), values.get("bootstrap"))
        .withHost(values.getOrDefault("host", ServerSettings.DEFAULT_HOST))
        .withTopics(new Topics(values.getOrDefault("prefix", Topics.DEFAULT_PREFIX)))
        .withToken(values.get("token"))
        .withForward(ForwardEnvironment.settings(environment));
  }

  private static int port(String value) {
    if (value == null) {
      return ServerSettings.DEFAULT_PORT;
    }
    try {
      return Integer.parseInt(value.trim());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "server.port must be a whole number in [0, 65535], got \"" + value + "\"", e);
    }
  }
}
