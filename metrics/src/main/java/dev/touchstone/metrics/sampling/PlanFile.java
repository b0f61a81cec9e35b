package dev.touchstone.metrics.sampling;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A sampling plan as it is handed to clients: the rule, and the examples that it takes, so that a
 * client can apply it knowing ids alone. Travels as {@link #toMap()}, ready for any JSON writer;
 * docs/sampling-plans.md describes the keys. Immutable and thread-safe.
 */
public final class PlanFile {
  /** Name and version of the format. */
  public static final String SCHEMA = "touchstone.plan/1";

  /** A rule without its examples, as reports propose it. */
  public static final String RULE_SCHEMA = "touchstone.plan-rule/1";

  /** How u(id) is found: {@link InclusionHash}. */
  public static final String HASH = "xxh64(salt + int64_le(id), seed) >> 11";

  private final PlanRule rule;
  private final long[] ids;
  private final byte[] strata;
  private final long[] counts;

  /** Takes the arrays as its own. */
  PlanFile(PlanRule rule, long[] ids, byte[] strata) {
    this.rule = Objects.requireNonNull(rule, "rule");
    this.ids = ids;
    this.strata = strata;
    counts = new long[rule.strata().size()];
    if (strata.length != ids.length) {
      throw new IllegalArgumentException(
          "stratum codes must be as many as ids (" + ids.length + "), got " + strata.length);
    }
    for (int i = 0; i < ids.length; i++) {
      if (i > 0 && ids[i] <= ids[i - 1]) {
        throw new IllegalArgumentException(
            "ids must ascend, each once, got " + ids[i] + " after " + ids[i - 1]);
      }
      int code = strata[i] & 0xFF;
      if (code >= counts.length) {
        throw new IllegalArgumentException(
            "stratum codes must be in [0, " + (counts.length - 1) + "], got " + code);
      }
      if (!rule.includes(ids[i], code)) {
        throw new IllegalArgumentException(
            "ids must be sampled by the rule, but u("
                + ids[i]
                + ") is not below the rate of stratum "
                + rule.strata().get(code).name());
      }
      counts[code]++;
    }
    for (int h = 0; h < counts.length; h++) {
      var stratum = rule.strata().get(h);
      if (counts[h] > stratum.population()) {
        throw new IllegalArgumentException(
            "a sample cannot have more examples than the stratum: "
                + counts[h]
                + " of "
                + stratum.population()
                + " (stratum "
                + stratum.name()
                + ")");
      }
    }
  }

  /** The rule. */
  public PlanRule rule() {
    return rule;
  }

  /** Sampled examples. */
  public int size() {
    return ids.length;
  }

  /** Sampled examples of a stratum. */
  public long size(int stratum) {
    return counts[stratum];
  }

  /** Ids of the sampled examples, ascending. */
  public long[] ids() {
    return ids.clone();
  }

  /** Their stratum codes, unsigned bytes. */
  public byte[] strata() {
    return strata.clone();
  }

  /** The stratum code of a sampled example; -1 for an id that is not in the sample. */
  public int stratumOf(long id) {
    int at = Arrays.binarySearch(ids, id);
    return at < 0 ? -1 : strata[at] & 0xFF;
  }

  /** The rows among these whose examples are sampled, in their order. */
  public int[] indices(long[] among) {
    int[] rows = new int[among.length];
    int n = 0;
    for (int row = 0; row < among.length; row++) {
      if (stratumOf(among[row]) >= 0) {
        rows[n++] = row;
      }
    }
    return Arrays.copyOf(rows, n);
  }

  /** Plain maps, lists, strings and numbers. */
  public Map<String, Object> toMap() {
    var map = new LinkedHashMap<String, Object>();
    map.put("schema", SCHEMA);
    map.putAll(toMap(rule, counts));
    var examples = new LinkedHashMap<String, Object>();
    var bytes = ByteBuffer.allocate(Math.multiplyExact(Long.BYTES, ids.length));
    bytes.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(ids);
    examples.put("ids", Base64.getEncoder().encodeToString(bytes.array()));
    examples.put("strata", Base64.getEncoder().encodeToString(strata));
    map.put("examples", examples);
    return map;
  }

  /** A rule alone, of {@value #RULE_SCHEMA}: as {@link #toMap()}, but for what was sampled. */
  public static Map<String, Object> toMap(PlanRule rule) {
    var map = new LinkedHashMap<String, Object>();
    map.put("schema", RULE_SCHEMA);
    map.putAll(toMap(rule, null));
    return map;
  }

  private static Map<String, Object> toMap(PlanRule rule, long[] counts) {
    var options = rule.options();
    var map = new LinkedHashMap<String, Object>();
    map.put("task", rule.task().word());
    map.put("design", rule.design());
    map.put("hash", HASH);
    map.put("salt", options.salt());
    map.put("seed", Long.toString(options.seed())); // JSON numbers lose longs above 2^53
    map.put("budget", options.budget());
    map.put("positives_cap", options.positivesCap());
    map.put("floor", options.floor());
    map.put("least_per_stratum", options.leastPerStratum());
    map.put("population", rule.population());
    map.put("expected", rule.expectedSample());
    if (counts != null) {
      map.put("sampled", (int) Arrays.stream(counts).sum());
    }
    var list = new ArrayList<Map<String, Object>>();
    for (int h = 0; h < rule.strata().size(); h++) {
      var s = rule.strata().get(h);
      var stratum = new LinkedHashMap<String, Object>();
      stratum.put("name", s.name());
      stratum.put("label", s.label());
      stratum.put("from", s.from() == Double.NEGATIVE_INFINITY ? null : s.from());
      stratum.put("segment", s.segment());
      stratum.put("population", s.population());
      stratum.put("rate", s.rate());
      stratum.put("expected", s.expectedSample());
      if (counts != null) {
        stratum.put("sampled", counts[h]);
      }
      list.add(stratum);
    }
    map.put("strata", list);
    return map;
  }

  /**
   * The plan of {@link #toMap()}, also after a trip through JSON. Everything is checked: ranges,
   * order, that the rule takes every example. Unknown keys are left alone.
   *
   * @throws IllegalArgumentException naming the key, the rule and the value
   */
  public static PlanFile fromMap(Map<String, ?> map) {
    require(map, "schema", SCHEMA);
    var rule = rule(map);
    if (!(map.get("examples") instanceof Map<?, ?> examples)) {
      throw refuse("examples", "an object", map.get("examples"));
    }
    byte[] bytes = base64(examples, "ids");
    if (bytes.length % Long.BYTES != 0) {
      throw refuse("ids", "8 bytes each", bytes.length + " bytes");
    }
    long[] ids = new long[bytes.length / Long.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(ids);
    var file = new PlanFile(rule, ids, base64(examples, "strata"));
    if (whole(map, "sampled") != ids.length) {
      throw refuse("sampled", "the number of ids, " + ids.length, map.get("sampled"));
    }
    return file;
  }

  /**
   * The rule of {@link #toMap(PlanRule)}, also after a trip through JSON, checked as a file is.
   *
   * @throws IllegalArgumentException naming the key, the rule and the value
   */
  public static PlanRule ruleFromMap(Map<String, ?> map) {
    require(map, "schema", RULE_SCHEMA);
    return rule(map);
  }

  private static PlanRule rule(Map<String, ?> map) {
    require(map, "hash", HASH);
    var options =
        new PlanOptions(
            text(map, "salt"),
            seed(text(map, "seed")),
            whole(map, "budget"),
            whole(map, "positives_cap"),
            number(map, "floor").doubleValue(),
            whole(map, "least_per_stratum"));
    if (!(map.get("strata") instanceof List<?> list)) {
      throw refuse("strata", "a list", map.get("strata"));
    }
    var strata = new ArrayList<PlanStratum>();
    for (var item : list) {
      if (!(item instanceof Map<?, ?> s)) {
        throw refuse("a stratum", "an object", item);
      }
      strata.add(
          new PlanStratum(
              text(s, "name"),
              textOrNull(s, "label"),
              s.get("from") == null ? Double.NEGATIVE_INFINITY : number(s, "from").doubleValue(),
              textOrNull(s, "segment"),
              whole(s, "population"),
              number(s, "rate").doubleValue()));
    }
    return new PlanRule(PlanTask.of(text(map, "task")), text(map, "design"), options, strata);
  }

  private static void require(Map<?, ?> map, String key, String value) {
    String given = text(map, key);
    if (!given.equals(value)) {
      throw refuse(key, value, given);
    }
  }

  private static long seed(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw refuse("seed", "a whole number of 64 bits as a text", text);
    }
  }

  private static byte[] base64(Map<?, ?> map, String key) {
    try {
      return Base64.getDecoder().decode(text(map, key));
    } catch (IllegalArgumentException e) {
      throw refuse(key, "base64", e.getMessage());
    }
  }

  private static String text(Map<?, ?> map, String key) {
    if (map.get(key) instanceof String value) {
      return value;
    }
    throw refuse(key, "a text", map.get(key));
  }

  private static String textOrNull(Map<?, ?> map, String key) {
    return map.get(key) == null ? null : text(map, key);
  }

  private static Number number(Map<?, ?> map, String key) {
    if (map.get(key) instanceof Number value) {
      return value;
    }
    throw refuse(key, "a number", map.get(key));
  }

  private static long whole(Map<?, ?> map, String key) {
    Number value = number(map, key);
    if (value.doubleValue() != Math.rint(value.doubleValue())
        || Math.abs(value.doubleValue()) >= 0x1p63) {
      throw refuse(key, "a whole number", value);
    }
    return value.longValue();
  }

  private static IllegalArgumentException refuse(String key, String rule, Object value) {
    String shown = String.valueOf(value).replaceAll("\\p{Cntrl}", "?");
    return new IllegalArgumentException(
        "sampling plan: "
            + key
            + " must be "
            + rule
            + ", got "
            + (shown.length() > 80 ? shown.substring(0, 80) + "…" : shown));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PlanFile that
        && that.rule.equals(rule)
        && Arrays.equals(that.ids, ids)
        && Arrays.equals(that.strata, strata);
  }

  @Override
  public int hashCode() {
    return rule.hashCode() * 31 + Arrays.hashCode(ids);
  }
}
