package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference values of golden.json, through files and the command. */
class EvaluateGoldenTest {
  private static final List<String> RANKING = List.of("average_precision", "roc_auc");

  @TempDir Path directory;

  private static Stream<JsonNode> golden() {
    try (var in = EvaluateGoldenTest.class.getResourceAsStream("/golden.json")) {
      return StreamSupport.stream(
          new ObjectMapper().readTree(in).get("cases").spliterator(), false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<Arguments> cases(String... prefixes) {
    return golden()
        .filter(c -> Stream.of(prefixes).anyMatch(c.get("id").textValue()::startsWith))
        .map(c -> Arguments.of(c.get("id").textValue(), c));
  }

  static Stream<Arguments> listed() {
    return cases("rank-", "degenerate-", "ap-influence")
        .filter(a -> ((JsonNode) a.get()[1]).get("inputs").has("y"));
  }

  static Stream<Arguments> generated() {
    return cases("gen-");
  }

  private Path csv(JsonNode inputs) throws IOException {
    var lines = new ArrayList<String>();
    lines.add(inputs.has("weight") ? "label,score,weight" : "label,score");
    for (int i = 0; i < inputs.get("y").size(); i++) {
      String score = inputs.get(inputs.has("score") ? "score" : "p").get(i).asText();
      lines.add(
          inputs.get("y").get(i).asText()
              + ","
              + score
              + (inputs.has("weight") ? "," + inputs.get("weight").get(i).asText() : ""));
    }
    return Files.write(directory.resolve("golden.csv"), lines);
  }

  private static void assertRanking(EvaluateRun run, JsonNode expected, double tolerance) {
    for (String name : RANKING) {
      if (!expected.has(name)) {
        continue;
      }
      JsonNode metric = run.metric(name);
      if (expected.get(name).isNull()) {
        String reason = expected.path("reason_" + name).asText(expected.path("reason").asText());
        assertThat(metric.get("value").isNull()).as(name).isTrue();
        assertThat(metric.get("reason").textValue()).as(name).isEqualTo(reason);
      } else {
        assertThat(metric.get("value").doubleValue())
            .as(name)
            .isCloseTo(expected.get(name).doubleValue(), within(tolerance));
        assertThat(metric.get("reason").isNull()).as(name).isTrue();
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("listed")
  void listedCases(String id, JsonNode golden) throws IOException {
    JsonNode inputs = golden.get("inputs");
    Path file = csv(inputs);
    EvaluateRun run =
        inputs.has("weight")
            ? EvaluateRun.of(file, "--weight-column", "weight")
            : EvaluateRun.of(file);
    if (golden.get("expected").path("reason").asText().equals("invalid_score")) {
      assertThat(run.exitCode()).isEqualTo(3);
      assertThat(run.out()).isEmpty();
      assertThat(run.err())
          .isEqualTo(
              file + ": row 2: score must be a number, got \"NaN\"" + System.lineSeparator());
      return;
    }
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertRanking(run, golden.get("expected"), 1e-12);
    if (golden.get("expected").has("unweighted_average_precision")) {
      EvaluateRun unweighted = EvaluateRun.of(file);
      assertThat(unweighted.metric("average_precision").get("value").doubleValue())
          .isCloseTo(
              golden.get("expected").get("unweighted_average_precision").doubleValue(),
              within(1e-12));
    }
  }

  @Test
  void constantScoresAreOneTie() throws IOException {
    JsonNode golden =
        golden().filter(c -> c.get("id").textValue().equals("rank-constant")).findAny().get();
    Path file = directory.resolve("constant.csv");
    Files.write(
        file,
        Stream.concat(
                Stream.of("label,score"),
                IntStream.range(0, 100).mapToObj(i -> (i % 4 == 0 ? 1 : 0) + ",1.0"))
            .toList());
    EvaluateRun run = EvaluateRun.of(file);
    assertRanking(run, golden.get("expected"), 1e-12);
    assertThat(run.metric("average_precision").get("flags").toString()).contains("\"all_tied\"");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("generated")
  void generatedDataSetsFromArrays(String id, JsonNode golden) throws IOException {
    JsonNode inputs = golden.get("inputs");
    int n = inputs.get("n").intValue();
    long seed = inputs.get("seed").longValue();
    int levels = inputs.get("levels").intValue();
    double[] y = new double[n];
    double[] s = new double[n];
    for (int i = 0; i < n; i++) {
      y[i] = u(seed, i, 0) < inputs.get("prev_num").longValue() ? 1 : 0;
      long v =
          y[i] == 1
              ? Math.max(Math.max(u(seed, i, 1), u(seed, i, 2)), u(seed, i, 3))
              : Math.min(u(seed, i, 1), u(seed, i, 2));
      s[i] = (v >>> 24 - levels) / (double) (1L << levels);
    }
    JsonNode expected = golden.get("expected");
    for (String type : List.of("<f8", ">f4")) {
      Path labels = Files.write(directory.resolve("y.npy"), NpyArrayTest.npy("|u1", y));
      Path scores = Files.write(directory.resolve("s.npy"), NpyArrayTest.npy(type, s));
      EvaluateRun run =
          EvaluateRun.of("--labels", labels, "--scores", scores, "--decision-threshold", "0.9");
      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.json().get("n_pos").longValue()).isEqualTo(expected.get("P").longValue());
      assertRanking(run, expected, golden.get("abs_tol").doubleValue());
      long tp = expected.get("tp_fp_at_ge_0_9").get(0).longValue();
      long fp = expected.get("tp_fp_at_ge_0_9").get(1).longValue();
      assertThat(run.metric("precision").get("value").doubleValue())
          .isEqualTo(tp / (double) (tp + fp));
    }
  }

  // 24 bits of splitmix64
  private static long u(long seed, long i, int k) {
    long z = seed + 0x9E3779B97F4A7C15L * (4 * i + k + 1);
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return (z ^ z >>> 31) >>> 40;
  }

  @Test
  void probabilityMetricsOfTheDocumentation() throws IOException {
    for (String[] wanted : new String[][] {{"logloss-doc", "log_loss"}, {"brier-doc", "brier"}}) {
      JsonNode golden =
          golden().filter(c -> c.get("id").textValue().equals(wanted[0])).findAny().get();
      EvaluateRun run = EvaluateRun.of(csv(golden.get("inputs")));
      assertThat(run.metric(wanted[1]).get("value").doubleValue())
          .isCloseTo(golden.get("expected").get(wanted[1]).doubleValue(), within(1e-12));
    }
  }

  @Test
  void theCurveOfTheToyCaseHasItsVertices() throws IOException {
    JsonNode golden =
        golden().filter(c -> c.get("id").textValue().equals("rank-toy-1")).findAny().get();
    JsonNode curve = EvaluateRun.of(csv(golden.get("inputs"))).json().get("curve");
    var recalls = new ArrayList<Double>();
    var fprs = new ArrayList<Double>();
    double[] scores = {0.8, 0.4, 0.35, 0.1};
    for (int i = 0; i < curve.size(); i++) {
      JsonNode vertex = curve.get(i);
      recalls.add(vertex.get("recall").doubleValue());
      fprs.add(vertex.get("fpr").doubleValue());
      if (i == 0) {
        assertThat(vertex.get("threshold_reason").textValue()).isEqualTo("above_every_score");
      } else {
        // the score itself, or what lies between it and the next lower one: the same counts
        assertThat(vertex.get("threshold").doubleValue())
            .isLessThanOrEqualTo(scores[i - 1])
            .isGreaterThan(i < 4 ? scores[i] : 0);
      }
    }
    assertThat(recalls).containsExactly(0.0, 0.5, 0.5, 1.0, 1.0);
    assertThat(fprs).containsExactly(0.0, 0.0, 0.5, 0.5, 1.0);
  }
}
