package dev.touchstone.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.cli.runtime.EngineLauncher;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class DemoCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--rows 10           | validationRows must be in [1000, 100000000], got 10",
        "--training-rows 0   | trainingRows must be in [1000, 100000000], got 0",
        "--steps 0           | steps must be in [1, 999999], got 0",
        "--checkpoint-every 25 | checkpointEvery must be in [1, 24], got 25",
        "--pace -1           | --pace must be in [0, 3600] seconds, got -1.0",
        "--pace NaN          | --pace must be in [0, 3600] seconds, got NaN",
        "--timeout 0         | --timeout must be at least 1 second, got 0",
        "--seed x            | Invalid value for option '--seed': 'x' is not a long",
        "--color             | Unknown option: '--color'",
      })
  void wrongUsageExits2AndSaysWhy(String arguments, String message) {
    EngineLauncher never =
        (data, port) -> {
          throw new AssertionError("must not start an engine");
        };
    assertThat(execute(never, arguments.split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains(message);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void engineThatCannotStartExits1AndSaysWhy() {
    EngineLauncher taken =
        (data, port) -> {
          throw new IOException("port " + port + " is taken");
        };
    assertThat(execute(taken, "--once", "--port", "4711", "--data", dir.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("demo failed: port 4711 is taken");
    assertThat(out.toString()).as("stdout is for the result").isEmpty();
  }

  @Test
  void interruptExits130AndRemovesTheTemporaryDirectory() {
    AtomicReference<Path> used = new AtomicReference<>();
    EngineLauncher interrupted =
        (data, port) -> {
          Files.writeString(data.resolve("something"), "left behind");
          used.set(data);
          throw new InterruptedException();
        };
    assertThat(execute(interrupted, "--once")).isEqualTo(130);
    assertThat(used.get()).doesNotExist();
    assertThat(err.toString()).contains("stopped");
  }

  @Test
  void interruptKeepsADirectoryThatWasNamed() {
    EngineLauncher interrupted =
        (data, port) -> {
          throw new InterruptedException();
        };
    assertThat(execute(interrupted, "--once", "--data", dir.toString())).isEqualTo(130);
    assertThat(dir).exists();
    assertThat(err.toString()).contains("the same command goes on from here");
  }

  @Test
  void helpNamesEveryOptionAndGivesExamples() {
    assertThat(execute((data, port) -> null, "--help")).isZero();
    assertThat(out.toString())
        .contains("--once", "--data=DIR", "--port", "--seed", "--rows=N", "--pace=SECONDS")
        .contains("touchstone demo --once --data /tmp/demo > result.json");
  }

  private int execute(EngineLauncher launcher, String... arguments) {
    return new CommandLine(new DemoCommand(launcher))
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }
}
