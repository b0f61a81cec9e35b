package dev.touchstone.metrics.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanFileTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PlanRows ROWS = PlanRows.of(PlanTask.BINARY, 21, 3_000, 0.05, 3);
  private static final PlanFile FILE =
      ROWS.file(ROWS.rule(true, PlanOptions.of(Long.MIN_VALUE, 400)));

  private static Map<String, Object> throughJson(Map<String, Object> map) {
    try {
      return JSON.readValue(JSON.writeValueAsString(map), new TypeReference<>() {});
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aFileSurvivesJson() {
    var read = PlanFile.fromMap(throughJson(FILE.toMap()));
    assertThat(read).isEqualTo(FILE);
    assertThat(read.toMap()).isEqualTo(FILE.toMap());
    assertThat(read.hashCode()).isEqualTo(FILE.hashCode());
  }

  @Test
  void theRuleInTheFileTakesExactlyItsExamples() {
    var read = PlanFile.fromMap(throughJson(FILE.toMap()));
    int taken = 0;
    for (int i = 0; i < ROWS.size(); i++) {
      int h = read.rule().stratumOf(ROWS.label(i), ROWS.values()[i], ROWS.segment(i));
      boolean included = read.rule().includes(ROWS.ids()[i], h);
      assertThat(read.stratumOf(ROWS.ids()[i])).isEqualTo(included ? h : -1);
      taken += included ? 1 : 0;
    }
    assertThat(read.size()).isEqualTo(taken);
    assertThat(read.ids()).isSorted();
  }

  @Test
  void rowsAreFoundByIdAlone() {
    long[] ids = FILE.ids();
    assertThat(FILE.indices(new long[] {ids[5], Long.MAX_VALUE, ids[0], ids[5] + 1}))
        .containsExactly(0, 2);
    assertThat(FILE.stratumOf(ids[3])).isEqualTo(FILE.strata()[3] & 0xFF);
    long all = 0;
    for (int h = 0; h < FILE.rule().strata().size(); h++) {
      all += FILE.size(h);
    }
    assertThat(all).isEqualTo(FILE.size());
  }

  @Test
  void aReadingThatSawOtherExamplesIsRefused() {
    var rule = FILE.rule();
    var sample = PlanSample.of(rule);
    sample.accept(1, 0);
    assertThatThrownBy(sample::file)
        .hasMessageMatching(
            "examples must be the same at both readings of them, but 1 of \\d+ came in stratum .*");
    assertThatThrownBy(() -> PlanSample.of(rule).accept(3, -1))
        .hasMessage("examples must be the same at both readings of them, but id 3 has no stratum");
    assertThatThrownBy(() -> rule.stratumOf("2", 0, "s1"))
        .hasMessage("no stratum for label 2, value 0.0, segment s1");
    assertThatThrownBy(() -> rule.stratumOf("1", Double.NaN, "s1"))
        .hasMessage("value must be a number, got NaN");
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> changed(String path, Object value) {
    var map = throughJson(FILE.toMap());
    String[] keys = path.split("/");
    Object at = map;
    for (int i = 0; i < keys.length - 1; i++) {
      at =
          at instanceof List<?> l
              ? l.get(Integer.parseInt(keys[i]))
              : ((Map<?, ?>) at).get(keys[i]);
    }
    ((Map<String, Object>) at).put(keys[keys.length - 1], value);
    return map;
  }

  private static void refused(String path, Object value, String message) {
    assertThatThrownBy(() -> PlanFile.fromMap(changed(path, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aFileThatContradictsItselfIsRefused() {
    refused(
        "schema", "touchstone.plan/9", "schema must be touchstone.plan/1, got touchstone.plan/9");
    refused("hash", "md5", "hash must be " + PlanFile.HASH + ", got md5");
    refused("seed", "x", "seed must be a whole number of 64 bits as a text, got x");
    refused("seed", 4, "seed must be a text, got 4");
    refused("budget", 1.5, "budget must be a whole number, got 1.5");
    refused("floor", "0.3", "floor must be a number, got 0.3");
    refused("task", "ranking", "task must be binary, multiclass or regression, got ranking");
    refused("strata", "none", "strata must be a list, got none");
    refused("strata", List.of(), "strata must be 1 to 256, got 0");
    refused("strata", List.of(1), "a stratum must be an object, got 1");
    refused("strata/0/rate", 1.5, "rate must be in [2^-20, 1], got 1.5");
    refused("strata/0/rate", 1e-9, "rate must be in [2^-20, 1], got 1.0E-9");
    refused("strata/0/population", 0, "population must be at least 1, got 0");
    refused("strata/0/population", 1, "a sample cannot have more examples than the stratum");
    refused("strata/0/name", "positive/s2", "stratum names must be unique, got positive/s2 twice");
    refused("strata/0/name", "a\u0007", "stratum name must hold no control characters, got a?");
    refused("strata/0/name", "", "stratum name must have 1 to 256 characters, got 0");
    refused("strata/0/label", null, "label must be a text, and null in regression, got null");
    refused("strata/0/segment", "s2", "strata must not overlap, but");
    refused("strata/0/segment", null, "segments must be given for all strata or none");
    refused("strata/0/from", Double.MAX_VALUE * 2, "from must be a number");
    refused("examples", null, "examples must be an object, got null");
    refused("examples/ids", "!", "ids must be base64, got");
    refused("examples/ids", "AAAA", "ids must be 8 bytes each, got 3 bytes");
    refused("examples/ids", "", "stratum codes must be as many as ids (0)");
    refused("sampled", 1, "sampled must be the number of ids");
    byte[] codes = FILE.strata();
    codes[0] = (byte) 255;
    String beyond = Base64.getEncoder().encodeToString(codes);
    refused("examples/strata", beyond, "stratum codes must be in [0, ");
    long[] ids = FILE.ids();
    ids[1] = ids[0];
    refused("examples/ids", base64(ids), "ids must ascend, each once");
    var rare = FILE.rule().strata();
    int lowest = 0;
    for (int h = 0; h < rare.size(); h++) {
      lowest = rare.get(h).rate() < rare.get(lowest).rate() ? h : lowest;
    }
    byte[] rarest = new byte[codes.length];
    Arrays.fill(rarest, (byte) lowest);
    refused(
        "examples/strata",
        Base64.getEncoder().encodeToString(rarest),
        "ids must be sampled by the rule, but u(");
  }

  private static String base64(long[] ids) {
    var bytes = java.nio.ByteBuffer.allocate(8 * ids.length);
    bytes.order(java.nio.ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(ids);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  // ---- vectors that other languages are held against

  private static final Path VECTORS = Path.of("src/test/resources/sampling/plans.json");

  private static Map<String, Object> vector(PlanRows rows, boolean scored, PlanOptions options) {
    var file = rows.file(rows.rule(scored, options));
    var hash = file.rule().hash();
    var map = new LinkedHashMap<String, Object>();
    boolean valued = scored || rows.task() == PlanTask.REGRESSION;
    var labels = new ArrayList<String>();
    var segments = new ArrayList<String>();
    for (int i = 0; i < rows.size(); i++) {
      labels.add(rows.label(i));
      segments.add(rows.segment(i));
    }
    map.put("ids", Arrays.stream(rows.ids()).mapToObj(Long::toString).toList());
    map.put("labels", rows.task() == PlanTask.REGRESSION ? null : labels);
    map.put("values", valued ? rows.values() : null);
    map.put("segments", rows.segmentNames().isEmpty() ? null : segments);
    // 53 bits, which JSON numbers hold exactly
    map.put("hashes", Arrays.stream(rows.ids()).map(id -> (long) (hash.u(id) * 0x1p53)).toArray());
    map.put("included", Arrays.stream(file.ids()).mapToObj(Long::toString).toList());
    map.put("included_strata", intsOf(file.strata()));
    map.put("plan", file.toMap());
    return map;
  }

  private static int[] intsOf(byte[] codes) {
    int[] ints = new int[codes.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = codes[i] & 0xFF;
    }
    return ints;
  }

  private static Map<String, Object> vectors() {
    var map = new LinkedHashMap<String, Object>();
    map.put(
        "made_by", "mvn -o -pl metrics test -Dtest=PlanFileTest -Dtouchstone.write-vectors=true");
    map.put(
        "binary",
        vector(PlanRows.of(PlanTask.BINARY, 31, 400, 0.06, 0), true, PlanOptions.of(42, 120)));
    map.put(
        "binary_segments",
        vector(
            PlanRows.of(PlanTask.BINARY, 32, 400, 0.1, 2),
            true,
            new PlanOptions("sält", Long.MIN_VALUE, 90, 15, 0.1, 3)));
    map.put(
        "binary_labels_only",
        vector(PlanRows.of(PlanTask.BINARY, 33, 200, 0.1, 0), false, PlanOptions.of(-7, 50)));
    map.put(
        "multiclass",
        vector(PlanRows.of(PlanTask.MULTICLASS, 34, 300, 0.03, 2), false, PlanOptions.of(1, 80)));
    map.put(
        "regression",
        vector(
            PlanRows.of(PlanTask.REGRESSION, 35, 300, 0.2, 0),
            false,
            new PlanOptions("a salt of more than thirty-two bytes", 3, 100, 20_000, 0.3, 2)));
    return map;
  }

  @Test
  void plansAreThoseOfTheVectors() throws IOException {
    if (Boolean.getBoolean("touchstone.write-vectors")) {
      Files.createDirectories(VECTORS.getParent());
      Files.writeString(
          VECTORS, JSON.writeValueAsString(vectors()).replace("},\"", "},\n\"") + "\n");
    }
    var expected = JSON.readTree(Files.readString(VECTORS));
    assertThat(JSON.readTree(JSON.writeValueAsString(vectors()))).isEqualTo(expected);
  }
}
