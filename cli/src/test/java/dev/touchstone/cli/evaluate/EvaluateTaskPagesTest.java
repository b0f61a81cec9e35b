package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** Pages and folds of the tasks other than the binary one; variants of the bootstrap. */
class EvaluateTaskPagesTest {
  @TempDir Path directory;

  private Path csv(String... lines) throws IOException {
    return Files.write(directory.resolve("p.csv"), List.of(lines));
  }

  /** A page is well-formed, and refers to nothing outside. */
  private static Document page(EvaluateRun run) throws Exception {
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .startsWith("<!DOCTYPE html>")
        .doesNotContain("NaN")
        .doesNotContain("null");
    assertThat(run.out()).doesNotContainIgnoringCase("<script");
    assertThat(run.out().replace("http://www.w3.org/2000/svg", "")).doesNotContain("http");
    String xml = run.out().substring(run.out().indexOf("<html"));
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Element> elements(Document page, String name) {
    var all = new ArrayList<Element>();
    var nodes = page.getElementsByTagName(name);
    for (int i = 0; i < nodes.getLength(); i++) {
      all.add((Element) nodes.item(i));
    }
    return all;
  }

  private Path pets() throws IOException {
    return csv(
        "id,truth,p_cat,p_dog,p_bird,fold",
        "1,cat,0.5,0.25,0.25,1",
        "2,dog,0.5,0.25,0.25,1",
        "3,bird,0.125,0.125,0.75,1",
        "4,dog,0,1,0,2",
        "5,cat,0.6,0.2,0.2,2",
        "6,bird,0.2,0.2,0.6,2");
  }

  private EvaluateRun ofPets(String... more) throws IOException {
    var arguments =
        new ArrayList<Object>(
            List.of(pets(), "--task=multiclass", "--label-column=truth", "--score-columns=p_*"));
    arguments.addAll(List.of(more));
    return EvaluateRun.of(arguments.toArray());
  }

  @Test
  void confusionIsAHeatMap() throws Exception {
    Document page = page(ofPets("--format=html", "--title=Pets & <others>"));
    assertThat(elements(page, "h1").get(0).getTextContent()).isEqualTo("Pets & <others>");
    var cells = elements(page, "rect");
    assertThat(cells).hasSize(9);
    // one of two dogs was called a cat
    assertThat(cells.get(3).getTextContent()).isEqualTo("dog predicted as cat: 1 (50 %)");
    assertThat(cells.get(3).getAttribute("fill-opacity")).isEqualTo("0.425");
    assertThat(cells.get(0).getAttribute("fill-opacity")).isEqualTo("0.850");
    assertThat(page.getDocumentElement().getTextContent())
        .contains("accuracy", "balanced accuracy", "6 rows, task multiclass", "wilson");
  }

  @Test
  void manyClassesAreTheLargest() throws Exception {
    var lines = new ArrayList<String>();
    var head = new StringBuilder("label");
    for (int k = 0; k < 40; k++) {
      head.append(",p_").append(k);
    }
    lines.add(head.toString());
    for (int i = 0; i < 80; i++) {
      var line = new StringBuilder().append(i % 40 < 35 ? i % 40 : 39);
      for (int k = 0; k < 40; k++) {
        line.append(k == i % 7 ? ",1" : ",0");
      }
      lines.add(line.toString());
    }
    var run =
        EvaluateRun.of(
            csv(lines.toArray(new String[0])),
            "--task=multiclass",
            "--score-columns=p_*",
            "--format=html");
    Document page = page(run);
    assertThat(elements(page, "rect")).hasSize(30 * 30);
    assertThat(run.out())
        .contains("the 30 largest of 40 classes")
        .contains("more rows, in --format");
  }

  @Test
  void labelsAreBars() throws Exception {
    Path file = csv("a,b,p_a,p_b", "1,0,0.9,0.2", "0,0,0.6,0.1", "1,0,0.8,0.3");
    Document page =
        page(
            EvaluateRun.of(
                file,
                "--task=multilabel",
                "--label-columns=a,b",
                "--score-columns=p_a,p_b",
                "--format=html"));
    var bars = elements(page, "rect");
    assertThat(bars).hasSize(2);
    // F1 of a: 2 * 2 / (2 * 2 + 1)
    assertThat(Double.parseDouble(bars.get(0).getAttribute("width"))).isEqualTo(280 * 0.8);
    assertThat(bars.get(1).getAttribute("width")).isEqualTo("0");
  }

  @Test
  void errorsAreAHistogram() throws Exception {
    var lines = new ArrayList<String>(List.of("label,score"));
    var random = new SplittableRandom(1);
    for (int i = 0; i < 2_000; i++) {
      double truth = random.nextDouble(10);
      lines.add(truth + "," + (truth + random.nextGaussian()));
    }
    lines.add("0,1e300");
    lines.add("0,inf");
    var run =
        EvaluateRun.of(csv(lines.toArray(new String[0])), "--task=regression", "--format=html");
    Document page = page(run);
    var bars =
        elements(page, "rect").stream()
            .filter(r -> r.getAttribute("class").contains("bar"))
            .toList();
    assertThat(bars).hasSizeBetween(35, 40);
    double most =
        bars.stream()
            .mapToDouble(r -> Double.parseDouble(r.getAttribute("height")))
            .max()
            .orElse(0);
    // the highest bar leaves a twentieth of the frame's 290
    assertThat(most).isCloseTo(290 / 1.05, within(0.2));
    assertThat(run.out()).contains("prediction - truth").contains("beyond");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1,1", "1e9,1e9", "3,1e9", "0,-1e-300", "1e75,-1e75"})
  void aSingleErrorOfAnySizeIsDrawn(String row) throws Exception {
    var run = EvaluateRun.of(csv("label,score", row), "--task=regression", "--format=html");
    assertThat(elements(page(run), "rect")).hasSize(2);
  }

  @Test
  void cutoffsAreLines() throws Exception {
    Path file = csv("query,label,score", "a,1,3", "a,0,2", "b,0,9", "b,1,1", "c,2,1", "c,0,0");
    Document page = page(EvaluateRun.of(file, "--task=ranking", "--at=1,2", "--format=html"));
    assertThat(elements(page, "circle")).hasSize(6);
    assertThat(elements(page, "circle").get(0).getTextContent()).isEqualTo("ndcg_at_1 0.66667");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "label,score|--task=regression",
        "query,label,score|--task=ranking",
        "label,p_a,p_b|--task=multiclass --score-columns=p_*",
        "a,p_a|--task=multilabel --label-columns=a --score-columns=p_a"
      })
  void nothingGivesAPageWithoutAPicture(String given) throws Exception {
    String[] parts = given.split("\\|");
    var arguments = new ArrayList<Object>(List.of(csv(parts[0]), "--format=html"));
    arguments.addAll(List.of(parts[1].split(" ")));
    Document page = page(EvaluateRun.of(arguments.toArray()));
    assertThat(elements(page, "svg")).isEmpty();
    assertThat(page.getDocumentElement().getTextContent()).contains("empty");
  }

  @Test
  void foldsAreReportedByFoldPooledAndAveraged() throws Exception {
    EvaluateRun run = ofPets("--folds-column=fold");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode folds = run.json().get("folds");
    assertThat(folds.get("column").textValue()).isEqualTo("fold");
    assertThat(folds.get("folds")).hasSize(2);
    assertThat(folds.get("folds").get(0).get("n").intValue()).isEqualTo(3);
    JsonNode accuracy = folds.get("metrics").get("accuracy");
    assertThat(accuracy.get("per_fold").get(0).get("value").doubleValue())
        .isCloseTo(2 / 3.0, within(1e-15));
    assertThat(accuracy.get("per_fold").get(1).get("value").doubleValue()).isEqualTo(1);
    assertThat(accuracy.get("pooled").get("value").doubleValue()).isCloseTo(5 / 6.0, within(1e-15));
    JsonNode averaged = accuracy.get("averaged");
    assertThat(averaged.get("value").doubleValue()).isCloseTo(5 / 6.0, within(1e-15));
    // Nadeau and Bengio: sd 1/(3 sqrt 2), variance factor 1/2 + 1, t(1) = 12.7062
    double half = 12.706204736 * Math.sqrt(1.5) / 3 / Math.sqrt(2);
    assertThat(averaged.get("ci_high").doubleValue()).isCloseTo(5 / 6.0 + half, within(1e-8));
    assertThat(ofPets("--folds-column=fold", "--format=table").out())
        .contains("folds by fold")
        .contains("pooled")
        .contains("averaged");
    Document page = page(ofPets("--folds-column=fold", "--format=html"));
    assertThat(elements(page, "h2").get(0).getTextContent()).isEqualTo("Folds by fold");
  }

  @Test
  void foldsOfEveryTaskAreReportsOnTheirRows() throws Exception {
    Path numbers = csv("label,score,w,f", "1,2,1,b", "3,3,2,a", "5,4,1,b", "2,0,1,a");
    JsonNode mse =
        EvaluateRun.of(numbers, "--task=regression", "--weight-column=w", "--folds-column=f")
            .json()
            .get("folds")
            .get("metrics")
            .get("mse");
    assertThat(mse.get("per_fold").get(0).get("value").doubleValue())
        .isCloseTo(4 / 3.0, within(1e-15));
    assertThat(mse.get("per_fold").get(1).get("value").doubleValue()).isEqualTo(1);
    Path labels = csv("a,b,p,q,f", "1,0,0.9,0.2,1", "0,1,0.6,0.7,1", "1,1,0.8,0.3,2", "0,0,0,0,2");
    JsonNode exact =
        EvaluateRun.of(
                labels,
                "--task=multilabel",
                "--label-columns=a,b",
                "--score-columns=p,q",
                "--folds-column=f")
            .json()
            .get("folds")
            .get("metrics")
            .get("subset_accuracy");
    assertThat(exact.get("per_fold").get(0).get("value").doubleValue()).isEqualTo(0.5);
    assertThat(exact.get("per_fold").get(1).get("value").doubleValue()).isEqualTo(0.5);
    Path queries = csv("query,label,score,f", "a,1,3,1", "a,0,2,1", "b,0,9,2", "b,1,1,2");
    JsonNode ranks =
        EvaluateRun.of(queries, "--task=ranking", "--folds-column=f")
            .json()
            .get("folds")
            .get("metrics")
            .get("mrr");
    assertThat(ranks.get("per_fold").get(0).get("value").doubleValue()).isEqualTo(1);
    assertThat(ranks.get("per_fold").get(1).get("value").doubleValue()).isEqualTo(0.5);
  }

  @Test
  void foldsThatAreNoneAreRefused() throws Exception {
    Path one = csv("label,score,f", "1,2,x", "3,3,x");
    EvaluateRun run = EvaluateRun.of(one, "--task=regression", "--folds-column=f");
    assertThat(run.err()).startsWith(one + ": column \"f\": folds must be 2 to 1000, got 1");
    assertThat(run.exitCode()).isEqualTo(3);
    Path split = csv("query,label,score,f", "a,1,3,1", "b,1,3,2", "a,0,2,2");
    EvaluateRun other = EvaluateRun.of(split, "--task=ranking", "--folds-column=f");
    assertThat(other.err())
        .contains("row 3", "a query must lie in one fold, but \"a\" is in \"1\" and \"2\"");
    assertThat(other.exitCode()).isEqualTo(3);
  }

  @Test
  void theBootstrapTakesWeightsAndStrata() throws Exception {
    var lines = new ArrayList<String>(List.of("label,score,w,id,other"));
    var random = new SplittableRandom(3);
    for (int i = 0; i < 300; i++) {
      int label = i % 4 == 0 ? 1 : 0;
      double z = random.nextDouble() + 0.4 * label;
      lines.add(label + "," + z / 2 + "," + (1 + i % 3) + "," + i + "," + random.nextDouble());
    }
    Path file = csv(lines.toArray(new String[0]));
    Object[] plain = {file, "--bootstrap=300", "--weight-column=w"};
    JsonNode weighted = EvaluateRun.of(plain).json().get("bootstrap");
    assertThat(weighted.get("stratified").booleanValue()).isFalse();
    assertThat(weighted.get("average_precision").get("percentile").get("ci_method").textValue())
        .isEqualTo("poisson_bootstrap");
    EvaluateRun run = EvaluateRun.of(file, "--bootstrap=300", "--stratified");
    JsonNode stratified = run.json().get("bootstrap");
    assertThat(stratified.get("stratified").booleanValue()).isTrue();
    assertThat(stratified.get("roc_auc").get("percentile").get("ci_method").textValue())
        .isEqualTo("stratified_bootstrap");
    assertThat(EvaluateRun.of(file, "--bootstrap=300", "--stratified", "--format=table").out())
        .contains("300 stratified replicates");
    JsonNode compared =
        EvaluateRun.of(
                file,
                "--bootstrap=300",
                "--id-column=id",
                "--baseline=" + file,
                "--baseline-score-column=other")
            .json()
            .get("comparison")
            .get("metrics")
            .get(0);
    assertThat(compared.get("metric").textValue()).isEqualTo("average_precision");
    assertThat(compared.get("ci_method").textValue()).isEqualTo("paired_poisson_bootstrap");
    assertThat(compared.get("verdict").textValue()).isEqualTo("BETTER");
    EvaluateRun alone = EvaluateRun.of(file, "--stratified");
    assertThat(alone.err()).startsWith("--stratified is a way to resample: give --bootstrap");
    assertThat(alone.exitCode()).isEqualTo(2);
  }
}
