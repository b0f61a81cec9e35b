package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HonestPointsTest {
  private static final Path CANDIDATE = References.file("/evaluate/candidate.csv");
  private static final double RATIOS = 1e-15;

  private final References expected = new References("/evaluate/expected.csv");

  @TempDir Path directory;

  private static EvaluateRun honest(Path file, Object... more) {
    return EvaluateRun.of(
        Stream.concat(Stream.of(file, "--id-column", "id", "--honest", "--quiet"), Stream.of(more))
            .toArray());
  }

  private static JsonNode point(EvaluateRun run, String name) {
    for (JsonNode point : run.json().get("operating_points")) {
      if (point.get("name").textValue().equals(name)) {
        return point;
      }
    }
    throw new AssertionError("no " + name + " in " + run.out());
  }

  @Test
  void theBestThresholdOfOneHalfIsReportedOnTheOther() {
    JsonNode point = point(honest(CANDIDATE), "max_f1");
    JsonNode honest = point.get("honest");
    assertThat(honest.get("method").textValue()).isEqualTo("hash_half");
    assertThat(honest.get("salt").textValue()).isEqualTo("touchstone.operating-point");
    assertThat(honest.get("reason").isNull()).isTrue();
    expected.assertSame(honest.get("threshold"), "honest.threshold", 0);
    JsonNode chosen = honest.get("chosen");
    expected.assertSame(chosen.get("value"), "honest.chosen_f1", RATIOS);
    assertThat(chosen.get("tp").intValue() + chosen.get("fn").intValue())
        .isEqualTo((int) expected.get("honest.n_pos"));
    JsonNode reported = honest.get("reported");
    assertThat(reported.get("n").intValue()).isEqualTo(600 - (int) expected.get("honest.n"));
    expected.assertSame(reported.get("value"), "honest.reported_f1", RATIOS);
    expected.assertSame(reported.get("f1").get("value"), "honest.reported_f1", RATIOS);
    expected.assertSame(reported.get("tp"), "honest.reported_tp", 0);
    expected.assertSame(reported.get("fp"), "honest.reported_fp", 0);
    for (String name : List.of("precision", "recall")) {
      JsonNode metric = reported.get(name);
      expected.assertSame(metric.get("value"), "honest.reported_" + name, RATIOS);
      assertThat(metric.get("ci_low").doubleValue()).isLessThan(metric.get("value").doubleValue());
      assertThat(metric.get("ci_method").textValue()).isEqualTo("wilson");
    }
    // the threshold of all rows stands beside it
    assertThat(point.get("threshold").isNumber()).isTrue();
    assertThat(point.get("tp").intValue() + point.get("fn").intValue())
        .isEqualTo(
            chosen.get("tp").intValue()
                + chosen.get("fn").intValue()
                + reported.get("tp").intValue()
                + reported.get("fn").intValue());
  }

  @Test
  void everyPointThatIsChosenHasOne() {
    EvaluateRun run = honest(CANDIDATE, "--cost-fp", "1", "--cost-fn", "4");
    for (JsonNode point : run.json().get("operating_points")) {
      assertThat(point.has("honest"))
          .as(point.get("name").textValue())
          .isEqualTo(!point.get("name").textValue().equals("decision"));
    }
    JsonNode reported = point(run, "min_cost").get("honest").get("reported");
    assertThat(reported.get("value").doubleValue())
        .isEqualTo(reported.get("fp").intValue() + 4.0 * reported.get("fn").intValue());
    reported = point(run, "recall_at_precision_0.5").get("honest").get("reported");
    assertThat(reported.get("value")).isEqualTo(reported.get("recall").get("value"));
    assertThat(EvaluateRun.of(CANDIDATE).out()).doesNotContain("\"honest\"");
  }

  @Test
  void textNamesHalveTooWhateverTheOrderOfRows() throws IOException {
    List<String> rows =
        IntStream.range(0, 200)
            .mapToObj(i -> "user-" + i + "," + (i % 3 == 0 ? 1 : 0) + "," + i * 37 % 200 / 200.0)
            .toList();
    Path file = directory.resolve("p.csv");
    Files.write(file, Stream.concat(Stream.of("id,label,score"), rows.stream()).toList());
    JsonNode forward = point(honest(file), "max_f1").get("honest");
    assertThat(forward.get("reported").get("n").intValue()).isBetween(70, 130);
    Files.write(
        file,
        Stream.concat(
                Stream.of("id,label,score"),
                IntStream.range(0, 200).mapToObj(i -> rows.get(199 - i)))
            .toList());
    assertThat(point(honest(file), "max_f1").get("honest")).isEqualTo(forward);
  }

  @Test
  void aHalfWithoutRowsIsNullWithReasons() throws IOException {
    Path file = directory.resolve("p.csv");
    for (String rows :
        List.of("1,1,0.9", "2,1,0.9", "3,1,0.9", "4,0,0.9", "1,1,0.9\n2,1,0.2", "")) {
      Files.writeString(file, "id,label,score\n" + rows + "\n");
      for (String format : List.of("json", "table", "html")) {
        EvaluateRun run = honest(file, "--format", format, "--cost-fp", "1", "--cost-fn", "1");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).doesNotContain("NaN").doesNotContain("Infinity");
      }
    }
    Files.writeString(file, "id,label,score\n1,1,0.9\n");
    JsonNode honest = point(honest(file), "max_f1").get("honest");
    // the only row is in one half: there is nothing to choose by, or nothing to report on
    if (honest.get("threshold").isNull()) {
      assertThat(honest.get("reason").textValue()).isEqualTo("empty");
    } else {
      assertThat(honest.get("reported").get("n").intValue()).isZero();
      assertThat(honest.get("reported").get("tp").isNull()).isTrue();
      assertThat(honest.get("reported").get("reason").textValue()).isEqualTo("empty");
    }
  }

  @Test
  void withoutIdsItIsRefused() {
    EvaluateRun run = EvaluateRun.of("p.csv", "--honest");
    assertThat(run.err()).startsWith("--honest halves the rows by id: give --id-column");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void tablesAndPagesShowThem() {
    assertThat(honest(CANDIDATE, "--format", "table").out())
        .containsPattern(
            "\nhonest operating point +threshold +when chosen +reported +precision +recall +F1 ")
        .containsPattern(
            "\nbest F1 +0\\.46100 +0\\.55446 +0\\.66667 +0\\.75000 +0\\.60000 +0\\.66667 +48 +16 ");
    assertThat(honest(CANDIDATE, "--format", "html").out())
        .contains("Chosen on one half of the ids, by hash; everything else is of the other half.")
        .contains("<td>best F1</td><td>0.46100</td><td>0.55446</td><td>0.66667</td>");
  }
}
