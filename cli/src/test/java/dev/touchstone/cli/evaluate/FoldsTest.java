package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FoldsTest {
  private static final Path CANDIDATE = References.file("/evaluate/candidate.csv");
  private static final Path BASELINE = References.file("/evaluate/baseline.csv");
  private static final List<String> METRICS =
      List.of("average_precision", "roc_auc", "log_loss", "brier", "accuracy");
  private static final double SUMS = 1e-12;
  private static final double QUANTILES = 1e-9;

  private final References expected = new References("/evaluate/expected.csv");

  @TempDir Path directory;

  private Path csv(String name, String... lines) throws IOException {
    return Files.write(directory.resolve(name), List.of(lines));
  }

  private static EvaluateRun folds(Object... more) {
    Object[] all = new Object[more.length + 6];
    Object[] first = {CANDIDATE, "--folds-column", "fold", "--level", "0.9", "--quiet"};
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return EvaluateRun.of(all);
  }

  @Test
  void everyMetricByFoldPooledAndAveragedIsAsOtherLibrariesSay() {
    JsonNode folds = folds().json().get("folds");
    assertThat(folds.get("column").textValue()).isEqualTo("fold");
    assertThat(folds.get("folds").findValuesAsText("fold"))
        .containsExactly("f0", "f1", "f2", "f3", "f4");
    int rows = 0;
    for (JsonNode fold : folds.get("folds")) {
      rows += fold.get("n").intValue();
    }
    assertThat(rows).isEqualTo(600);
    for (String name : METRICS) {
      JsonNode metric = folds.get("metrics").get(name);
      String key = "folds." + name + ".";
      assertThat(metric.get("per_fold").size()).isEqualTo(5);
      for (int k = 0; k < 5; k++) {
        expected.assertSame(metric.get("per_fold").get(k).get("value"), key + k, SUMS);
      }
      expected.assertSame(metric.get("pooled").get("value"), key + "pooled", SUMS);
      JsonNode averaged = metric.get("averaged");
      expected.assertSame(averaged.get("value"), key + "averaged", SUMS);
      expected.assertSame(averaged.get("ci_low"), key + "averaged.ci_low", QUANTILES);
      expected.assertSame(averaged.get("ci_high"), key + "averaged.ci_high", QUANTILES);
      assertThat(averaged.get("ci_method").textValue()).isEqualTo("corrected_resampled_t");
    }
    assertThat(folds.has("paired")).isFalse();
  }

  @Test
  void againstABaselineFoldsArePaired() {
    JsonNode folds = folds("--baseline", BASELINE, "--id-column", "id").json().get("folds");
    assertThat(folds.get("paired").findValuesAsText("metric")).isEqualTo(METRICS);
    for (JsonNode metric : folds.get("paired")) {
      String key = "folds." + metric.get("metric").textValue();
      expected.assertSame(metric.get("difference"), key + ".paired", 1e-11);
      expected.assertSame(metric.get("ci_low"), key + ".paired.ci_low", QUANTILES);
      expected.assertSame(metric.get("ci_high"), key + ".paired.ci_high", QUANTILES);
      expected.assertSame(metric.get("p_value"), key + ".p_value", 1e-7);
      assertThat(metric.get("ci_method").textValue()).isEqualTo("corrected_resampled_t");
      assertThat(metric.get("verdict").textValue())
          .isEqualTo(key.endsWith("accuracy") ? "INDISTINGUISHABLE" : "BETTER");
    }
    assertThat(folds.get("p_adjustment").textValue()).isEqualTo("holm");
  }

  @Test
  void pairedFoldsAreOverTheExamplesThatBothHave() throws IOException {
    Path mine =
        csv(
            "mine.csv",
            "id,label,score,fold",
            "a,1,0.9,10",
            "b,0,0.2,10",
            "c,0,0.6,9",
            "d,1,0.7,9",
            "e,1,0.1,2");
    Path theirs = csv("theirs.csv", "id,label,score", "d,1,0.7", "c,0,0.8", "b,0,0.2", "a,1,0.9");
    JsonNode folds =
        EvaluateRun.of(
                mine,
                "--folds-column",
                "fold",
                "--baseline",
                theirs,
                "--id-column",
                "id",
                "--quiet")
            .json()
            .get("folds");
    // folds are numbers: 9 comes before 10
    assertThat(folds.get("folds").findValuesAsText("fold")).containsExactly("2", "9", "10");
    JsonNode auc = folds.get("paired").get(1);
    assertThat(auc.get("value").doubleValue()).isEqualTo(1.0);
    assertThat(auc.get("baseline").doubleValue()).isEqualTo(0.5);
    JsonNode perFold = folds.get("metrics").get("roc_auc");
    assertThat(perFold.get("per_fold").get(0).toString())
        .isEqualTo("{\"value\":null,\"reason\":\"no_negatives\"}");
    assertThat(perFold.get("averaged").get("reason").textValue()).isEqualTo("undefined_in_a_fold");
  }

  @Test
  void oneFoldIsNoCrossValidation() throws IOException {
    Path file = csv("p.csv", "label,score,k", "1,0.9,1", "0,0.1,1");
    EvaluateRun run = EvaluateRun.of(file, "--folds-column", "k");
    assertThat(run.err())
        .isEqualTo(
            file + ": column \"k\": folds must be 2 to 1000, got 1" + System.lineSeparator());
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(EvaluateRun.of(file, "--folds-column", "fold").err())
        .isEqualTo(
            file
                + ": has no column \"fold\"; there are [\"label\", \"score\", \"k\"]"
                + System.lineSeparator());
  }

  @Test
  void aFoldMayBeASliceButNothingElse() throws IOException {
    Path file = csv("p.csv", "label,score,k", "1,0.9,1", "0,0.1,2", "0,0.3,1", "1,0.4,2");
    JsonNode report = EvaluateRun.of(file, "--folds-column", "k", "--slice-columns", "k").json();
    assertThat(report.get("slices").findValuesAsText("slice")).containsExactly("k=1", "k=2");
    assertThat(report.get("folds").get("folds").size()).isEqualTo(2);
    EvaluateRun run = EvaluateRun.of(file, "--folds-column", "score");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).startsWith("a column can serve one purpose, got two for \"score\"");
    run = EvaluateRun.of("--labels", "y.npy", "--scores", "s.npy", "--folds-column", "k");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).startsWith("--folds-column is for tables; arrays have no columns");
  }

  @Test
  void tablesAndPagesShowThem() {
    Object[] more = {"--baseline", BASELINE, "--id-column", "id", "--format", "table"};
    assertThat(folds(more).out())
        .contains("\nfolds by fold\n")
        .containsPattern("\nf2 +113 +\\d+ +0\\.83298 +0\\.91526 +0\\.29433 +0\\.08645 ")
        .containsPattern("\npooled +600 +\\d+ +0\\.68996 +0\\.85082 ")
        .containsPattern("\naveraged +0\\.70282 +0\\.85685 ")
        .containsPattern("\n90 % interval +0\\.54264 … 0\\.86301 +0\\.79757 … 0\\.91614 ")
        .contains("\nmean difference of the folds, corrected resampled t\n");
    more[5] = "html";
    assertThat(folds(more).out())
        .contains("<h2>Folds by fold</h2>")
        .contains("<td>0.79757 … 0.91614</td>")
        .contains("Mean difference of the folds to the baseline, corrected resampled t.");
  }
}
