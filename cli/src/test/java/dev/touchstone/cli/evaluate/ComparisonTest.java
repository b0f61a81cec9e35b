package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
  private static final Path CANDIDATE = References.file("/evaluate/candidate.csv");
  private static final Path BASELINE = References.file("/evaluate/baseline.csv");
  private static final double SUMS = 1e-12; // of 600 terms
  private static final double TAILS = 1e-9; // of distributions, in two libraries

  private final References expected = new References("/evaluate/expected.csv");

  @TempDir Path directory;

  private Path csv(String name, String... lines) throws IOException {
    return Files.write(directory.resolve(name), List.of(lines));
  }

  private static JsonNode metric(JsonNode comparison, String name) {
    for (JsonNode metric : comparison.get("metrics")) {
      if (metric.get("metric").textValue().equals(name)) {
        return metric;
      }
    }
    throw new AssertionError("no " + name + " in " + comparison);
  }

  private static void assertEnds(EvaluateRun run, int exitCode, String message) {
    assertThat(run.err()).isEqualTo(message + System.lineSeparator());
    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertThat(run.out()).isEmpty();
  }

  private static EvaluateRun compare(Object... more) {
    Object[] all = new Object[more.length + 8];
    Object[] first = {
      CANDIDATE, "--baseline", BASELINE, "--id-column", "id", "--level", "0.9", "--quiet"
    };
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return EvaluateRun.of(all);
  }

  @Test
  void everyMetricIsAsOtherLibrariesSay() {
    EvaluateRun run = compare();
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode comparison = run.json().get("comparison");
    assertThat(comparison.get("baseline").textValue()).isEqualTo(BASELINE.toString());
    for (String name : List.of("average_precision", "roc_auc", "log_loss", "brier", "accuracy")) {
      JsonNode metric = metric(comparison, name);
      for (String field : List.of("value", "baseline", "difference")) {
        expected.assertSame(metric.get(field), name + "." + field, SUMS);
      }
      // the reference of AP is a jackknife of numerical slopes
      boolean rough = name.equals("average_precision");
      for (String field : List.of("ci_low", "ci_high")) {
        expected.assertSame(metric.get(field), name + "." + field, rough ? 5e-3 : TAILS);
      }
      for (String field : List.of("p_value", "p_value_holm")) {
        expected.assertSame(metric.get(field), name + "." + field, rough ? 5e-2 : 1e-7);
      }
      assertThat(metric.get("level").doubleValue()).isEqualTo(0.9);
      assertThat(metric.get("target").textValue()).isEqualTo("superpopulation");
      assertThat(metric.get("verdict").textValue()).isEqualTo("BETTER");
      assertThat(metric.get("reason").isNull() && metric.get("ci_reason").isNull()).isTrue();
    }
    assertThat(metric(comparison, "roc_auc").get("ci_method").textValue())
        .isEqualTo("paired_delong");
    assertThat(metric(comparison, "log_loss").get("direction").textValue())
        .isEqualTo("lower_is_better");
    assertThat(comparison.get("p_adjustment").textValue()).isEqualTo("holm");
  }

  @Test
  void decisionsAreCountedAndTested() {
    JsonNode comparison = compare().json().get("comparison");
    for (String part : List.of("mcnemar", "flips")) {
      for (var field : comparison.get(part).properties()) {
        if (field.getValue().isNumber() && !field.getKey().matches("(posi|nega)tive_.*")) {
          expected.assertSame(field.getValue(), part + "." + field.getKey(), TAILS);
        }
      }
    }
    assertThat(comparison.get("mcnemar").get("p_method").textValue()).isEqualTo("mid_p");
    assertThat(comparison.get("flips").get("rate").get("value").doubleValue())
        .isEqualTo(52 / 600.0);
  }

  @Test
  void theOtherWayRoundEveryVerdictTurns() {
    EvaluateRun run =
        EvaluateRun.of(BASELINE, "--baseline", CANDIDATE, "--id-column", "id", "--level", "0.9");
    JsonNode turned = run.json().get("comparison");
    for (JsonNode metric : turned.get("metrics")) {
      String name = metric.get("metric").textValue();
      assertThat(metric.get("verdict").textValue()).as(name).isEqualTo("WORSE");
      assertThat(metric.get("difference").doubleValue())
          .isEqualTo(
              -metric(compare().json().get("comparison"), name).get("difference").doubleValue());
    }
  }

  @Test
  void aModelIsIndistinguishableFromItself() {
    JsonNode comparison =
        EvaluateRun.of(CANDIDATE, "--baseline", CANDIDATE, "--pair-by-row", "--quiet")
            .json()
            .get("comparison");
    for (JsonNode metric : comparison.get("metrics")) {
      assertThat(metric.get("difference").doubleValue()).isZero();
      assertThat(metric.get("p_value").doubleValue()).isEqualTo(1.0);
      assertThat(metric.get("verdict").textValue()).isEqualTo("INDISTINGUISHABLE");
    }
    assertThat(comparison.get("join").get("paired_by").textValue()).isEqualTo("row");
  }

  @Test
  void coverageIsReportedAndRemarked() throws IOException {
    Path mine = csv("mine.csv", "id,label,score", "a,1,0.9", "b,0,0.2", "c,0,0.6", "7,1,0.7");
    Path theirs = csv("theirs.csv", "id,label,score", "7,1,0.4", "x,1,0.5", "b,0,0.1");
    EvaluateRun run = EvaluateRun.of(mine, "--baseline", theirs, "--id-column", "id");
    assertThat(run.exitCode()).isZero();
    assertThat(run.err())
        .contains(
            theirs
                + ": 2 of 4 examples are among the baseline's 3: compared on those alone"
                + System.lineSeparator());
    JsonNode join = run.json().get("comparison").get("join");
    assertThat(join.toString())
        .isEqualTo(
            "{\"paired_by\":\"id\",\"rows\":4,\"baseline_rows\":3,\"joined\":2,\"share\":0.5,"
                + "\"complete\":false,\"n\":2,\"n_pos\":1}");
    JsonNode accuracy = metric(run.json().get("comparison"), "accuracy");
    assertThat(accuracy.get("value").doubleValue()).isEqualTo(1.0);
    assertThat(accuracy.get("baseline").doubleValue()).isEqualTo(0.5);
    assertThat(run.json().at("/provenance/baseline_files/0/path").textValue())
        .isEqualTo(theirs.toString());
    assertThat(run.json().at("/provenance/baseline_columns").toString())
        .isEqualTo("{\"label\":\"label\",\"score\":\"score\",\"weight\":null,\"id\":\"id\"}");
    // the report itself is over all rows
    assertThat(run.json().get("n").intValue()).isEqualTo(4);
    JsonNode ap = metric(run.json().get("comparison"), "average_precision");
    assertThat(ap.get("ci_low").isNull() && ap.get("p_value").isNull()).isTrue();
    assertThat(ap.get("ci_reason").textValue()).isEqualTo("too_few_positives");
    assertThat(ap.get("verdict").textValue()).isEqualTo("UNDEFINED");
  }

  @Test
  void numbersAndTextNameTheSameExamples() throws IOException {
    Path mine = csv("mine.csv", "id,label,score", "1,1,0.9", "2,0,0.2");
    Path theirs = csv("theirs.csv", "id,label,score", "2,0,0.1", "x,1,0.5", "1,1,0.4");
    assertThat(
            EvaluateRun.of(mine, "--baseline", theirs, "--id-column", "id", "--quiet")
                .json()
                .at("/comparison/join/joined")
                .intValue())
        .isEqualTo(2);
  }

  @Test
  void eachModelHasItsOwnThresholdAndScoreColumn() throws IOException {
    Path file = csv("p.csv", "id,label,new,old", "1,1,0.9,90", "2,0,0.6,10", "3,1,0.4,60");
    JsonNode comparison =
        EvaluateRun.of(
                file,
                "--score-column",
                "new",
                "--baseline",
                file,
                "--baseline-score-column",
                "old",
                "--baseline-threshold",
                "50",
                "--id-column",
                "id")
            .json()
            .get("comparison");
    assertThat(comparison.get("baseline_threshold").doubleValue()).isEqualTo(50.0);
    assertThat(comparison.get("threshold").doubleValue()).isEqualTo(0.5);
    assertThat(comparison.get("mcnemar").get("baseline_only").intValue()).isEqualTo(2);
    assertThat(comparison.get("flips").get("negative_raised").intValue()).isEqualTo(1);
    assertThat(metric(comparison, "brier").get("reason").textValue())
        .isEqualTo("score_outside_0_1");
    assertThat(metric(comparison, "brier").get("value").isNull()).isTrue();
  }

  @Test
  void labelsAndWeightsMustAgree() throws IOException {
    Path mine = csv("mine.csv", "id,label,score,w", "a,1,0.9,1", "b,0,0.2,2");
    Path theirs = csv("theirs.csv", "id,label,score,w", "b,1,0.2,2", "a,1,0.9,1");
    assertEnds(
        EvaluateRun.of(mine, "--baseline", theirs, "--id-column", "id"),
        3,
        theirs + ": label must be as in " + mine + ", 0, got 1 for id \"b\"");
    csv("theirs.csv", "id,label,score,w", "b,0,0.2,2.5", "a,1,0.9,1");
    assertEnds(
        EvaluateRun.of(mine, "--baseline", theirs, "--id-column", "id", "--weight-column", "w"),
        3,
        theirs + ": weight must be as in " + mine + ", 2.0, got 2.5 for id \"b\"");
    assertEnds(
        EvaluateRun.of(mine, "--baseline", theirs, "--pair-by-row"),
        3,
        theirs + ": row 1: label must be as in " + mine + ", 1, got 0");
    csv("theirs.csv", "id,label,score", "q,0,0.2", "r,1,0.9");
    assertEnds(
        EvaluateRun.of(mine, "--baseline", theirs, "--id-column", "id"),
        3,
        theirs + ": has no id in common with " + mine);
    csv("theirs.csv", "id,label,score", "a,1,0.2", "a,1,0.3");
    assertEnds(
        EvaluateRun.of(mine, "--baseline", theirs, "--id-column", "id"),
        3,
        theirs
            + ": row 2: rows of one id must agree, got score 0.3 after 0.2 in row 1 for id \"a\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --baseline q.csv | --baseline is paired by --id-column; for files with the same rows in the same order, say --pair-by-row
          --baseline q.csv --pair-by-row --id-column id | --pair-by-row and --id-column are two ways to pair, got both
          --pair-by-row | --pair-by-row is for a comparison: give --baseline
          --baseline-threshold 0.1 | --baseline-threshold is for a comparison: give --baseline
          --baseline q.npy --id-column id | arrays are given as --labels y.npy --scores s.npy, got q.npy
          --baseline q.csv --pair-by-row --baseline-score-column label | a column can serve one purpose, got two for "label"
          --baseline q.csv --pair-by-row --baseline-threshold NaN | thresholds must be numbers, got NaN
          """)
  void wrongUsageEndsWithTwo(String arguments, String message) {
    EvaluateRun run = EvaluateRun.of((Object[]) ("p.csv " + arguments).split(" "));
    assertThat(run.err()).startsWith(message + System.lineSeparator()).contains("Usage");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void rowsArePairedOnlyWhenThereAreAsMany() throws IOException {
    Path mine = csv("mine.csv", "label,score", "1,0.9", "0,0.2");
    Path theirs = csv("theirs.csv", "label,score", "1,0.2");
    EvaluateRun run = EvaluateRun.of(mine, "--baseline", theirs, "--pair-by-row");
    assertThat(run.err())
        .startsWith(
            "--pair-by-row needs files with the same rows, got 1 in "
                + theirs
                + " and 2 in "
                + mine);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void arraysArePairedByRow() throws IOException {
    Path y = Files.write(directory.resolve("y.npy"), NpyArrayTest.npy("|u1", 0, 1, 1));
    Path s = Files.write(directory.resolve("s.npy"), NpyArrayTest.npy("<f4", 0.1, 0.9, 0.8));
    Path old = Files.write(directory.resolve("old.npy"), NpyArrayTest.npy("<f4", 0.1, 0.9, 0.3));
    EvaluateRun run =
        EvaluateRun.of("--labels", y, "--scores", s, "--baseline", old, "--pair-by-row");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.json().at("/comparison/mcnemar/candidate_only").intValue()).isEqualTo(1);
    assertThat(EvaluateRun.of("--labels", y, "--scores", s, "--baseline", old).err())
        .startsWith("--baseline is paired by --id-column");
    Files.write(old, NpyArrayTest.npy("<f4", 0.1));
    assertEnds(
        EvaluateRun.of("--labels", y, "--scores", s, "--baseline", old, "--pair-by-row"),
        3,
        old + ": must have as many rows as " + y + ", 3, got 1");
  }

  @Test
  void anEmptyComparisonIsNullWithReasons() throws IOException {
    Path file = csv("p.csv", "id,label,score");
    EvaluateRun run = EvaluateRun.of(file, "--baseline", file, "--id-column", "id", "--quiet");
    assertThat(run.exitCode()).isZero();
    for (JsonNode metric : run.json().get("comparison").get("metrics")) {
      assertThat(metric.get("reason").textValue()).isEqualTo("empty");
    }
    assertThat(run.json().at("/comparison/flips/rate/reason").textValue()).isEqualTo("empty");
    assertThat(run.out()).doesNotContain("NaN");
  }

  @Test
  void tablesAndPagesShowIt() {
    assertThat(compare("--format", "table").out())
        .contains(
            "compared with "
                + BASELINE
                + "\n600 of 600 examples are among the baseline's 600, paired by id\n")
        .containsPattern(
            "\nroc_auc +0\\.85082 +0\\.78199 +0\\.06883 +0\\.04609 … 0\\.09158"
                + " +6\\.443e-07 +1\\.289e-06 +better\n")
        .contains("only the baseline 12, only the candidate 40, neither 84; McNemar mid-p")
        .contains("52 decisions flip: 32 raised, 20 lowered; 40 mended, 12 broken\n");
    assertThat(compare("--format", "html").out())
        .contains("<h2>Compared with " + BASELINE + "</h2>")
        .contains("<td>ROC AUC</td><td>0.85082</td><td>0.78199</td><td>0.06883</td>")
        .contains("40 mended, 12 broken")
        .contains("<tspan> baseline 0.51970")
        .contains("<tspan> baseline 0.78199");
  }

  @Test
  void aBaselineWithoutACurveIsNotDrawn() throws IOException {
    Path mine = csv("mine.csv", "id,label,score", "a,1,0.9", "b,0,0.2");
    Path theirs = csv("theirs.csv", "id,label,score", "b,0,0.2");
    EvaluateRun run =
        EvaluateRun.of(mine, "--baseline", theirs, "--id-column", "id", "--format", "html");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("<svg").doesNotContain("<tspan> baseline").doesNotContain("NaN");
  }
}
