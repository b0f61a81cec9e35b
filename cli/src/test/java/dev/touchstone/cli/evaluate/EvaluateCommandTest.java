package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluateCommandTest {
  @TempDir Path directory;

  private Path csv(String name, String... lines) throws IOException {
    return Files.write(directory.resolve(name), java.util.List.of(lines));
  }

  /** 400 rows, 80 positive, some tied. */
  private Path some() throws IOException {
    return csv(
        "some.csv",
        Stream.concat(
                Stream.of("label,score"),
                IntStream.range(0, 400)
                    .mapToObj(i -> (i % 5 == 0 ? 1 : 0) + "," + (i * 7 % 90 + i % 5) / 100.0))
            .toArray(String[]::new));
  }

  private Path toy() throws IOException {
    return csv("toy.csv", "label,score", "0,0.1", "0,0.4", "1,0.35", "1,0.8");
  }

  private static void assertBadInput(EvaluateRun run, String message) {
    assertThat(run.err()).isEqualTo(message + System.lineSeparator());
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void theReportIsAllThatGoesToStdout() throws IOException {
    EvaluateRun run = EvaluateRun.of(toy());
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    JsonNode report = run.json();
    assertThat(report.get("schema").textValue()).isEqualTo("touchstone.report/1");
    assertThat(report.get("n").intValue()).isEqualTo(4);
    assertThat(report.get("cost").get("compute_seconds").doubleValue()).isPositive();
    assertThat(report.get("provenance").get("files").get(0).get("bytes").longValue())
        .isEqualTo(Files.size(toy()));
    assertThat(run.out())
        .endsWith("}\n")
        .contains("\n    \"roc_auc\": {\"value\": 0.75, \"ci_low\"");
  }

  @Test
  void thresholdsCountWhatScoresAtLeastThem() throws IOException {
    JsonNode sweep = EvaluateRun.of(toy(), "--thresholds", "10").json().get("sweep");
    assertThat(sweep.size()).isBetween(2, 10);
    for (JsonNode row : sweep) {
      double threshold = row.get("threshold").doubleValue();
      int tp = (0.35 >= threshold ? 1 : 0) + (0.8 >= threshold ? 1 : 0);
      int fp = (0.1 >= threshold ? 1 : 0) + (0.4 >= threshold ? 1 : 0);
      assertThat(row.get("tp").intValue()).as("tp at %s", threshold).isEqualTo(tp);
      assertThat(row.get("fp").intValue()).as("fp at %s", threshold).isEqualTo(fp);
      assertThat(row.get("fn").intValue()).isEqualTo(2 - tp);
      assertThat(row.get("tn").intValue()).isEqualTo(2 - fp);
      assertThat(row.get("precision").isNull()).isEqualTo(tp + fp == 0);
    }
  }

  @Test
  void bytesAreTheSameForAnyThreadsAndRowOrder() throws IOException {
    var random = new SplittableRandom(11);
    String[] rows =
        IntStream.range(0, 20_000)
            .mapToObj(i -> (random.nextInt(20) == 0 ? 1 : 0) + "," + random.nextInt(500) / 500.0)
            .toArray(String[]::new);
    Path forward =
        csv(
            "p.csv",
            Stream.concat(Stream.of("label,score"), Stream.of(rows)).toArray(String[]::new));
    String one = withoutCost(EvaluateRun.of(forward, "--threads", "1"));
    assertThat(withoutCost(EvaluateRun.of(forward, "--threads", "3"))).isEqualTo(one);
    java.util.Collections.reverse(java.util.Arrays.asList(rows));
    csv("p.csv", Stream.concat(Stream.of("label,score"), Stream.of(rows)).toArray(String[]::new));
    assertThat(withoutCost(EvaluateRun.of(forward))).isEqualTo(one);
  }

  private static String withoutCost(EvaluateRun run) {
    ObjectNode report = (ObjectNode) run.json();
    report.remove("cost");
    return report.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "'label,score', empty, empty",
    "'', empty, empty",
    "'label,score;0,0.5;0,0.25', no_positives, no_positives",
    "'label,score;1,0.5', , no_negatives",
    "'label,score;1,0.5;0,0.5', , "
  })
  void degenerateInputsAreReported(String lines, String apReason, String aucReason)
      throws IOException {
    EvaluateRun run = EvaluateRun.of(csv("p.csv", lines.split(";")));
    assertThat(run.exitCode()).isZero();
    assertThat(run.metric("average_precision").get("reason").textValue()).isEqualTo(apReason);
    assertThat(run.metric("roc_auc").get("reason").textValue()).isEqualTo(aucReason);
    assertThat(run.out()).doesNotContain("NaN").doesNotContain("Infinity");
    for (String format : new String[] {"table"}) {
      EvaluateRun other = EvaluateRun.of(directory.resolve("p.csv"), "--format", format);
      assertThat(other.exitCode()).isZero();
      assertThat(other.out()).doesNotContain("NaN");
    }
  }

  @Test
  void anEmptyInputIsRemarkedUnlessQuiet() throws IOException {
    Path file = csv("p.csv", "label,score");
    assertThat(EvaluateRun.of(file).err()).contains(file + ": no rows: every metric is null");
    assertThat(EvaluateRun.of(file, "--quiet").err()).isEmpty();
  }

  @Test
  void scoresThatAreNoProbabilitiesRank() throws IOException {
    EvaluateRun run =
        EvaluateRun.of(csv("p.csv", "label,score", "1,inf", "0,-3.5", "1,2", "0,-inf"));
    assertThat(run.exitCode()).isZero();
    assertThat(run.metric("roc_auc").get("value").doubleValue()).isEqualTo(1.0);
    for (String name : new String[] {"log_loss", "brier"}) {
      assertThat(run.metric(name).get("value").isNull()).isTrue();
      assertThat(run.metric(name).get("reason").textValue()).isEqualTo("score_outside_0_1");
    }
    assertThat(run.out()).doesNotContain("Infinity").doesNotContain("NaN");
    for (JsonNode vertex : run.json().get("curve")) {
      if (vertex.get("threshold").isNull()) {
        assertThat(vertex.get("threshold_reason").textValue())
            .isEqualTo(
                vertex.get("tp").intValue() + vertex.get("fp").intValue() == 0
                    ? "above_every_score"
                    : "infinite_score");
      }
    }
  }

  @Test
  void float64ScoresAreNeverRoundedToFloat32() throws IOException {
    // one float32 apart by less than its precision: a tie there, none here
    EvaluateRun run =
        EvaluateRun.of(csv("p.csv", "label,score", "1,0.50000000000001", "0,0.50000000000000"));
    assertThat(run.metric("roc_auc").get("value").doubleValue()).isEqualTo(1.0);
    assertThat(run.json().get("clip_epsilon").doubleValue()).isEqualTo(0x1p-52);
    assertThat(run.json().get("provenance").get("score_type").textValue()).isEqualTo("float64");
  }

  @Test
  void slicesAndCrossesAreReportsOfTheirRows() throws IOException {
    Path file =
        csv(
            "p.csv",
            "label,score,country,device",
            "1,0.9,DE,ios",
            "0,0.8,DE,web",
            "1,0.7,DE,web",
            "0,0.6,FR,ios",
            "0,0.1,\"F,R\",web");
    JsonNode slices =
        EvaluateRun.of(file, "--slice-columns", "country,country*device").json().get("slices");
    assertThat(slices.findValuesAsText("slice"))
        .containsExactly(
            "country=DE",
            "country=F,R",
            "country=FR",
            "country=DE,device=web",
            "country=DE,device=ios",
            "country=F,R,device=web",
            "country=FR,device=ios");
    assertThat(slices.get(0).get("metrics").get("roc_auc").get("value").doubleValue())
        .isEqualTo(0.5);
    assertThat(slices.get(2).get("metrics").get("roc_auc").get("reason").textValue())
        .isEqualTo("no_positives");
    EvaluateRun few = EvaluateRun.of(file, "--slice-columns", "country", "--max-slices", "1");
    assertThat(few.json().get("slices").size()).isEqualTo(1);
    assertThat(few.json().get("provenance").get("slices_left_out").intValue()).isEqualTo(2);
    assertThat(few.err()).contains("2 slices left out: --max-slices 1");
  }

  @Test
  void rowsOfOneIdCountOnceAndMustAgree() throws IOException {
    Path file = csv("p.csv", "id,label,score", "a,1,0.5", "b,0,0.25", "a,1,0.5");
    assertThat(EvaluateRun.of(file).json().get("n").intValue()).isEqualTo(3);
    JsonNode report = EvaluateRun.of(file, "--id-column", "id").json();
    assertThat(report.get("n").intValue()).isEqualTo(2);
    assertThat(report.get("provenance").get("rows_read").intValue()).isEqualTo(3);
    assertThat(report.get("provenance").get("duplicate_ids").intValue()).isEqualTo(1);
    csv("p.csv", "id,label,score", "a,1,0.5", "b,0,0.25", "a,0,0.5");
    assertBadInput(
        EvaluateRun.of(file, "--id-column", "id"),
        file + ": row 3: rows of one id must agree, got label 0 after 1 in row 1 for id \"a\"");
  }

  @Test
  void severalFilesAreOneSetInAnyFormat() throws IOException {
    Path first = csv("a.csv", "label,score", "1,0.5");
    Path second = csv("b.tsv", "score\tlabel", "0.25\t0");
    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      gzip.write("label,score\n0,0.125\n".getBytes(StandardCharsets.US_ASCII));
    }
    Path third = Files.write(directory.resolve("c.csv.gz"), packed.toByteArray());
    JsonNode report = EvaluateRun.of(first, second, third).json();
    assertThat(report.get("n").intValue()).isEqualTo(3);
    assertThat(report.get("metrics").get("roc_auc").get("value").doubleValue()).isEqualTo(1.0);
    assertThat(report.get("provenance").get("files").size()).isEqualTo(3);
    Files.write(second, java.util.List.of("score\tlabel", "0.25\t7"));
    assertBadInput(
        EvaluateRun.of(first, second, third), second + ": row 1: label must be 0 or 1, got \"7\"");
  }

  @Test
  void inputFormatOverridesTheExtension() throws IOException {
    Path file = csv("p.txt", "label\tscore", "1\t0.5");
    assertThat(EvaluateRun.of(file, "--input-format", "tsv").json().get("n").intValue())
        .isEqualTo(1);
  }

  @Test
  void integerWeightsEqualReplication() throws IOException {
    Path weighted = csv("w.csv", "label,score,w", "1,0.9,2", "0,0.9,1", "0,0.3,3", "1,0.2,0");
    Path repeated =
        csv("r.csv", "label,score", "1,0.9", "1,0.9", "0,0.9", "0,0.3", "0,0.3", "0,0.3");
    EvaluateRun one = EvaluateRun.of(weighted, "--weight-column", "w");
    EvaluateRun other = EvaluateRun.of(repeated);
    for (var metric : one.json().get("metrics").properties()) {
      if (metric.getKey().matches("(lift|gain)_.*")
          || metric.getValue().get("reason").asText().equals("weighted")) {
        continue; // of a share of the weight, which need be no whole row; of a number of rows
      }
      // quotients of sums in other units: the last digit may differ
      assertThat(metric.getValue().get("value").doubleValue())
          .as(metric.getKey())
          .isCloseTo(other.metric(metric.getKey()).get("value").doubleValue(), within(1e-14));
    }
    assertThat(one.json().get("weight_total").intValue()).isEqualTo(6);
  }

  @Test
  void badRowsEndWithThree() throws IOException {
    Path file = csv("p.csv", "label,score", "1,0.5", "2,0.5");
    assertBadInput(EvaluateRun.of(file), file + ": row 2: label must be 0 or 1, got \"2\"");
    csv("p.csv", "label,score,w", "1,0.5,-0.5");
    assertBadInput(
        EvaluateRun.of(file, "--weight-column", "w"),
        file + ": row 1: weight (column \"w\") must be a number of at least 0, got \"-0.5\"");
  }

  @Test
  void badArraysEndWithThree() throws IOException {
    Path y = Files.write(directory.resolve("y.npy"), NpyArrayTest.npy("|u1", 0, 1, 1));
    Path s = Files.write(directory.resolve("s.npy"), NpyArrayTest.npy("<f4", 0, 1));
    assertBadInput(
        EvaluateRun.of("--labels", y, "--scores", s),
        s + ": must have as many rows as " + y + ", 3, got 2");
    Files.write(s, NpyArrayTest.npy("<f4", 0, Double.NaN, 1));
    assertBadInput(
        EvaluateRun.of("--labels", y, "--scores", s),
        s + ": row 2: score must be a number, got \"NaN\"");
    Files.write(s, NpyArrayTest.npy(">f8", 0, 1, Double.NaN));
    assertBadInput(
        EvaluateRun.of("--labels", y, "--scores", s),
        s + ": row 3: score must be a number, got \"NaN\"");
    Files.write(s, NpyArrayTest.npy("<f4", 0, 0.5, 1));
    Path w = Files.write(directory.resolve("w.npy"), NpyArrayTest.npy("<f8", 1, -1, 1));
    assertBadInput(
        EvaluateRun.of("--labels", y, "--scores", s, "--weights", w),
        w + ": row 2: weight must be a number of at least 0, got \"-1.0\"");
    assertBadInput(
        EvaluateRun.of("--labels", directory, "--scores", s),
        directory + ": must be a file, got a directory");
  }

  @Test
  void filesThatAreNotThereOrNoTablesEndWithThree() throws IOException {
    Path file = directory.resolve("p.csv");
    assertBadInput(EvaluateRun.of(file), file + ": there is no such file");
    assertBadInput(
        EvaluateRun.of(directory, "--input-format", "csv"),
        directory + ": must be a file, got a directory");
    byte[] garbage = new byte[5000];
    new java.util.Random(3).nextBytes(garbage);
    Files.write(file, garbage);
    EvaluateRun run = EvaluateRun.of(file);
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).startsWith(file + ": ").hasLineCount(1);
    assertThat(run.err().strip().chars()).noneMatch(Character::isISOControl);
    run = EvaluateRun.of(file, "--input-format", "parquet", "--quiet");
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).startsWith(file + ": is not readable as Parquet").hasLineCount(1);
    Files.write(directory.resolve("x.csv.gz"), garbage);
    run = EvaluateRun.of(directory.resolve("x.csv.gz"));
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("x.csv.gz: cannot be read: Not in GZIP format");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "p.csv --thresholds 1",
        "p.csv --thresholds many",
        "p.csv --format yaml",
        "p.csv --threads 0",
        "p.csv --level 1",
        "p.csv --decision-threshold NaN",
        "p.csv --no-such-option",
        "p.csv --max-slices 0",
        "p.csv --cost-fp 1",
        "p.csv --bootstrap 1",
        "p.csv --stratified",
        "p.csv --cost-fp -1 --cost-fn 1",
        "p.csv --calibration-bins 1",
        "p.csv --slice-columns a*,b",
        "p.csv --slice-columns label",
        "p.csv --score-column label",
        "p.dat",
        "p.npy",
        "p.dat --input-format xls",
        "p.csv --labels y.npy --scores s.npy",
        "--labels y.npy",
        "--weights w.npy",
        "--labels y.npy --scores s.npy --id-column id"
      })
  void wrongUsageEndsWithTwo(String arguments) {
    EvaluateRun run = EvaluateRun.of((Object[]) arguments.split(" "));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("Usage");
  }

  @Test
  void usageErrorsSayWhatWouldBeRight() {
    assertThat(EvaluateRun.of("p.csv", "--thresholds", "1").err())
        .startsWith("thresholds must be in [2, 10000], got 1");
    assertThat(EvaluateRun.of("p.npy").err())
        .startsWith("arrays are given as --labels y.npy --scores s.npy, got p.npy");
    assertThat(EvaluateRun.of("p.csv", "--score-column", "label").err())
        .startsWith("a column can serve one purpose, got two for \"label\"");
  }

  @Test
  void operatingPointsAndCalibrationAreInTheReport() throws IOException {
    JsonNode report = EvaluateRun.of(toy(), "--cost-fp", "1", "--cost-fn", "5").json();
    assertThat(report.get("operating_points").findValuesAsText("name"))
        .contains("decision", "max_f1", "min_cost", "recall_at_precision_0.9");
    assertThat(report.get("metrics").get("min_cost").get("value").doubleValue()).isEqualTo(1.0);
    double rows = 0;
    for (JsonNode bin : report.get("calibration")) {
      rows += bin.get("weight").doubleValue();
    }
    assertThat(rows).isEqualTo(4);
  }

  @Test
  void headlineMetricsHaveIntervals() throws IOException {
    EvaluateRun run = EvaluateRun.of(some(), "--level", "0.5");
    for (String name :
        new String[] {"average_precision", "roc_auc", "log_loss", "brier", "recall"}) {
      JsonNode metric = run.metric(name);
      assertThat(metric.get("ci_low").doubleValue())
          .as(name)
          .isLessThanOrEqualTo(metric.get("value").doubleValue());
      assertThat(metric.get("ci_high").doubleValue())
          .isGreaterThanOrEqualTo(metric.get("value").doubleValue());
      assertThat(metric.get("level").doubleValue()).isEqualTo(0.5);
      assertThat(metric.get("target").textValue()).isEqualTo("superpopulation");
      assertThat(metric.get("ci_reason").isNull()).isTrue();
    }
  }

  @Test
  void bootstrapDependsOnItsSeedAlone() throws IOException {
    String[] more = {"--bootstrap", "300", "--seed", "7"};
    EvaluateRun run = EvaluateRun.of(some(), more[0], more[1], more[2], more[3], "--threads", "1");
    JsonNode bootstrap = run.json().get("bootstrap");
    JsonNode ap = bootstrap.get("average_precision");
    double value = run.metric("average_precision").get("value").doubleValue();
    assertThat(ap.get("used").intValue()).isEqualTo(300);
    assertThat(ap.get("percentile").get("ci_low").doubleValue()).isLessThan(value);
    assertThat(ap.get("percentile").get("ci_high").doubleValue()).isGreaterThan(value);
    assertThat(run.json().get("cost").get("bootstrap_seconds").doubleValue()).isPositive();
    assertThat(
            EvaluateRun.of(some(), more[0], more[1], more[2], more[3], "--threads", "3")
                .json()
                .get("bootstrap"))
        .isEqualTo(bootstrap);
    assertThat(EvaluateRun.of(some(), more[0], more[1], "--seed", "8").json().get("bootstrap"))
        .isNotEqualTo(bootstrap);
    for (String format : new String[] {"table", "html"}) {
      assertThat(EvaluateRun.of(some(), more[0], more[1], "--format", format).out())
          .contains("300 replicates")
          .doesNotContain("NaN");
    }
  }

  @Test
  void bootstrapWithoutPositivesSaysWhy() throws IOException {
    EvaluateRun run = EvaluateRun.of(csv("p.csv", "label,score", "0,0.5"), "--bootstrap", "20");
    JsonNode ap = run.json().get("bootstrap").get("average_precision");
    assertThat(ap.get("dropped").intValue()).isEqualTo(20);
    assertThat(ap.get("standard_error").isNull()).isTrue();
    assertThat(ap.get("reason").textValue()).isEqualTo("too_few_defined_replicates");
    assertThat(
            EvaluateRun.of(directory.resolve("p.csv"), "--bootstrap", "20", "--format", "table")
                .out())
        .doesNotContain("NaN");
  }

  @Test
  void helpHasExamples() {
    EvaluateRun run = EvaluateRun.of("--help");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("touchstone evaluate --labels y.npy --scores s.npy > report.json")
        .contains("Exit codes: 0 report written, 2 wrong usage, 3 bad input");
  }

  @Test
  void theTableIsAlignedAndRounded() throws IOException {
    EvaluateRun run = EvaluateRun.of(toy(), "--format", "table");
    assertThat(run.out())
        .startsWith(
            directory.resolve("toy.csv") + "\n4 predictions, 2 positive (50 %), scores float64\n")
        .containsPattern("\naverage_precision +0\\.83333\n")
        .containsPattern("\nroc_auc +0\\.75000  0\\.\\d+ … 0\\.\\d+  \\w+\n")
        .contains("operating point     threshold  precision   recall       F1  TP  FP  FN  TN\n")
        .contains("decision threshold    0.50000     1.0000  0.50000  0.66667   1   0   1   2\n")
        .contains("best F1               0.35000    0.66667   1.0000  0.80000   2   1   0   1\n");
    assertThat(run.out().lines()).noneMatch(line -> line.endsWith(" "));
  }
}
