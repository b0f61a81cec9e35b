package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.cli.evaluate.Plot.Point;
import dev.touchstone.metrics.ThresholdRow;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class PlotsTest {
  @TempDir Path directory;

  /** Parsing fails where an element is open, or a character is not escaped. */
  private static Document parse(String markup) {
    try {
      var factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
      return factory.newDocumentBuilder().parse(new InputSource(new StringReader(markup)));
    } catch (Exception e) {
      throw new AssertionError(markup, e);
    }
  }

  private Path rows(String... lines) throws IOException {
    return Files.write(directory.resolve("p.csv"), List.of(lines));
  }

  @Test
  void precisionBendsBetweenVerticesAsDavisAndGoadrichSay() {
    // their example: A = (5 true, 5 false), B = (10 true, 30 false) of 20 positives
    List<Point> points =
        Plots.precisionByRecall(
            List.of(
                new ThresholdRow(Double.POSITIVE_INFINITY, 0, 0, 20, 2000),
                new ThresholdRow(0.9, 5, 5, 15, 1995),
                new ThresholdRow(0.5, 10, 30, 10, 1970)),
            20);
    assertThat(points.get(0)).isEqualTo(new Point(0, 0.5));
    double[][] expected = {{.25, .5}, {.3, .375}, {.35, 7 / 22.0}, {.45, 9 / 34.0}, {.5, .25}};
    for (double[] one : expected) {
      Point point =
          points.stream().filter(p -> Math.abs(p.x() - one[0]) < 1e-9).findFirst().orElseThrow();
      assertThat(point.y()).as("precision at recall %s", one[0]).isCloseTo(one[1], within(1e-12));
    }
  }

  @Test
  void thePageIsWellFormedAndNeedsNothingFromOutside() throws IOException {
    Path file =
        rows(
            Stream.concat(
                    Stream.of("label,score,country"),
                    IntStream.range(0, 500)
                        .mapToObj(
                            i -> (i % 9 == 0 ? 1 : 0) + "," + i * 7 % 100 / 100.0 + ",X" + i % 3))
                .toArray(String[]::new));
    EvaluateRun run = EvaluateRun.of(file, "--format", "html", "--slice-columns", "country");
    assertThat(run.exitCode()).as(run.err()).isZero();
    Document page = parse(run.out());
    assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(4);
    assertThat(page.getElementsByTagName("script").getLength()).isZero();
    assertThat(run.out().replace("xmlns=\"http://www.w3.org/2000/svg\"", ""))
        .doesNotContain("http:")
        .doesNotContain("https:")
        .doesNotContain("url(")
        .doesNotContain("@import")
        .doesNotContain("NaN")
        .contains("country=X1")
        .contains("Operating points");
  }

  @Test
  void whatFilesSayIsNeverMarkup() throws IOException {
    Path file = rows("label,score,c", "1,0.5,<script>alert(1)</script>\u0001\"'&", "0,0.25,b");
    EvaluateRun run =
        EvaluateRun.of(file, "--format", "html", "--slice-columns", "c", "--title", "<b>&\"");
    parse(run.out());
    assertThat(run.out())
        .doesNotContain("<script")
        .contains("c=&lt;script&gt;alert(1)&lt;/script&gt;\uFFFD&quot;'&amp;")
        .contains("<h1>&lt;b&gt;&amp;&quot;</h1>");
  }

  @ParameterizedTest
  @CsvSource({
    "'label,score', 0",
    "'label,score;0,0.5', 1",
    "'label,score;1,0.5', 3",
    "'label,score;1,0.5;0,0.5', 4",
    "'label,score;1,inf;0,-inf', 3",
    "'label,score;1,-3;0,7', 3",
    "'label,score;1,1;0,0', 4"
  })
  void whatCannotBeDrawnIsLeftOut(String lines, int plots) throws IOException {
    EvaluateRun run = EvaluateRun.of(rows(lines.split(";")), "--format", "html");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(parse(run.out()).getElementsByTagName("svg").getLength()).isEqualTo(plots);
    assertThat(run.out()).doesNotContain("NaN").doesNotContain("Infinity");
  }

  @Test
  void plotsAreFilesOfTheirOwn() throws IOException {
    Path to = directory.resolve("some/plots");
    EvaluateRun run = EvaluateRun.of(rows("label,score", "1,0.5", "0,0.25"), "--plot", to);
    assertThat(run.exitCode()).isZero();
    assertThat(run.json().get("n").intValue()).isEqualTo(2);
    for (String name : List.of("precision_recall", "roc", "thresholds", "calibration")) {
      Path file = to.resolve(name + ".svg");
      Document svg = parse(Files.readString(file));
      assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
      assertThat(svg.getElementsByTagName("style").getLength()).isEqualTo(1);
      assertThat(run.err()).contains("wrote " + file);
    }
  }

  @Test
  void plotsThatCannotBeWrittenEndWithOne() throws IOException {
    Path file = rows("label,score", "1,0.5", "0,0.25");
    EvaluateRun run = EvaluateRun.of(file, "--plot", file.resolve("x"));
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("cannot write: ").contains(file.toString()).hasLineCount(1);
  }

  @Test
  void ticksAreRound() {
    assertThat(Axis.linear("x", -3.2, 7.9).ticks().stream().map(Axis::label))
        .containsExactly("-2", "0", "2", "4", "6");
    assertThat(Axis.linear("x", 0.0011, 0.0052).ticks().stream().map(Axis::label))
        .allMatch(label -> label.length() <= 6)
        .hasSizeBetween(2, 7);
    assertThat(Axis.logit("p", 1e-4, 0.999).ticks().stream().map(Axis::label))
        .containsExactly("1e-4", "0.001", "0.01", "0.1", "0.5", "0.9", "0.99", "0.999");
    Axis logit = Axis.logit("p", 1e-3, 0.999);
    assertThat(logit.place(0.5)).isCloseTo(0.5, within(1e-9));
    assertThat(logit.place(0)).isZero();
    assertThat(logit.place(1)).isEqualTo(1);
  }

  @Test
  void markupThatIsNotClosedIsAProgrammersError() {
    assertThatThrownBy(() -> new Markup().open("p").toString())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("not closed: [p]");
  }
}
