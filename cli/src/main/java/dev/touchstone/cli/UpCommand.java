package dev.touchstone.cli;

import dev.touchstone.cli.runtime.EmbeddedEngine;
import dev.touchstone.cli.runtime.EngineOptions;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Runs the engine until it is stopped. */
@Command(
    name = "up",
    description = {
      "Starts Kafka, the Flink jobs and the page, all in one process.",
      "Everything is kept under one directory; the same command goes on where it was."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone up",
      "  ./touchstone up --data /var/lib/touchstone --port 9000",
      "  ./touchstone up --bootstrap kafka:9092     (uses your Kafka)"
    },
    mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {

  @ParentCommand private Main main;
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Directory for everything the engine keeps (default: ${DEFAULT-VALUE}).",
      defaultValue = "data")
  private Path data;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Page and API (default: as in the settings, 8080).")
  private Integer port;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "Use this Kafka instead of starting one.")
  private String bootstrap;

  @Option(
      names = "--kafka-port",
      paramLabel = "PORT",
      description = "The broker it starts (default: ${DEFAULT-VALUE}).",
      defaultValue = "9092")
  private int kafkaPort;

  @Option(
      names = "--flink-port",
      paramLabel = "PORT",
      description = "Flink's own page (default: a free one).",
      defaultValue = "0")
  private int flinkPort;

  @Override
  public Integer call() throws Exception {
    System.err.println("Starting …");
    CountDownLatch stopped = new CountDownLatch(1);
    EmbeddedEngine engine =
        EmbeddedEngine.start(
            new EngineOptions(
                data,
                settings::source,
                settings.confDirectory(),
                port,
                kafkaPort,
                flinkPort,
                bootstrap));
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  System.err.println("Stopping …");
                  engine.close();
                  stopped.countDown();
                },
                "stop"));
    System.out.println(engine.describe());
    System.out.println("data          " + data.toAbsolutePath());
    System.out.println("Ctrl-C stops it; the same command goes on from here.");
    stopped.await();
    return 0;
  }
}
