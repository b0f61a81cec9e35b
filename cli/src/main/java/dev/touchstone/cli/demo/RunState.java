package dev.touchstone.cli.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * What a training job must remember to be the same run after a restart: kept in {@code run.json} of
 * its directory, on disk before the first prediction is emitted.
 *
 * @param runId constant over restarts
 * @param attempt 0 at first, one more at each restart
 * @param fingerprint of the settings; another one is another run
 * @param startedAt of attempt 0, milliseconds since the epoch
 * @param finished how the run ended; null while it has not
 */
record RunState(
    String runId, int attempt, String fingerprint, long startedAt, TrainingRun.Summary finished) {

  static final String FILE = "run.json";

  private static final DateTimeFormatter RUN_NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  /**
   * The state to go on with: attempt 0 of a new run, the next attempt of an unfinished one, or a
   * finished one as it is. Written before it is returned.
   *
   * @throws IllegalArgumentException if the directory holds a run with other settings
   * @throws IOException if the directory can't be read or written
   */
  static RunState begin(Path dir, DemoSettings settings, Instant now) throws IOException {
    Files.createDirectories(dir);
    Path file = dir.resolve(FILE);
    String fingerprint = settings.fingerprint();
    RunState state;
    if (Files.exists(file)) {
      RunState previous = read(file);
      if (!previous.fingerprint.equals(fingerprint)) {
        throw new IllegalArgumentException(
            String.format(
                "%s holds run %s with other settings (fingerprint %s, got %s): use its settings or"
                    + " another directory",
                file, previous.runId, previous.fingerprint, fingerprint));
      }
      if (previous.finished != null) {
        return previous;
      }
      state = previous.nextAttempt();
    } else {
      String name = "fraud-" + RUN_NAME.format(now) + "-" + fingerprint.substring(0, 4);
      state = new RunState(name, 0, fingerprint, now.toEpochMilli(), null);
    }
    state.write(dir);
    return state;
  }

  private static RunState read(Path file) throws IOException {
    try {
      return MAPPER.readValue(file.toFile(), RunState.class);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IOException(file + " is not a run's state: " + e.getOriginalMessage(), e);
    }
  }

  private RunState nextAttempt() {
    return new RunState(runId, attempt + 1, fingerprint, startedAt, null);
  }

  /** This run, ended. */
  RunState finish(TrainingRun.Summary summary) {
    return new RunState(runId, attempt, fingerprint, startedAt, summary);
  }

  /** Replaces the file as a whole: a crash leaves the old one or the new one. */
  void write(Path dir) throws IOException {
    Path target = dir.resolve(FILE);
    Path temporary = dir.resolve(FILE + ".new");
    Files.write(temporary, MAPPER.writeValueAsBytes(this));
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(
        temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
