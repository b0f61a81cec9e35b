package dev.touchstone.metrics.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The first reading of an evaluation set: how many examples of which label, reference score (or
 * target) and segment there are, and the plan that follows. {@link PlanSample} is the second.
 *
 * <p>The plan depends on the counts alone, not on the order of rows. Memory: about 40 bytes a
 * distinct score at a resolution of 2^-16 of it, and 8 bytes an example while ids are checked for
 * doubles (none where they count up one by one). Not thread-safe.
 *
 * <ul>
 *   <li>Binary: all positives up to the cap, and no more than half of the budget while there are
 *       negatives for the other half; negatives by bands of reference scores in proportion to the
 *       square root of their influence on average precision, with an even floor (methods 3.2).
 *       Without reference scores negatives are sampled evenly.
 *   <li>Multiclass: the same number of every class, rare ones whole, with an even floor.
 *   <li>Regression: ten bands of the target with about equally many examples, sampled in proportion
 *       to the standard deviation of the target in the band, with an even floor.
 * </ul>
 *
 * <p>Rates never fall when the budget grows, so that a larger plan of the same seed keeps what a
 * smaller one sampled.
 */
public final class PlanSurvey {
  private static final int TARGET_BANDS = 10;

  private final PlanTask task;
  private final boolean scored;
  private final ValueCounts counts = new ValueCounts();
  private final UniqueIds ids = new UniqueIds();
  private long[][] classes = new long[0][];
  private long rows;
  private double lowest = Double.POSITIVE_INFINITY;
  private double highest = Double.NEGATIVE_INFINITY;

  private PlanSurvey(PlanTask task, boolean scored) {
    this.task = task;
    this.scored = scored;
    if (scored && task != PlanTask.BINARY) {
      throw new IllegalArgumentException(
          "reference scores are for binary labels, got them for " + task.word());
    }
  }

  /**
   * Nothing yet.
   *
   * @param scored whether examples come with reference scores; only for binary labels
   */
  public static PlanSurvey of(PlanTask task, boolean scored) {
    return new PlanSurvey(task, scored);
  }

  /**
   * One example.
   *
   * @param label 0 or 1; a class as a number from 0; anything in regression
   * @param value the reference score (anything without), or the target
   * @param segment a number from 0; 0 without segments
   */
  public void accept(long id, int label, double value, int segment) {
    add(label, value, segment, 1);
    ids.accept(id);
  }

  /** So many examples that are alike. */
  void add(int label, double value, int segment, long count) {
    if (segment < 0 || segment >= ValueCounts.MOST_SEGMENTS) {
      throw new IllegalArgumentException(
          "segments must be at most " + ValueCounts.MOST_SEGMENTS + ", got more");
    }
    switch (task) {
      case BINARY -> {
        if ((label & ~1) != 0) {
          throw new IllegalArgumentException("label must be 0 or 1, got " + label);
        }
        counts.add(label, scored ? number("reference score", value) : 0, segment, count);
      }
      case MULTICLASS -> {
        if (label < 0 || label >= PlanRule.MOST_STRATA) {
          throw new IllegalArgumentException(
              "classes must be at most " + PlanRule.MOST_STRATA + ", got more");
        }
        if (label >= classes.length) {
          classes = Arrays.copyOf(classes, label + 1);
        }
        if (classes[label] == null) {
          classes[label] = new long[ValueCounts.MOST_SEGMENTS];
        }
        classes[label][segment] += count;
      }
      default -> {
        if (Double.isInfinite(value)) {
          throw new IllegalArgumentException("target must be finite, got " + value);
        }
        counts.add(0, number("target", value), segment, count);
      }
    }
    rows += count;
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }

  private static double number(String name, double value) {
    if (Double.isNaN(value)) {
      throw new IllegalArgumentException(name + " must be a number, got NaN");
    }
    return value;
  }

  /** Examples so far. */
  public long rows() {
    return rows;
  }

  /**
   * The plan for these examples.
   *
   * @param classNames texts of multiclass labels by number; not asked for otherwise
   * @param segmentNames texts of segments by number; empty for no segments
   * @throws IllegalArgumentException for no examples, ids that came twice, a budget below the
   *     number of strata, or more than 256 strata
   */
  public PlanRule plan(PlanOptions options, List<String> classNames, List<String> segmentNames) {
    ids.check();
    var cells = cells(options, classNames, segmentNames);
    double least = leastRateOf(options, cells.size());
    double[] floors =
        cells.stream().mapToDouble(cell -> leastRate(least, cell.stratum().population())).toArray();
    double[] rates = new double[floors.length];
    if (task == PlanTask.BINARY) {
      binaryRates(options, cells, floors, rates);
    } else {
      int[] all = IntStream.range(0, rates.length).toArray();
      share(cells, all, floors, options.floor(), options.budget(), rates);
    }
    return rule(design(cells), options, cells, rates);
  }

  /**
   * The plan whose average precision has the least variance that a sample of this budget can give
   * (Neyman 1934): rates in proportion to the root mean square influence of a stratum's examples.
   * For the next run, from the scores of a finished set; both labels are cut into bands.
   *
   * <p>No stratum gets less than {@code leastPerStratum} asks for or the same share as all,
   * whatever is less; so the variance is at most that of proportional allocation over the same
   * strata.
   */
  PlanRule neyman(PlanOptions options) {
    var all = counts.cells();
    var ranks = new RankProfile(all);
    var bands =
        List.of(
            Bands.byInfluence(all, ranks, options.floor(), PlanRule.MOST_STRATA / 2),
            Bands.byQuantile(all, 1, TARGET_BANDS));
    var cells = banded(options, all, bands, List.of());
    double[] squares = new double[cells.size()];
    var places = places(cells, bands, 1);
    for (int i = 0; i < all.size(); i++) {
      for (int label = 0; label < 2; label++) {
        long count = all.count(label, i);
        if (count > 0) {
          double u = ranks.influence(label, i);
          squares[places[label][0][bands.get(label).of(all.bucket()[i])]] += count * u * u;
        }
      }
    }
    double even = Math.min(1, (double) options.budget() / rows);
    double least = leastRateOf(options, cells.size());
    double[] floors = new double[squares.length];
    double[] sizes = new double[squares.length];
    for (int h = 0; h < floors.length; h++) {
      long population = cells.get(h).stratum().population();
      floors[h] = Math.max(PlanStratum.LEAST_RATE, Math.min(even, leastRate(least, population)));
      sizes[h] = Math.sqrt(squares[h] / population);
    }
    double[] rates = Allocation.atLeast(populations(cells), sizes, floors, options.budget());
    return rule(SamplingPlan.NEYMAN, options, cells, rates);
  }

  /**
   * What a plan of these examples is worth: standard errors of average precision, ROC AUC and (of
   * reference scores in [0, 1]) log loss if the reference model were evaluated on the sample,
   * beside those of an even sample of the same size. Linearised; empty unless there are reference
   * scores and both labels.
   */
  public List<ExpectedError> expectedErrors(PlanRule rule, List<String> segmentNames) {
    var worth = worth(rule, segmentNames);
    return worth == null ? List.of() : worth.errors(lowest >= 0 && highest <= 1);
  }

  /**
   * By stratum, the share of all influence on average precision (sum of absolute values) that its
   * examples have under the reference; empty unless there are reference scores and both labels.
   */
  public double[] influenceShares(PlanRule rule, List<String> segmentNames) {
    var worth = worth(rule, segmentNames);
    return worth == null ? new double[0] : worth.influenceShares();
  }

  private PlanWorth worth(PlanRule rule, List<String> segmentNames) {
    var all = counts.cells();
    var ranks = new RankProfile(all);
    return scored && ranks.positives > 0 && ranks.negatives > 0
        ? new PlanWorth(rule, segmentNames, all, ranks)
        : null;
  }

  // ---- strata

  /** A stratum to be, and how much one of its examples matters. */
  private record Cell(PlanStratum stratum, int label, int segment, int band, double size) {}

  private List<Cell> cells(
      PlanOptions options, List<String> classNames, List<String> segmentNames) {
    if (rows == 0) {
      throw new IllegalArgumentException("examples must be at least one, got none");
    }
    int segments = Math.max(1, segmentNames.size());
    segmentNames.forEach(name -> PlanStratum.checkText("segment", name, 0));
    if (task == PlanTask.MULTICLASS) {
      return checked(options, ofClasses(classNames, segmentNames));
    }
    var all = counts.cells();
    List<Bands> bands;
    if (task == PlanTask.REGRESSION) {
      int most = Math.min(TARGET_BANDS, PlanRule.MOST_STRATA / segments);
      bands = List.of(Bands.byQuantile(all, 0, most), Bands.one());
    } else {
      int most = PlanRule.MOST_STRATA / segments - 1;
      bands =
          List.of(Bands.byInfluence(all, new RankProfile(all), options.floor(), most), Bands.one());
    }
    return banded(options, all, bands, segmentNames);
  }

  /** Strata of labels 0 and 1, positives first, bands of each from the highest. */
  private List<Cell> banded(
      PlanOptions options, ValueCounts.Cells all, List<Bands> bands, List<String> segmentNames) {
    int segments = Math.max(1, segmentNames.size());
    long[][][] populations = new long[2][segments][];
    for (int label = 0; label < 2; label++) {
      for (int s = 0; s < segments; s++) {
        populations[label][s] = new long[bands.get(label).count()];
      }
      for (int i = 0; i < all.size(); i++) {
        populations[label][all.segment()[i]][bands.get(label).of(all.bucket()[i])] +=
            all.count(label, i);
      }
    }
    var cells = new ArrayList<Cell>();
    for (int label = 1; label >= 0; label--) {
      for (int s : sorted(segmentNames)) {
        int lowest = bands.get(label).count() - 1;
        while (lowest > 0 && populations[label][s][lowest] == 0) {
          lowest--;
        }
        for (int band = 0; band <= lowest; band++) {
          long population = populations[label][s][band];
          if (population > 0) {
            // the lowest band that there is takes whatever is lower
            double from = band == lowest ? Double.NEGATIVE_INFINITY : bands.get(label).lowest(band);
            String name =
                task == PlanTask.REGRESSION
                    ? "target-" + band
                    : (label == 1 ? "positive" : "negative")
                        + (label == 0 || bands.get(1).count() > 1 ? "-" + band : "");
            String text = task == PlanTask.REGRESSION ? null : Integer.toString(label);
            cells.add(
                new Cell(
                    stratum(name, text, from, s, segmentNames, population),
                    label,
                    s,
                    band,
                    bands.get(label).size()[band]));
          }
        }
      }
    }
    return checked(options, cells);
  }

  private List<Cell> ofClasses(List<String> classNames, List<String> segmentNames) {
    var cells = new ArrayList<Cell>();
    for (int c : sorted(classNames)) {
      if (c >= classes.length || classes[c] == null) {
        continue;
      }
      String name = classNames.get(c);
      PlanStratum.checkText("class", name, 1);
      long population = Arrays.stream(classes[c]).sum();
      for (int s : sorted(segmentNames)) {
        if (classes[c][s] > 0) {
          cells.add(
              new Cell(
                  stratum(
                      "class-" + name,
                      name,
                      Double.NEGATIVE_INFINITY,
                      s,
                      segmentNames,
                      classes[c][s]),
                  c,
                  s,
                  0,
                  1.0 / population));
        }
      }
    }
    return cells;
  }

  private static PlanStratum stratum(
      String name,
      String label,
      double from,
      int segment,
      List<String> segmentNames,
      long population) {
    String of = segmentNames.isEmpty() ? null : segmentNames.get(segment);
    return new PlanStratum(of == null ? name : name + "/" + of, label, from, of, population, 1);
  }

  /** Numbers of names in the order of the names: whole numbers by size, then texts. */
  private static int[] sorted(List<String> names) {
    if (names.isEmpty()) {
      return new int[1];
    }
    Comparator<String> order =
        Comparator.comparing((String name) -> !name.matches("-?\\d{1,18}"))
            .thenComparingLong(name -> name.matches("-?\\d{1,18}") ? Long.parseLong(name) : 0)
            .thenComparing(Comparator.naturalOrder());
    return IntStream.range(0, names.size())
        .boxed()
        .sorted(Comparator.comparing(names::get, order))
        .mapToInt(i -> i)
        .toArray();
  }

  private static List<Cell> checked(PlanOptions options, List<Cell> cells) {
    if (cells.size() > PlanRule.MOST_STRATA) {
      throw new IllegalArgumentException(
          "strata must be at most " + PlanRule.MOST_STRATA + ", got " + cells.size());
    }
    if (options.budget() < cells.size()) {
      throw new IllegalArgumentException(
          "budget must be at least the number of strata, "
              + cells.size()
              + ", got "
              + options.budget());
    }
    return cells;
  }

  private static int[][][] places(List<Cell> cells, List<Bands> bands, int segments) {
    int[][][] places = new int[2][segments][];
    for (int label = 0; label < 2; label++) {
      for (int s = 0; s < segments; s++) {
        places[label][s] = new int[bands.get(label).count()];
      }
    }
    for (int h = 0; h < cells.size(); h++) {
      places[cells.get(h).label()][cells.get(h).segment()][cells.get(h).band()] = h;
    }
    return places;
  }

  // ---- rates

  /** Examples that every stratum gets: at most half of the budget for all together. */
  private static double leastRateOf(PlanOptions options, int strata) {
    return Math.min(options.leastPerStratum(), options.budget() / 2.0 / strata);
  }

  private static double leastRate(double least, long population) {
    return Math.max(PlanStratum.LEAST_RATE, Math.min(1, least / population));
  }

  /**
   * Positives first, negatives what is left. Both grow with the budget: no share of the budget that
   * positives take grows faster than it.
   */
  private void binaryRates(PlanOptions options, List<Cell> cells, double[] floors, double[] rates) {
    int[] positives = of(cells, 1);
    int[] negatives = of(cells, 0);
    long p = sum(cells, positives);
    long n = sum(cells, negatives);
    long budget = options.budget();
    boolean allNegatives = budget / 2 >= n;
    double wanted = allNegatives ? budget - n : budget / 2.0;
    double rate = Math.min(1, Math.min(wanted, options.positivesCap()) / Math.max(1, p));
    double spent = 0;
    for (int h : positives) {
      rates[h] = Math.max(floors[h], rate);
      spent += rates[h] * cells.get(h).stratum().population();
    }
    if (allNegatives) {
      for (int h : negatives) {
        rates[h] = 1;
      }
    } else {
      share(cells, negatives, floors, options.floor(), budget - spent, rates);
    }
  }

  /** A budget in proportion to sizes, an even part of it excepted. */
  private static void share(
      List<Cell> cells,
      int[] members,
      double[] floors,
      double even,
      double budget,
      double[] rates) {
    var some = Arrays.stream(members).mapToObj(cells::get).toList();
    long[] populations = populations(some);
    double all = Arrays.stream(populations).sum();
    double weighed = 0;
    for (var cell : some) {
      weighed += cell.stratum().population() * cell.size();
    }
    double[] shares = new double[members.length];
    double[] least = new double[members.length];
    for (int i = 0; i < shares.length; i++) {
      double size = weighed > 0 ? some.get(i).size() / weighed : 1 / all;
      shares[i] = (1 - even) * size + even / all;
      least[i] = floors[members[i]];
    }
    double[] shared = Allocation.atLeast(populations, shares, least, Math.max(0, budget));
    for (int i = 0; i < shared.length; i++) {
      rates[members[i]] = shared[i];
    }
  }

  private static int[] of(List<Cell> cells, int label) {
    return IntStream.range(0, cells.size()).filter(h -> cells.get(h).label() == label).toArray();
  }

  private static long sum(List<Cell> cells, int[] members) {
    return Arrays.stream(members).mapToLong(h -> cells.get(h).stratum().population()).sum();
  }

  private static long[] populations(List<Cell> cells) {
    return cells.stream().mapToLong(cell -> cell.stratum().population()).toArray();
  }

  private String design(List<Cell> cells) {
    return switch (task) {
      case MULTICLASS -> "balanced_classes";
      case REGRESSION -> "target_bands";
      default ->
          cells.stream().anyMatch(cell -> cell.label() == 0 && cell.band() > 0)
              ? SamplingPlan.SQRT_INFLUENCE
              : SamplingPlan.UNIFORM;
    };
  }

  private PlanRule rule(String design, PlanOptions options, List<Cell> cells, double[] rates) {
    var strata = new ArrayList<PlanStratum>();
    for (int h = 0; h < rates.length; h++) {
      strata.add(cells.get(h).stratum().withRate(rates[h]));
    }
    return new PlanRule(task, design, options, strata);
  }
}
