package dev.touchstone.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressLineTest {

  private final StringWriter written = new StringWriter();

  @Test
  void logGetsOneLineAStepAndNoChatter() {
    ProgressLine line = new ProgressLine(new PrintWriter(written), false);
    line.step("step 1");
    line.status("waiting 1");
    line.status("waiting 2");
    line.step("step 2");
    assertThat(written.toString().lines()).containsExactly("step 1", "step 2");
    assertThat(written.toString()).doesNotContain("\u001b");
  }

  @Test
  void terminalLineIsWrittenOverAndClearedBeforeALineThatStays() {
    ProgressLine line = new ProgressLine(new PrintWriter(written), true);
    line.step("step 1");
    line.status("step 2");
    line.status("step 2");
    line.line("done");
    String clear = "\r\u001b[2K";
    assertThat(written.toString())
        .isEqualTo(clear + "step 1" + clear + "step 2" + clear + "done" + System.lineSeparator());
  }
}
