package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluateTaskTest {
  @TempDir Path directory;

  private Path csv(String... lines) throws IOException {
    return Files.write(directory.resolve("p.csv"), List.of(lines));
  }

  private Path npy(String name, String descr, String shape, double... values) throws IOException {
    byte[] flat = NpyArrayTest.npy(descr, values);
    int size = values.length * (descr.charAt(2) - '0');
    byte[] data = Arrays.copyOfRange(flat, flat.length - size, flat.length);
    return Files.write(
        directory.resolve(name), NpyArrayTest.npy(1, NpyArrayTest.header(descr, shape), data));
  }

  private static Path parquet() throws URISyntaxException {
    return Path.of(EvaluateTaskTest.class.getResource("/parquet/pandas_snappy.parquet").toURI());
  }

  private static double value(EvaluateRun run, String metric) {
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.metric(metric).get("value").doubleValue();
  }

  private static void assertBadInput(EvaluateRun run, String message) {
    assertThat(run.err()).isEqualTo(message + System.lineSeparator());
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
  }

  private Path pets() throws IOException {
    return csv(
        "id,truth,p_cat,p_dog,p_bird,w",
        "1,cat,0.5,0.25,0.25,1",
        "2,dog,0.5,0.25,0.25,2",
        "3,bird,0.125,0.125,0.75,1",
        "4,dog,0,1,0,0.5");
  }

  @Test
  void classesAreNamedByTheirColumns() throws IOException {
    EvaluateRun run =
        EvaluateRun.of(
            pets(), "--task", "multiclass", "--label-column", "truth", "--score-columns", "p_*");
    assertThat(value(run, "accuracy")).isEqualTo(0.75);
    assertThat(run.metric("accuracy").get("ci_method").textValue()).isEqualTo("wilson");
    // the second of two tied classes is among the first two in half of all orders
    assertThat(value(run, "top_2_accuracy")).isEqualTo((1 + 0.5 + 1 + 1) / 4);
    JsonNode report = run.json();
    assertThat(report.get("schema").textValue()).isEqualTo("touchstone.report/1");
    assertThat(report.get("task").textValue()).isEqualTo("multiclass");
    assertThat(report.get("n").intValue()).isEqualTo(4);
    assertThat(report.get("classes").get(1).get("class").textValue()).isEqualTo("dog");
    assertThat(report.get("classes").get(1).get("recall").doubleValue()).isEqualTo(0.5);
    assertThat(report.get("classes").get(1).get("recall_ci_low").doubleValue()).isBetween(0., 0.5);
    assertThat(report.get("confusion").get(1).get("predicted").textValue()).isEqualTo("cat");
    assertThat(report.get("facts").get("absent_classes")).isEmpty();
    assertThat(report.get("provenance").get("zero_division").textValue()).isEqualTo("UNDEFINED");
    assertThat(report.get("provenance").get("files").get(0).get("bytes").longValue()).isPositive();
  }

  @Test
  void weightsAndNamesCanBeGiven() throws IOException {
    EvaluateRun run =
        EvaluateRun.of(
            pets(),
            "--task=multiclass",
            "--label-column=truth",
            "--score-columns=p_cat,p_dog,p_bird",
            "--classes=cat,dog,bird",
            "--weight-column=w",
            "--top-k=1",
            "--zero-division=ZERO");
    assertThat(value(run, "accuracy")).isEqualTo(2.5 / 4.5);
    assertThat(value(run, "top_1_accuracy")).isEqualTo(2.5 / 4.5);
    EvaluateRun table =
        EvaluateRun.of(
            pets(),
            "--task=multiclass",
            "--label-column=truth",
            "--score-columns=p_*",
            "--format=table",
            "--title=Pets");
    assertThat(table.out())
        .startsWith("Pets\n4 rows, task multiclass\nclasses: 3\nabsent_classes: none\n")
        .contains("accuracy", "0.75000", "wilson", "\nconfusion\n", "\ndog ");
  }

  @Test
  void labelsOutsideTheClassesAreBadInput() throws IOException {
    assertBadInput(
        EvaluateRun.of(
            csv("label,p_0,p_1", "0,1,0", "1.0,0,1", "2,0,1"),
            "--task=multiclass",
            "--score-columns=p_*"),
        directory.resolve("p.csv") + ": row 3: label must be a class: 0, 1; got \"2\"");
    assertBadInput(
        EvaluateRun.of(csv("label,p_0", "0,1"), "--task=multiclass", "--score-columns=q_*"),
        directory.resolve("p.csv") + ": has no column \"q_*\"; there are [\"label\", \"p_0\"]");
    assertBadInput(
        EvaluateRun.of(csv("label,p_0", "0,1"), "--task=multiclass", "--score-columns=p_0"),
        directory.resolve("p.csv") + ": classes must be in [2, 4096], got 1");
    assertBadInput(
        EvaluateRun.of(csv("label,a,b", "0,1,x"), "--task=multiclass", "--score-columns=a,b"),
        directory.resolve("p.csv") + ": row 1: score (column \"b\") must be a number, got \"x\"");
    assertBadInput(
        EvaluateRun.of(csv("label,a,b", "0,1"), "--task=multiclass", "--score-columns=a,b"),
        directory.resolve("p.csv")
            + ": row 1: must have 3 fields as the header has, got 2 (line 2)");
    assertBadInput(
        EvaluateRun.of(
            csv("label,a,b,w", "0,1,0,-1"),
            "--task=multiclass",
            "--score-columns=a,b",
            "--weight-column=w"),
        directory.resolve("p.csv")
            + ": row 1: weight (column \"w\") must be a number from 0 to 1048576, got \"-1\"");
    assertBadInput(
        EvaluateRun.of(csv("label,a", "0,1"), "--task=multiclass", "--score-columns=a,label"),
        directory.resolve("p.csv") + ": a column can serve one purpose, got two for \"label\"");
  }

  @Test
  void multilabelTakesAColumnALabel() throws IOException {
    EvaluateRun run =
        EvaluateRun.of(
            csv("y_a,y_b,s_a,s_b", "1,0,0.5,0.75", "0,1,0.25,1", "0,0,0,0.25"),
            "--task=multilabel",
            "--label-columns=y_*",
            "--score-columns=s_a,s_b");
    assertThat(value(run, "subset_accuracy")).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(run.json().get("labels").get(0).get("label").textValue()).isEqualTo("a");
    assertThat(run.json().get("provenance").get("decision_threshold").doubleValue()).isEqualTo(0.5);
    EvaluateRun stricter =
        EvaluateRun.of(
            directory.resolve("p.csv"),
            "--task=multilabel",
            "--label-columns=y_*",
            "--score-columns=s_*",
            "--decision-threshold=0.8");
    assertThat(stricter.json().get("labels").get(0).get("precision").isNull()).isTrue();
    assertThat(stricter.json().get("labels").get(0).get("precision_reason").textValue())
        .isEqualTo("no_predicted_positives");
    assertBadInput(
        EvaluateRun.of(
            csv("a,b", "2,0.5"), "--task=multilabel", "--label-columns=a", "--score-columns=b"),
        directory.resolve("p.csv") + ": row 1: label (column \"a\") must be 0 or 1, got \"2\"");
    assertBadInput(
        EvaluateRun.of(
            csv("a,b,c", "1,1,1"), "--task=multilabel", "--label-columns=a", "--score-columns=b,c"),
        directory.resolve("p.csv")
            + ": --label-columns and --score-columns must be as many, got 1 and 2");
  }

  @Test
  void regressionHasTheFiguresOfTheDocumentation() throws IOException {
    EvaluateRun run =
        EvaluateRun.of(
            csv("y,yhat", "3,2.5", "-0.5,0.0", "2,2", "7,8"),
            "--task=regression",
            "--label-column=y",
            "--score-column=yhat",
            "--quantiles=0.25",
            "--error-quantiles=0.5");
    assertThat(value(run, "mse")).isEqualTo(0.375);
    assertThat(value(run, "r2")).isCloseTo(0.9486081370449679, within(1e-15));
    assertThat(value(run, "error_q0.5")).isEqualTo(0.25);
    assertThat(run.metric("pinball_0.25").get("value").isNumber()).isTrue();
    assertThat(run.metric("pinball_0.9")).isNull();
    EvaluateRun zero =
        EvaluateRun.of(csv("label,score", "0,1"), "--task=regression", "--zero-truth=UNDEFINED");
    assertThat(zero.metric("mape").get("reason").textValue()).isEqualTo("zero_truth");
  }

  @Test
  void rankingTakesRowsInAnyOrder() throws IOException {
    EvaluateRun run =
        EvaluateRun.of(
            csv("query,label,score", "a,0,2", "b,1,5", "a,1,1", "c,0,1", "b,0,4"),
            "--task=ranking",
            "--at=1,2");
    assertThat(value(run, "mrr")).isEqualTo(0.75);
    assertThat(value(run, "hit_rate_at_1")).isEqualTo(0.5);
    assertThat(run.json().get("facts").get("queries").intValue()).isEqualTo(3);
    assertThat(run.json().get("facts").get("queries_without_relevant").intValue()).isEqualTo(1);
    assertThat(run.metric("mrr").get("flags").get(0).textValue()).isEqualTo("queries_left_out");
    assertThat(run.json().get("cutoffs").get(1).get("k").intValue()).isEqualTo(2);
    assertBadInput(
        EvaluateRun.of(csv("query,label,score", "a,-1,2"), "--task=ranking"),
        directory.resolve("p.csv") + ": row 1: label must be a number from 0 to 50, got \"-1\"");
    assertBadInput(
        EvaluateRun.of(csv("query,label,score", ",1,2"), "--task=ranking"),
        directory.resolve("p.csv") + ": row 1: query must not be empty, got \"\"");
  }

  @Test
  void arraysOfSeveralColumnsAreTakenToo() throws IOException {
    Path y = npy("y.npy", "<i8", "3,", 0, 1, 1);
    Path s = npy("s.npy", "<f4", "3, 2", 1, 0, 0.25, 0.75, 0.5, 0.5);
    EvaluateRun multiclass = EvaluateRun.of("--labels", y, "--scores", s, "--task=multiclass");
    assertThat(value(multiclass, "accuracy")).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(multiclass.json().get("facts").get("tied_predictions").intValue()).isEqualTo(1);
    assertThat(multiclass.json().get("facts").get("clip_epsilon").doubleValue()).isEqualTo(0x1p-23);
    Path t = npy("t.npy", "|u1", "3, 2", 1, 0, 0, 1, 0, 0);
    assertThat(
            value(
                EvaluateRun.of("--labels", t, "--scores", s, "--task=multilabel"),
                "subset_accuracy"))
        .isCloseTo(2 / 3.0, within(1e-15));
    Path p = npy("p.npy", ">f8", "3,", 0.5, 1, 2);
    assertThat(value(EvaluateRun.of("--labels", y, "--scores", p, "--task=regression"), "mae"))
        .isEqualTo(0.5);
    Path q = npy("q.npy", "<i4", "3,", 7, 7, -1);
    assertThat(
            value(
                EvaluateRun.of("--labels", y, "--scores", p, "--queries", q, "--task=ranking"),
                "mrr"))
        .isEqualTo(1);
  }

  @Test
  void arraysThatDoNotFitAreBadInput() throws IOException {
    Path y = npy("y.npy", "<i8", "3,", 0, 1, 2);
    Path s = npy("s.npy", "<f4", "3, 2", 1, 0, 0, 1, 0, 1);
    assertBadInput(
        EvaluateRun.of("--labels", y, "--scores", s, "--task=multiclass"),
        y + ": row 3: label must be a class from 0 to 1, got \"2.0\"");
    Path bad = npy("bad.npy", "<f4", "3, 2", 1, 0, 0, 1, Double.NaN, 1);
    assertBadInput(
        EvaluateRun.of("--labels", y, "--scores", bad, "--task=multiclass"),
        y + ": row 3: label must be a class from 0 to 1, got \"2.0\"");
    Path two = npy("two.npy", "<i8", "2,", 0, 1);
    assertBadInput(
        EvaluateRun.of("--labels", two, "--scores", s, "--task=multiclass"),
        two + ": must have as many rows as " + s + ", 3, got 2");
    Path good = npy("good.npy", "<i8", "3,", 0, 1, 1);
    assertBadInput(
        EvaluateRun.of("--labels", good, "--scores", bad, "--task=multiclass"),
        bad + ": row 3: score must be a number, got \"NaN\"");
    Path deep = npy("deep.npy", "<f4", "3, 2, 1", 1, 0, 0, 1, 0, 1);
    assertBadInput(
        EvaluateRun.of("--labels", good, "--scores", deep, "--task=multiclass"),
        deep + ": must be rows of up to 1048576 columns, got shape (3, 2, 1)");
    Path label = npy("label.npy", "|u1", "3, 2", 1, 0, 0, 1, 0, 3);
    assertBadInput(
        EvaluateRun.of("--labels", label, "--scores", s, "--task=multilabel"),
        label + ": row 3: label must be 0 or 1, got \"3\"");
    byte[] bytes = Files.readAllBytes(s);
    String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    Path fortran =
        Files.write(
            directory.resolve("fortran.npy"),
            text.replace("'fortran_order': False", "'fortran_order': True ")
                .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    assertBadInput(
        EvaluateRun.of("--labels", good, "--scores", fortran, "--task=multiclass"),
        fortran + ": must be in C order, got Fortran order; save numpy.ascontiguousarray of it");
  }

  @Test
  void parquetColumnsServeEveryTask() throws Exception {
    EvaluateRun ranking =
        EvaluateRun.of(parquet(), "--task=ranking", "--query-column=country", "--at=3");
    assertThat(ranking.json().get("facts").get("queries").intValue()).isEqualTo(3);
    // label is 1 for each seventh row, weight is 1, 2, 3 in turn
    EvaluateRun regression =
        EvaluateRun.of(
            parquet(), "--task=regression", "--label-column=weight", "--score-column=label");
    assertThat(value(regression, "bias")).isCloseTo(43 / 300.0 - 2, within(1e-12));
    EvaluateRun multiclass =
        EvaluateRun.of(
            parquet(), "--task=multiclass", "--score-columns=score,weight", "--classes=0,1");
    assertThat(value(multiclass, "accuracy")).isCloseTo(43 / 300.0, within(1e-12));
    assertThat(multiclass.metric("log_loss").get("reason").textValue())
        .isEqualTo("score_outside_0_1");
    EvaluateRun text = EvaluateRun.of(parquet(), "--task=regression", "--label-column=country");
    assertBadInput(
        text, parquet() + ": label (column \"country\") must be a column of numbers, got BINARY");
  }

  @Test
  void emptyTablesAreNull() throws IOException {
    EvaluateRun run = EvaluateRun.of(csv("label,score"), "--task=regression");
    assertThat(run.exitCode()).isZero();
    assertThat(run.metric("mse").get("reason").textValue()).isEqualTo("empty");
    assertThat(run.err()).contains("no rows: every metric is null");
  }

  @ParameterizedTest
  @CsvSource({
    "p.csv --task=multiclass, '--task multiclass needs --score-columns, one a class (or p_*)'",
    "'p.csv --task=multilabel --score-columns=a', '--task multilabel needs --label-columns, one a'",
    "--labels y --scores s --task=ranking, --task ranking needs --queries beside --scores",
    "p.csv --task=regression --bootstrap 100, --bootstrap is not for --task regression",
    "p.csv --task=regression --at 3, --at is not for --task regression",
    "p.csv --task=regression --baseline q.csv, --baseline is not for --task regression",
    "p.csv --task=ranking --plot d --format html, --plot is not for --task ranking",
    "p.csv --task=regression --quantiles 2, 'pinball quantile must be in (0, 1), got 2.0'",
    "p.csv --task=ranking --at 0, 'k must be in [1, 100000], got 0'",
    "p.csv --task=ranking --level 2, 'level must be in (0, 1), got 2.0'",
    "p.csv --top-k 3, --top-k needs another --task than binary",
    "p.csv --labels y --scores s --task=regression, 'give tables, or --labels and --scores, got'",
    "--labels y --task=regression, --labels and --scores belong together",
    "'--labels y --scores s --score-columns a,b --task=multiclass', --score-columns is for tables",
    "--task=regression, 'give a table (preds.csv, preds.parquet), or --labels and --scores'"
  })
  void wrongUsageIsExplained(String arguments, String message) {
    EvaluateRun run = EvaluateRun.of((Object[]) arguments.split(" "));
    assertThat(run.err()).startsWith(message);
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void prefixesEndWhereAWordDoes() {
    assertThat(TaskEvaluation.withoutCommonPrefix(List.of("p_cat", "p_car")))
        .containsExactly("cat", "car");
    assertThat(TaskEvaluation.withoutCommonPrefix(List.of("cat", "car")))
        .containsExactly("cat", "car");
    assertThat(TaskEvaluation.withoutCommonPrefix(List.of("p.x", "p.x.y")))
        .containsExactly("x", "x.y");
    assertThat(TaskEvaluation.withoutCommonPrefix(List.of("p_x"))).containsExactly("p_x");
  }
}
