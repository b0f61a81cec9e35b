package dev.touchstone.cli.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/** One run of the command, as a shell would see it. */
record EvaluateRun(int exitCode, String out, String err) {
  static EvaluateRun of(Object... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var errStream = new PrintStream(err, true, StandardCharsets.UTF_8);
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    int exitCode =
        new CommandLine(new EvaluateCommand(out, errStream))
            .setErr(new PrintWriter(errStream, true, StandardCharsets.UTF_8))
            .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
            .execute(texts);
    return new EvaluateRun(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** The report. */
  JsonNode json() {
    try {
      return new ObjectMapper().readTree(out);
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + out + err, e);
    }
  }

  /** One metric of the report. */
  JsonNode metric(String name) {
    return json().get("metrics").get(name);
  }
}
