package dev.touchstone.cli.runtime;

import java.io.IOException;
import java.nio.file.Path;

/** Starts an engine: a Kafka broker, the jobs and the server. */
@FunctionalInterface
public interface EngineLauncher {

  /**
   * Starts an engine over a data directory, or goes on with what the directory holds. Returns when
   * predictions can be sent: the topics exist and the jobs run.
   *
   * @param data made if it is absent; {@code <data>/cache} holds the prediction cache
   * @param httpPort of the page and the API; 0 takes a free one
   * @throws IOException if a port is taken or the directory can't be used; the message says what to
   *     do
   * @throws InterruptedException if the thread was interrupted; nothing is left running
   */
  Engine start(Path data, int httpPort) throws IOException, InterruptedException;

  /** A running engine. */
  interface Engine extends AutoCloseable {

    /** host:port of its Kafka broker. */
    String bootstrap();

    /** Address of its page, with the port that was taken. */
    String url();

    /** Stops it, keeping its data. A second call does nothing; an interrupt does not hinder it. */
    @Override
    void close();
  }
}
