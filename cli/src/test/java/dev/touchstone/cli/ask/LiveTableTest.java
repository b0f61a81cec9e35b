package dev.touchstone.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveTableTest {

  private final StringWriter out = new StringWriter();

  @Test
  void whatWasDrawnIsWrittenOver() throws Exception {
    LiveTable table = table(false, 24, 100);
    begin(table);
    int lines = (int) out.toString().lines().count();
    assertThat(out.toString()).startsWith("r  LIVE  step 800").doesNotContain("\u001b[1m");
    out.getBuffer().setLength(0);

    table.lost("Connection refused");

    // up to the first line and to its beginning, then every line to its end
    assertThat(out.toString())
        .startsWith("\u001b[" + (lines - 1) + "A\rr  LIVE")
        .endsWith("\n\u001b[J")
        .contains("reconnecting, last update 0 s ago: Connection refused\u001b[K\n");
    out.getBuffer().setLength(0);
    table.back();
    assertThat(out.toString()).contains("last update 0 s ago · Ctrl-C ends this, not the run");
    out.getBuffer().setLength(0);
    table.end("STOPPED");
    assertThat(out.toString()).contains("the run is STOPPED");
  }

  @Test
  void aPointMovesTheCurve() throws Exception {
    LiveTable table = table(false, 24, 100);
    begin(table);
    assertThat(out.toString()).contains("▁█ ");
    out.getBuffer().setLength(0);

    table.event("point", ServerClientTest.tree(StandInServer.point(1200, 0.95)));
    table.tick();

    assertThat(out.toString()).contains("▁▆█ ").contains("0.95000").contains("step 1,200");
  }

  @Test
  void itNeverTakesMoreLinesThanTheTerminalHasNorWiderOnes() throws Exception {
    for (int rows : new int[] {8, 12, 24}) {
      out.getBuffer().setLength(0);
      begin(table(false, rows, 40));
      List<String> lines =
          out.toString().replaceAll("\u001b\\[[0-9;]*[A-Za-z]", "").lines().toList();
      assertThat(lines).hasSizeLessThan(rows).allMatch(line -> line.length() <= 40);
    }
  }

  @Test
  void coloursTakeNoRoomAndAreEnded() {
    String red = "\u001b[31m12345\u001b[0m67890";

    assertThat(LiveTable.cut(red, 10)).isEqualTo(red);
    assertThat(LiveTable.cut(red, 4)).isEqualTo("\u001b[31m123…\u001b[0m");
    assertThat(LiveTable.cut("▁▂▃▄", 3)).isEqualTo("▁▂…");
    assertThat(LiveTable.cut("", 3)).isEmpty();
  }

  @Test
  void coloursAreThereWhereTheyAreWanted() throws Exception {
    begin(table(true, 24, 100));

    assertThat(out.toString()).contains("\u001b[1mr\u001b[0m  \u001b[32mLIVE\u001b[0m");
  }

  @Test
  void sizesAreThoseOfStty() {
    assertThat(TerminalSize.parse("50 120\n")).isEqualTo(new TerminalSize(50, 120));
    assertThat(TerminalSize.parse("0 0\n")).isEqualTo(new TerminalSize(24, 80));
    assertThat(TerminalSize.parse("")).isEqualTo(new TerminalSize(24, 80));
  }

  @Test
  void aSparklineGoesFromTheLowestToTheHighest() {
    assertThat(Sparkline.of(List.of(1.0, 2.0, 3.0), 8)).isEqualTo("▁▅█");
    assertThat(Sparkline.of(List.of(9.0, 1.0, 2.0, 3.0), 3)).isEqualTo("▁▅█");
    assertThat(Sparkline.of(List.of(2.0, 2.0), 8)).isEqualTo("▅▅");
    assertThat(Sparkline.of(List.of(-Double.MAX_VALUE, Double.MAX_VALUE), 8)).isEqualTo("▁█");
    assertThat(Sparkline.of(List.of(), 8)).isEmpty();
  }

  private LiveTable table(boolean colours, int rows, int columns) {
    return new LiveTable(
        new PrintWriter(out, true), new Style(colours), () -> new TerminalSize(rows, columns));
  }

  private static void begin(LiveTable table) throws Exception {
    try (var server = new StandInServer()) {
      server.run("r", "LIVE", 0.875);
      table.begin(
          ServerClientTest.tree(server.answers.get("/v1/runs/r")),
          ServerClientTest.tree(server.answers.get("/v1/runs/r/metrics?slice=")),
          Instant.ofEpochMilli(1));
    }
  }
}
