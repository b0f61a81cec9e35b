package dev.touchstone.cli.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.metrics.sampling.NeymanProposal;
import dev.touchstone.metrics.sampling.PlanFile;
import dev.touchstone.metrics.sampling.PlanOptions;
import dev.touchstone.metrics.sampling.PlanRule;
import dev.touchstone.metrics.sampling.PlanTask;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class PlanCommandTest {
  private static final int N = 5_000;

  @TempDir private Path directory;
  private Path table;
  private final List<String> lines = new ArrayList<>();

  private record Run(int code, String out, String err) {}

  private static Run run(Object... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
    var errStream = new PrintStream(err, true, StandardCharsets.UTF_8);
    int code =
        new CommandLine(new PlanCommand(outStream, errStream))
            .setErr(new PrintWriter(errStream, true, StandardCharsets.UTF_8))
            .execute(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    return new Run(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static PlanFile plan(Path file) throws IOException {
    Map<String, Object> map = new ObjectMapper().readValue(file.toFile(), new TypeReference<>() {});
    return PlanFile.fromMap(map);
  }

  @BeforeEach
  void write() throws IOException {
    var random = new SplittableRandom(1);
    for (int i = 0; i < N; i++) {
      int label = random.nextInt(50) == 0 ? 1 : 0;
      double p = 1 / (1 + Math.exp(3 - random.nextGaussian() - 2 * label));
      lines.add(
          String.format(
              Locale.ROOT,
              "%d,%d,%.6f,%s,%s,%.3f",
              i * 7919L % 100_003 - 50_000,
              label,
              p,
              random.nextInt(3) > 0 ? "DE" : "FR",
              List.of("cat", "dog", "2.0").get(random.nextInt(random.nextInt(3) + 1)),
              10 * random.nextGaussian()));
    }
    table = file("eval.csv", "id,label,p,country,class,target", lines);
  }

  private Path file(String name, String header, List<String> rows) throws IOException {
    return Files.writeString(
        directory.resolve(name), header + "\n" + String.join("\n", rows) + "\n");
  }

  private Path out() {
    return directory.resolve("plan.json");
  }

  @Test
  void theFileHoldsTheRuleAndTheExamplesThatItTakes() throws IOException {
    var run =
        run(
            "--labels",
            table,
            "--id-column",
            "id",
            "--score-column",
            "p",
            "--segment-column",
            "country",
            "--budget",
            700,
            "--seed",
            -5,
            "--positives-cap",
            60,
            "--out",
            out());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("stratum", "influence", "positive/DE", "negative-0/DE")
        .containsPattern("all +5,000 +0.14000 +700.0 +\\d+ +100.0 %")
        .containsPattern("average_precision +0\\.\\d+ +0\\.\\d+ +[\\d.]+")
        .contains("roc_auc", "log_loss");
    var plan = plan(out());
    assertThat(plan.rule().options().seed()).isEqualTo(-5);
    assertThat(plan.rule().options().positivesCap()).isEqualTo(60);
    int taken = 0;
    for (String line : lines) {
      String[] cells = line.split(",");
      long id = Long.parseLong(cells[0]);
      int h = plan.rule().stratumOf(cells[1], Double.parseDouble(cells[2]), cells[3]);
      assertThat(plan.stratumOf(id)).isEqualTo(plan.rule().includes(id, h) ? h : -1);
      taken += plan.stratumOf(id) >= 0 ? 1 : 0;
    }
    assertThat(plan.size()).isEqualTo(taken);
  }

  @Test
  void aLargerBudgetKeepsTheSmallerSample() throws IOException {
    PlanFile smaller = null;
    for (int budget : new int[] {60, 300, 301, 2_000, 9_999, 20_000}) {
      var run =
          run(
              "--labels",
              table,
              "--id-column",
              "id",
              "--score-column",
              "p",
              "--budget",
              budget,
              "--out",
              out(),
              "--quiet");
      assertThat(run).isEqualTo(new Run(0, "", ""));
      var plan = plan(out());
      if (smaller != null) {
        assertThat(plan.indices(smaller.ids())).hasSize(smaller.size());
      }
      smaller = plan;
    }
    assertThat(smaller.size()).isEqualTo(N);
  }

  /** The reference file is joined by id, whatever its order and whatever else it holds. */
  @Test
  void scoresMayComeFromAnotherFile() throws IOException {
    var same =
        run(
            "--labels",
            table,
            "--id-column",
            "id",
            "--score-column",
            "p",
            "--budget",
            400,
            "--out",
            out());
    String expected = Files.readString(out());
    assertThat(same.code()).isZero();
    var scores = new ArrayList<String>();
    scores.add("0.5,123456789");
    lines.stream().map(l -> l.split(",")).forEach(c -> scores.add(c[2] + "," + c[0]));
    for (int order = 0; order < 2; order++) {
      Path others = file("scores.csv", "score,id", scores);
      var run =
          run(
              "--labels",
              table,
              "--id-column",
              "id",
              "--reference-scores",
              others,
              "--budget",
              400,
              "--out",
              out());
      assertThat(run.code()).as(run.err()).isZero();
      assertThat(Files.readString(out())).isEqualTo(expected);
      Collections.shuffle(scores, new Random(3));
    }
    scores.add(scores.get(7));
    var twice =
        run(
            "--labels",
            table,
            "--id-column",
            "id",
            "--reference-scores",
            file("twice.csv", "score,id", scores),
            "--budget",
            400,
            "--out",
            out());
    assertThat(twice.code()).isEqualTo(3);
    assertThat(twice.err()).contains("ids of reference scores must be unique, got ");
    var fewer =
        run(
            "--labels",
            table,
            "--id-column",
            "id",
            "--reference-scores",
            file("few.csv", "score,id", List.of("0.1,3")),
            "--budget",
            400,
            "--out",
            out());
    assertThat(fewer.code()).isEqualTo(3);
    assertThat(fewer.err()).contains("every id must have a reference score, not so -50000");
    var byRow =
        run(
            "--labels",
            table,
            "--reference-scores",
            file("rows.csv", "score", List.of("0.1")),
            "--budget",
            400,
            "--out",
            out());
    assertThat(byRow.code()).isEqualTo(3);
  }

  /** 300 rows by pandas: label 1 every seventh row, ids, countries, float32 scores. */
  @Test
  void parquetIsReadAsCsvIs() throws Exception {
    var resource = PlanCommandTest.class.getResource("/parquet/pandas_zstd.parquet");
    Path parquet = Path.of(resource.toURI());
    var run = run("--labels", parquet, "--score-column", "score", "--budget", 120, "--out", out());
    assertThat(run.code()).as(run.err()).isZero();
    var plan = plan(out());
    assertThat(plan.rule().population()).isEqualTo(300);
    var rows = new ArrayList<String>();
    for (int i = 0; i < 300; i++) {
      rows.add((i % 7 == 0 ? 1 : 0) + "," + 37 * i % 101 / 128.0);
    }
    Path csv = file("same.csv", "label,score", rows);
    var same = run("--labels", csv, "--score-column", "score", "--budget", 120, "--out", out());
    assertThat(same.code()).as(same.err()).isZero();
    assertThat(plan(out())).isEqualTo(plan);
  }

  @Test
  void classesAndTargetsHavePlansToo() throws IOException {
    var run =
        run(
            "--labels",
            table,
            "--task",
            "multiclass",
            "--label-column",
            "class",
            "--budget",
            300,
            "--out",
            out());
    assertThat(run.code()).as(run.err()).isZero();
    var classes = plan(out());
    assertThat(classes.rule().task()).isEqualTo(PlanTask.MULTICLASS);
    assertThat(classes.rule().strata())
        .extracting(s -> s.label())
        .containsExactly("2", "cat", "dog");
    assertThat(Arrays.stream(classes.ids()).allMatch(id -> id >= 0 && id < N))
        .as("rows are ids without a column")
        .isTrue();
    run =
        run(
            "--labels",
            table,
            "--task",
            "regression",
            "--label-column",
            "target",
            "--budget",
            300,
            "--out",
            "-");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("target-0", "target-9");
    Map<String, Object> map = new ObjectMapper().readValue(run.out(), new TypeReference<>() {});
    assertThat(PlanFile.fromMap(map).rule().strata()).hasSize(10);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "id,label\\n1,0\\n1,1\\n2,0  | ids must be unique, got 1 twice",
        "id,label\\n1,nan\\n         | row 1: label must be 0 or 1, got \"nan\"",
        "id,label\\n1,0\\nx,1\\n     | row 2: id must be a whole number of 64 bits, got \"x\"",
        "id,label\\n1,0\\n1.5,1\\n   | row 2: id must be a whole number of 64 bits, got \"1.5\"",
        "id,label\\n1,0\\n2\\n       | row 2: must have 2 fields as the header has, got 1 (line 3)",
        "id,label\\n                 | examples must be at least one, got none",
        "-                           | must have a header, got an empty file",
        "id\\n1\\n                   | has no column \"label\"; there are [\"id\"]",
        "id,label,label\\n1,0,0\\n   | has more than one column \"label\"",
        "id,label\\n1,0\\n2,1\\n     | budget must be at least the number of strata, 2, got 1"
      })
  void badInputIsNamed(String content, String message) throws IOException {
    Path bad =
        Files.writeString(
            directory.resolve("bad.csv"), content == null ? "" : content.replace("\\n", "\n"));
    var run = run("--labels", bad, "--id-column", "id", "--budget", 1, "--out", out());
    assertThat(run.err()).contains(bad.toString()).contains(message);
    assertThat(run.code()).isEqualTo(3);
    assertThat(out()).doesNotExist();
  }

  @Test
  void nanScoresAndTargetsAreRefusedWithTheirRow() throws IOException {
    Path bad = file("bad.csv", "label,p", List.of("0,0.5", "1,nan"));
    var run = run("--labels", bad, "--score-column", "p", "--budget", 9, "--out", out());
    assertThat(run.err())
        .contains("row 2: reference score (column \"p\") must be a number, got \"nan\"");
    run =
        run(
            "--labels",
            bad,
            "--task",
            "regression",
            "--label-column",
            "p",
            "--budget",
            9,
            "--out",
            out());
    assertThat(run.err()).contains("row 2: target (column \"p\") must be a number, got \"nan\"");
    Path far = file("far.csv", "label", List.of("1", "inf"));
    run = run("--labels", far, "--task", "regression", "--budget", 9, "--out", out());
    assertThat(run.err()).contains("row 2: target must be finite, got Infinity");
  }

  @Test
  void wrongUsageIsRefused() {
    usage("give --labels, or --run and --checkpoint, or --set-key", "--budget", 5);
    usage("--budget must be at least 1, got 0", "--labels", table, "--budget", 0);
    usage(
        "--positives-cap must be at least 1, got 0",
        "--labels",
        table,
        "--budget",
        5,
        "--positives-cap",
        0);
    usage(
        "--task must be binary, multiclass or regression, got ranking",
        "--labels",
        table,
        "--budget",
        5,
        "--task",
        "ranking");
    usage(
        "--score-column and --reference-scores are for --task binary, got regression",
        "--labels",
        table,
        "--budget",
        5,
        "--task",
        "regression",
        "--score-column",
        "p");
    usage(
        "a column can serve one purpose, got two for \"label\"",
        "--labels",
        table,
        "--budget",
        5,
        "--id-column",
        "label");
    usage("give --run and --checkpoint, or --set-key", "--run", "r", "--budget", 5);
    usage(
        "--id-column is for --labels; a cached set says it itself",
        "--set-key",
        "ab",
        "--budget",
        5,
        "--id-column",
        "id");
    var run = run("--labels", directory.resolve("none.csv"), "--budget", 5, "--out", out());
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("none.csv: there is no such file");
  }

  @Test
  void aReportsProposalBecomesAFile() throws IOException {
    double[] scores = new double[N];
    long[] positives = new long[N];
    long[] negatives = new long[N];
    for (int i = 0; i < N; i++) {
      String[] cells = lines.get(i).split(",");
      // as a report counts them: by the upper 16 bits of the float
      scores[i] = Float.intBitsToFloat(Float.floatToIntBits(Float.parseFloat(cells[2])) & ~0xFFFF);
      positives[i] = Long.parseLong(cells[1]);
      negatives[i] = 1 - positives[i];
    }
    PlanRule rule = NeymanProposal.of(scores, positives, negatives, PlanOptions.of(1, 500));
    Map<String, Object> proposed =
        Map.of(
            "plan",
            PlanFile.toMap(rule),
            "expected_errors",
            List.of(Map.of("metric", "average_precision", "planned", 0.01, "uniform", 0.02)));
    Path report = directory.resolve("report.json");
    // as the server answers
    new ObjectMapper()
        .writeValue(report.toFile(), Map.of("report", Map.of("proposed_plan", proposed)));

    var run =
        run(
            "--from-report",
            report,
            "--labels",
            table,
            "--id-column",
            "id",
            "--score-column",
            "p",
            "--out",
            out());

    assertThat(run.code()).as(run.err()).isZero();
    PlanFile plan = plan(out());
    assertThat(plan.rule()).isEqualTo(rule);
    int taken = 0;
    for (String line : lines) {
      String[] cells = line.split(",");
      int stratum = rule.stratumOf(cells[1], Float.parseFloat(cells[2]), null);
      boolean expected = rule.includes(Long.parseLong(cells[0]), stratum);
      assertThat(plan.stratumOf(Long.parseLong(cells[0]))).isEqualTo(expected ? stratum : -1);
      taken += expected ? 1 : 0;
    }
    assertThat(plan.size()).isEqualTo(taken).isPositive();
    assertThat(run.out()).containsPattern("average_precision +0\\.01\\d* +0\\.02");
  }

  @Test
  void aReportWithoutAProposalSaysWhy() throws IOException {
    refused(
        "{\"proposed_plan\":{\"budget\":5,\"reason\":\"one_class\"}}",
        "the report proposes no plan: one_class");
    refused(
        "{\"schema\":\"touchstone.report/1\"}",
        "the report has no proposed_plan: ask with propose_plan_budget");
    refused(
        "{\"proposed_plan\":{\"plan\":{\"schema\":\"touchstone.plan/1\"}}}",
        "schema must be touchstone.plan-rule/1, got touchstone.plan/1");
    refused("{", "--from-report must be JSON");
    usage("--seed is not for --from-report", "--from-report", "r.json", "--seed", 3);
    usage(
        "--run, --checkpoint and --set-key are not for --from-report",
        "--from-report",
        "r.json",
        "--set-key",
        "ab");
    usage("Missing required option: '--budget=N'", "--labels", table);
  }

  private void refused(String json, String message) throws IOException {
    Path report = Files.writeString(directory.resolve("report.json"), json);
    var run = run("--from-report", report, "--out", out());
    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(3);
  }

  private void usage(String message, Object... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--out", out()));
    var run = run(all.toArray());
    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(2);
  }
}
