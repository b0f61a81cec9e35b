package dev.touchstone.cli.runtime;

import dev.touchstone.jobs.cache.CacheFileSystems;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.server.ServerSettings;
import dev.touchstone.server.TouchstoneServer;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.ForwardStatus;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Broker, Flink and server in this process, over one directory. */
public final class EmbeddedEngine implements EngineLauncher.Engine {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedEngine.class);

  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private String bootstrap;
  private String flinkPage;
  private TouchstoneServer server;
  private boolean ownsKafka;

  private EmbeddedEngine() {}

  /**
   * Starts everything, or lets it go on where it was.
   *
   * @throws UsageException if a port is taken, the directory is in use or no Kafka answers
   * @throws IllegalArgumentException for a wrong setting
   */
  public static EmbeddedEngine start(EngineOptions options) throws Exception {
    EmbeddedEngine engine = new EmbeddedEngine();
    try {
      engine.startAll(options);
      return engine;
    } catch (Exception e) {
      engine.close();
      throw e;
    }
  }

  private void startAll(EngineOptions options) throws Exception {
    Path data = options.data().toAbsolutePath();
    DataDirectory directory = DataDirectory.take(data);
    running.push(directory);
    EngineSettings asked = EngineSettings.from(options.settings().get());
    ForwardSettings forward = ForwardHomes.of(asked, System.getenv()::get);
    int httpPort = options.httpPort() == null ? asked.server().port() : options.httpPort();
    if (httpPort != 0) {
      Ports.requireFree(httpPort, "page and API", "--port");
    }
    int flinkPort = port(directory, "flink", options.flinkPort(), "Flink's page", "--flink-port");
    ownsKafka = options.bootstrap() == null;

    Configuration flinkConfig =
        GlobalConfiguration.loadConfiguration(options.confDirectory().toString());
    CacheFileSystems.load(flinkConfig);
    // the cluster comes up while the broker does
    CompletableFuture<EmbeddedFlink> starting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return EmbeddedFlink.start(flinkConfig, directory.flink(), flinkPort);
              } catch (Exception e) {
                throw new CompletionException(e);
              }
            });
    EmbeddedFlink flink;
    try {
      bootstrap = ownsKafka ? startKafka(directory, options) : options.bootstrap();
    } finally {
      flink = starting.join();
      running.push(flink);
    }
    flinkPage = flink.web().toString();
    SettingsSource source =
        options
            .settings()
            .get()
            .with("kafka.bootstrap_servers", bootstrap)
            .with("cache.directory", cache(asked, directory));
    EngineSettings settings = EngineSettings.from(source);
    TopicSetup.create(settings.kafka());
    flink.run(settings);
    server =
        TouchstoneServer.start(
            ServerSettings.of(httpPort, bootstrap)
                .withHost(settings.server().host())
                .withTopics(settings.kafka().topics())
                .withToken(settings.server().token())
                .withForward(forward));
    running.push(server);
  }

  /** A URI is taken at its word; a plain path is for jobs on a cluster. */
  private static String cache(EngineSettings asked, DataDirectory directory) {
    String configured = asked.cache().directory();
    return CacheFileSystems.isUri(configured) ? configured : directory.cache().toUri().toString();
  }

  private String startKafka(DataDirectory directory, EngineOptions options) throws Exception {
    int port = port(directory, "kafka", options.kafkaPort(), "Kafka", "--kafka-port");
    int controller = directory.port("controller");
    Ports.requireFree(controller, "Kafka's controller", "another --data");
    EmbeddedKafka kafka = EmbeddedKafka.start(directory.kafka(), port, controller);
    running.push(kafka);
    return kafka.bootstrap();
  }

  private static int port(
      DataDirectory directory, String name, int asked, String what, String option)
      throws Exception {
    int port = asked == 0 ? directory.port(name) : directory.keepPort(name, asked);
    Ports.requireFree(port, what, option);
    return port;
  }

  @Override
  public String bootstrap() {
    return bootstrap;
  }

  @Override
  public String url() {
    return server.url();
  }

  /** What listens where, a line each, for people. */
  public String describe() {
    return "page and API  "
        + url()
        + "\nKafka         "
        + bootstrap
        + (ownsKafka ? "" : " (yours)")
        + "\nFlink         "
        + flinkPage
        + homes();
  }

  private String homes() {
    List<String> names = server.forwards().stream().map(ForwardStatus::name).toList();
    return names.isEmpty() ? "" : "\nresults to    " + String.join(", ", names);
  }

  @Override
  public void close() {
    while (!running.isEmpty()) {
      AutoCloseable part = running.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("{} did not stop cleanly", part.getClass().getSimpleName(), e);
      }
    }
  }
}
