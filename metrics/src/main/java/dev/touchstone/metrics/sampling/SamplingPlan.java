package dev.touchstone.metrics.sampling;

import java.math.BigDecimal;
import java.math.MathContext;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Which examples of an evaluation set the fast tier looks at: disjoint strata, each with its
 * population and inclusion rate, and the hash that decides. Fixed for a run, so that differences
 * between model checkpoints are paired.
 *
 * <p>An example of stratum h is sampled iff u(id) &lt; rate_h. Any client can apply a plan: it
 * needs the label, the reference score and the segment of an example, and {@link InclusionHash}.
 * Plans travel as {@link #toMap()} (JSON-ready) or {@link #text()}; both give the same plan back,
 * and {@link #digest()} names it. Immutable and thread-safe.
 */
public final class SamplingPlan {
  /** Negatives at one rate. */
  public static final String UNIFORM = "uniform";

  /** Negatives in proportion to the square root of their influence on average precision. */
  public static final String SQRT_INFLUENCE = "sqrt_influence";

  /** Rates by Neyman's allocation for a quantity. */
  public static final String NEYMAN = "neyman";

  private static final String SCHEMA = "touchstone.sampling-plan/1";

  private final PlanDesign settings;
  private final String design;
  private final List<Stratum> strata;
  private final InclusionHash hash;
  private final Map<String, Integer> segments = new HashMap<>();

  /** By label and segment: bounds of bands, descending, and the strata they belong to. */
  private final double[][] bounds;

  private final int[][] indexes;

  private SamplingPlan(PlanDesign settings, String design, List<Stratum> strata) {
    this.settings = Objects.requireNonNull(settings, "settings");
    this.design = Objects.requireNonNull(design, "design");
    if (!List.of(UNIFORM, SQRT_INFLUENCE, NEYMAN).contains(design)) {
      throw new IllegalArgumentException(
          "design must be uniform, sqrt_influence or neyman, got " + design);
    }
    this.strata = List.copyOf(strata);
    hash = InclusionHash.of(settings.salt(), settings.seed());
    var names = new HashSet<String>();
    for (var stratum : strata) {
      if (!names.add(stratum.name())) {
        throw new IllegalArgumentException(
            "stratum names must be unique, got " + stratum.name() + " twice");
      }
      segments.computeIfAbsent(stratum.segment(), s -> segments.size());
    }
    bounds = new double[2 * segments.size()][];
    indexes = new int[2 * segments.size()][];
    for (int cell = 0; cell < bounds.length; cell++) {
      fillCell(cell);
    }
  }

  private void fillCell(int cell) {
    var members = new ArrayList<Integer>();
    for (int h = 0; h < strata.size(); h++) {
      var stratum = strata.get(h);
      if (2 * segments.get(stratum.segment()) + stratum.label() == cell) {
        members.add(h);
      }
    }
    members.sort((a, b) -> Double.compare(strata.get(b).fromScore(), strata.get(a).fromScore()));
    bounds[cell] = members.stream().mapToDouble(h -> strata.get(h).fromScore()).toArray();
    indexes[cell] = members.stream().mapToInt(h -> h).toArray();
    for (int i = 1; i < members.size(); i++) {
      if (bounds[cell][i] == bounds[cell][i - 1]) {
        throw new IllegalArgumentException(
            "strata must not overlap, but "
                + strata.get(members.get(i - 1)).name()
                + " and "
                + strata.get(members.get(i)).name()
                + " both start at "
                + bounds[cell][i]);
      }
    }
  }

  /** Rates follow from design and budget. */
  static SamplingPlan of(PlanDesign settings, String design, List<Stratum> strata) {
    return new SamplingPlan(settings, design, allocate(settings, strata));
  }

  private static List<Stratum> allocate(PlanDesign settings, List<Stratum> strata) {
    double[] rates = new double[strata.size()];
    for (int label = 0; label < 2; label++) {
      int wanted = label;
      int[] members =
          IntStream.range(0, rates.length).filter(h -> strata.get(h).label() == wanted).toArray();
      long[] populations =
          Arrays.stream(members).mapToLong(h -> strata.get(h).population()).toArray();
      double[] sizes = Arrays.stream(members).mapToDouble(h -> strata.get(h).size()).toArray();
      double[] shared =
          label == 1
              ? Allocation.proportionalToSize(populations, sizes, settings.positiveCap(), 1)
              : Allocation.proportionalToSize(
                  populations, sizes, settings.budget(), settings.floor());
      for (int i = 0; i < members.length; i++) {
        rates[members[i]] = shared[i];
      }
    }
    return withRates(strata, rates, settings.leastPerStratum());
  }

  private static List<Stratum> withRates(List<Stratum> strata, double[] rates, long least) {
    var rated = new ArrayList<Stratum>();
    for (int h = 0; h < rates.length; h++) {
      var stratum = strata.get(h);
      double floor =
          stratum.population() == 0 ? 1 : Math.min(1, (double) least / stratum.population());
      rated.add(stratum.withRate(Math.max(rates[h], floor)));
    }
    return rated;
  }

  /** How it was made. */
  public PlanDesign settings() {
    return settings;
  }

  /** {@link #UNIFORM}, {@link #SQRT_INFLUENCE} or {@link #NEYMAN}. */
  public String design() {
    return design;
  }

  /** The strata; an example's stratum code is an index into this list. */
  public List<Stratum> strata() {
    return strata;
  }

  /** The hash that decides. */
  public InclusionHash hash() {
    return hash;
  }

  /** Examples of the whole set. */
  public long population() {
    return strata.stream().mapToLong(Stratum::population).sum();
  }

  /** Examples that the sample is expected to have. */
  public double expectedSample() {
    return strata.stream().mapToDouble(Stratum::expectedSample).sum();
  }

  /** Whether average precision from this sample can be trusted: not with uniform negatives. */
  public boolean supportsAveragePrecision() {
    return !design.equals(UNIFORM)
        || strata.stream().allMatch(s -> s.label() == 1 || s.rate() == 1);
  }

  /**
   * The stratum code of an example.
   *
   * @throws IllegalArgumentException for a segment, label or score that the plan has no stratum for
   */
  public int stratumOf(int label, double referenceScore, String segment) {
    Integer index = segments.get(segment);
    if (index == null) {
      throw new IllegalArgumentException(
          "segment must be one of " + segments.keySet() + ", got " + segment);
    }
    if (label != 0 && label != 1) {
      throw new IllegalArgumentException("label must be 0 or 1, got " + label);
    }
    if (Double.isNaN(referenceScore)) {
      throw new IllegalArgumentException("reference score must be a number, got NaN");
    }
    int cell = 2 * index + label;
    double[] from = bounds[cell];
    int low = 0;
    int high = from.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (from[middle] <= referenceScore) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (low == from.length) {
      throw new IllegalArgumentException(
          "no stratum for label "
              + label
              + ", reference score "
              + referenceScore
              + ", segment '"
              + segment
              + "'");
    }
    return indexes[cell][low];
  }

  /** Whether an example of a stratum is sampled. */
  public boolean includes(long id, int stratum) {
    return hash.u(id) < strata.get(stratum).rate();
  }

  /**
   * Whether it belongs to a fraction of the sample: the first part in hash order, a random prefix
   * that grows with the fraction.
   */
  public boolean includes(long id, int stratum, double fraction) {
    return hash.u(id) < strata.get(stratum).rate() * fraction;
  }

  /** The weights 1 / rate of sampled examples with these stratum codes. */
  public double[] designWeights(int[] stratumCodes) {
    return Arrays.stream(stratumCodes).mapToDouble(h -> strata.get(h).weight()).toArray();
  }

  /**
   * The weights N_h / n_h of sampled examples: what the sample says of a stratum is scaled to its
   * known population, so that chance in the sample's size costs nothing.
   */
  public double[] postStratifiedWeights(int[] stratumCodes) {
    long[] counts = new long[strata.size()];
    for (int h : stratumCodes) {
      counts[h]++;
    }
    for (int h = 0; h < counts.length; h++) {
      if (counts[h] > strata.get(h).population()) {
        throw new IllegalArgumentException(
            "a sample cannot have more examples than the stratum: "
                + counts[h]
                + " of "
                + strata.get(h).population()
                + " (stratum "
                + strata.get(h).name()
                + ")");
      }
    }
    return Arrays.stream(stratumCodes)
        .mapToDouble(h -> (double) strata.get(h).population() / counts[h])
        .toArray();
  }

  /** The same strata for another budget of negatives; a larger one keeps what was sampled. */
  public SamplingPlan withBudget(long budget) {
    var changed =
        new PlanDesign(
            settings.salt(),
            settings.seed(),
            budget,
            settings.positiveCap(),
            settings.floor(),
            settings.leastPerStratum());
    if (design.equals(NEYMAN)) {
      return withNeyman(strata.stream().mapToDouble(Stratum::size).toArray(), budget);
    }
    return of(changed, design, strata);
  }

  /**
   * The same strata with rates that give a mean the least variance (Neyman 1934): the proposal for
   * the next run when a full report says how much each stratum varies.
   *
   * @param deviations standard deviation of the quantity in each stratum
   * @param budget expected examples of all strata together
   */
  public SamplingPlan withNeyman(double[] deviations, long budget) {
    long[] populations = strata.stream().mapToLong(Stratum::population).toArray();
    double[] rates = Allocation.neyman(populations, deviations, null, budget);
    var sized = new ArrayList<Stratum>();
    for (int h = 0; h < rates.length; h++) {
      var s = strata.get(h);
      sized.add(
          new Stratum(
              s.name(),
              s.label(),
              s.fromScore(),
              s.segment(),
              s.population(),
              deviations[h],
              s.rate()));
    }
    var changed =
        new PlanDesign(
            settings.salt(),
            settings.seed(),
            budget,
            settings.positiveCap(),
            settings.floor(),
            settings.leastPerStratum());
    return new SamplingPlan(changed, NEYMAN, withRates(sized, rates, settings.leastPerStratum()));
  }

  /** Plain maps, lists, strings and numbers: ready for any JSON writer. */
  public Map<String, Object> toMap() {
    var map = new LinkedHashMap<String, Object>();
    map.put("schema", SCHEMA);
    map.put("salt", settings.salt());
    map.put("seed", Long.toString(settings.seed())); // JSON numbers lose longs above 2^53
    map.put("design", design);
    map.put("budget", settings.budget());
    map.put("positive_cap", settings.positiveCap());
    map.put("floor", settings.floor());
    map.put("least_per_stratum", settings.leastPerStratum());
    map.put("strata", strata.stream().map(Stratum::toMap).toList());
    return map;
  }

  /** The plan of {@link #toMap()}, also after a trip through JSON. */
  public static SamplingPlan fromMap(Map<String, ?> map) {
    check(text(map, "schema"));
    var settings =
        new PlanDesign(
            text(map, "salt"),
            Long.parseLong(text(map, "seed")),
            number(map, "budget").longValue(),
            number(map, "positive_cap").longValue(),
            number(map, "floor").doubleValue(),
            number(map, "least_per_stratum").longValue());
    if (!(map.get("strata") instanceof List<?> list)) {
      throw new IllegalArgumentException("sampling plan: strata must be a list");
    }
    var strata = new ArrayList<Stratum>();
    for (var item : list) {
      if (!(item instanceof Map<?, ?> stratum)) {
        throw new IllegalArgumentException("sampling plan: a stratum must be a map, got " + item);
      }
      strata.add(
          new Stratum(
              text(stratum, "name"),
              number(stratum, "label").intValue(),
              stratum.get("from_score") == null
                  ? Double.NEGATIVE_INFINITY
                  : number(stratum, "from_score").doubleValue(),
              text(stratum, "segment"),
              number(stratum, "population").longValue(),
              number(stratum, "size").doubleValue(),
              number(stratum, "rate").doubleValue()));
    }
    return new SamplingPlan(settings, text(map, "design"), strata);
  }

  private static void check(String schema) {
    if (!schema.equals(SCHEMA)) {
      throw new IllegalArgumentException(
          "sampling plan: schema must be " + SCHEMA + ", got " + schema);
    }
  }

  private static String text(Map<?, ?> map, String key) {
    if (map.get(key) instanceof String value) {
      return value;
    }
    throw new IllegalArgumentException(
        "sampling plan: " + key + " must be a text, got " + map.get(key));
  }

  private static Number number(Map<?, ?> map, String key) {
    if (map.get(key) instanceof Number value) {
      return value;
    }
    throw new IllegalArgumentException(
        "sampling plan: " + key + " must be a number, got " + map.get(key));
  }

  /** The plan as lines of text, the same bytes on every machine; see {@link #parse}. */
  public String text() {
    var lines = new StringBuilder(SCHEMA).append('\n');
    line(lines, "salt", encode(settings.salt()));
    line(lines, "seed", Long.toString(settings.seed()));
    line(lines, "design", design);
    line(lines, "budget", Long.toString(settings.budget()));
    line(lines, "positive_cap", Long.toString(settings.positiveCap()));
    line(lines, "floor", decimal(settings.floor()));
    line(lines, "least_per_stratum", Long.toString(settings.leastPerStratum()));
    for (var s : strata) {
      line(
          lines,
          "stratum",
          encode(s.name()),
          Integer.toString(s.label()),
          decimal(s.fromScore()),
          encode(s.segment()),
          Long.toString(s.population()),
          decimal(s.size()),
          decimal(s.rate()));
    }
    return lines.toString();
  }

  private static void line(StringBuilder lines, String... words) {
    lines.append(String.join(" ", words)).append('\n');
  }

  /** Never empty and without spaces: the text goes on after a dot. */
  private static String encode(String text) {
    return "." + URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String decode(String word) {
    return URLDecoder.decode(word.substring(1), StandardCharsets.UTF_8);
  }

  /**
   * The shortest decimal that reads back as the same double (the JDK's changed between releases).
   */
  private static String decimal(double value) {
    if (Double.isInfinite(value)) {
      return "-inf";
    }
    var exact = new BigDecimal(value);
    for (int digits = 1; digits < 17; digits++) {
      var rounded = exact.round(new MathContext(digits));
      if (rounded.doubleValue() == value) {
        return rounded.stripTrailingZeros().toString();
      }
    }
    return exact.round(new MathContext(17)).stripTrailingZeros().toString();
  }

  /** The plan of {@link #text()}; other text is refused with its line. */
  public static SamplingPlan parse(String text) {
    String[] lines = text.split("\n");
    check(lines[0]);
    var fields = new HashMap<String, String>();
    var strata = new ArrayList<Stratum>();
    for (int i = 1; i < lines.length; i++) {
      String[] words = lines[i].split(" ");
      try {
        if (words[0].equals("stratum") && words.length == 8) {
          strata.add(
              new Stratum(
                  decode(words[1]),
                  Integer.parseInt(words[2]),
                  words[3].equals("-inf") ? Double.NEGATIVE_INFINITY : Double.parseDouble(words[3]),
                  decode(words[4]),
                  Long.parseLong(words[5]),
                  Double.parseDouble(words[6]),
                  Double.parseDouble(words[7])));
        } else if (words.length == 2) {
          fields.put(words[0], words[1]);
        } else {
          throw new IllegalArgumentException("a field has one value, a stratum seven");
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "sampling plan, line " + (i + 1) + ": " + e.getMessage(), e);
      }
    }
    var settings =
        new PlanDesign(
            field(fields, "salt", SamplingPlan::decode),
            field(fields, "seed", Long::parseLong),
            field(fields, "budget", Long::parseLong),
            field(fields, "positive_cap", Long::parseLong),
            field(fields, "floor", Double::parseDouble),
            field(fields, "least_per_stratum", Long::parseLong));
    return new SamplingPlan(settings, field(fields, "design", word -> word), strata);
  }

  private static <T> T field(Map<String, String> fields, String key, Function<String, T> reader) {
    String word = fields.get(key);
    if (word == null) {
      throw new IllegalArgumentException("sampling plan: " + key + " is missing");
    }
    try {
      return reader.apply(word);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("sampling plan: " + key + " cannot be " + word, e);
    }
  }

  /** 16 hexadecimal digits that name the plan: XXH64 of {@link #text()}. */
  public String digest() {
    return String.format(
        Locale.ROOT, "%016x", XxHash64.hash(text().getBytes(StandardCharsets.UTF_8), 0));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SamplingPlan that
        && that.settings.equals(settings)
        && that.design.equals(design)
        && that.strata.equals(strata);
  }

  @Override
  public int hashCode() {
    return Objects.hash(settings, design, strata);
  }

  @Override
  public String toString() {
    return text();
  }
}
