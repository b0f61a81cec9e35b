package dev.touchstone.metrics.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Which examples of an evaluation set are sampled, as a rule that any client can apply: strata by
 * label, band and segment, each with its rate, and the hash that decides.
 *
 * <p>An example of stratum h is sampled iff u(id) &lt; rate_h ({@link InclusionHash}). Its stratum
 * is the one of its label and segment with the highest {@code from} that is at most its value: the
 * reference score in binary plans, the target in regression; multiclass plans, and binary ones
 * without a reference, have one band. Immutable and thread-safe.
 */
public final class PlanRule {
  /** What a stratum code of one byte can tell apart. */
  public static final int MOST_STRATA = 256;

  private final PlanTask task;
  private final String design;
  private final PlanOptions options;
  private final List<PlanStratum> strata;
  private final InclusionHash hash;
  private final Map<String, Integer> labels = new HashMap<>();
  private final Map<String, Integer> segments = new HashMap<>();
  private final double[] rates;

  /** By label and segment: bounds of bands, descending, and the strata they belong to. */
  private final double[][] bounds;

  private final int[][] codes;

  PlanRule(PlanTask task, String design, PlanOptions options, List<PlanStratum> strata) {
    this.task = Objects.requireNonNull(task, "task");
    this.design = Objects.requireNonNull(design, "design");
    PlanStratum.checkText("design", design, 1);
    this.options = Objects.requireNonNull(options, "options");
    this.strata = List.copyOf(strata);
    if (strata.isEmpty() || strata.size() > MOST_STRATA) {
      throw new IllegalArgumentException(
          "strata must be 1 to " + MOST_STRATA + ", got " + strata.size());
    }
    hash = InclusionHash.of(options.salt(), options.seed());
    rates = strata.stream().mapToDouble(PlanStratum::rate).toArray();
    var names = new HashSet<String>();
    for (var stratum : strata) {
      if (!names.add(stratum.name())) {
        throw new IllegalArgumentException(
            "stratum names must be unique, got " + stratum.name() + " twice");
      }
      if ((stratum.label() == null) != (task == PlanTask.REGRESSION)) {
        throw new IllegalArgumentException(
            "label must be a text, and null in regression, got "
                + stratum.label()
                + " (stratum "
                + stratum.name()
                + ")");
      }
      if ((stratum.segment() == null) != (strata.get(0).segment() == null)) {
        throw new IllegalArgumentException(
            "segments must be given for all strata or none, not so for " + stratum.name());
      }
      labels.computeIfAbsent(text(stratum.label()), s -> labels.size());
      segments.computeIfAbsent(text(stratum.segment()), s -> segments.size());
    }
    bounds = new double[labels.size() * segments.size()][];
    codes = new int[bounds.length][];
    for (int cell = 0; cell < bounds.length; cell++) {
      fill(cell);
    }
  }

  private static String text(String maybe) {
    return maybe == null ? "" : maybe;
  }

  private void fill(int cell) {
    var members = new ArrayList<Integer>();
    for (int h = 0; h < strata.size(); h++) {
      var stratum = strata.get(h);
      int own =
          labels.get(text(stratum.label())) * segments.size()
              + segments.get(text(stratum.segment()));
      if (own == cell) {
        members.add(h);
      }
    }
    members.sort((a, b) -> Double.compare(strata.get(b).from(), strata.get(a).from()));
    bounds[cell] = members.stream().mapToDouble(h -> strata.get(h).from()).toArray();
    codes[cell] = members.stream().mapToInt(h -> h).toArray();
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

  /** What the labels are. */
  public PlanTask task() {
    return task;
  }

  /** How rates were found: {@code uniform}, {@code sqrt_influence}, {@code balanced} … */
  public String design() {
    return design;
  }

  /** What was asked for. */
  public PlanOptions options() {
    return options;
  }

  /** The strata; an example's stratum code is an index into this list. */
  public List<PlanStratum> strata() {
    return strata;
  }

  /** The hash that decides. */
  public InclusionHash hash() {
    return hash;
  }

  /** Whether examples are told apart by segment. */
  public boolean isSegmented() {
    return strata.get(0).segment() != null;
  }

  /** Examples of the whole set. */
  public long population() {
    return strata.stream().mapToLong(PlanStratum::population).sum();
  }

  /** Examples that the sample is expected to have. */
  public double expectedSample() {
    return strata.stream().mapToDouble(PlanStratum::expectedSample).sum();
  }

  /** A number for a label's text, for {@link #stratumOf(int, double, int)}; -1 if unknown. */
  public int labelCode(String label) {
    return labels.getOrDefault(text(label), -1);
  }

  /** A number for a segment, for {@link #stratumOf(int, double, int)}; -1 if unknown. */
  public int segmentCode(String segment) {
    return segments.getOrDefault(text(segment), -1);
  }

  /**
   * The stratum code of an example, by codes of label and segment; -1 when there is none for it.
   *
   * @param value the reference score or the target; anything but NaN where there is one band
   */
  public int stratumOf(int labelCode, double value, int segmentCode) {
    if (labelCode < 0 || segmentCode < 0) {
      return -1;
    }
    int cell = labelCode * segments.size() + segmentCode;
    double[] from = bounds[cell];
    int low = 0;
    int high = from.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (from[middle] <= value) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low == from.length ? -1 : codes[cell][low];
  }

  /**
   * The stratum code of an example.
   *
   * @param label its text; null in regression
   * @param value the reference score or the target; anything but NaN where there is one band
   * @param segment null without segments
   * @throws IllegalArgumentException for an example that the plan has no stratum for
   */
  public int stratumOf(String label, double value, String segment) {
    if (Double.isNaN(value)) {
      throw new IllegalArgumentException("value must be a number, got NaN");
    }
    int h = stratumOf(labelCode(label), value, segmentCode(segment));
    if (h < 0) {
      throw new IllegalArgumentException(
          "no stratum for label " + label + ", value " + value + ", segment " + segment);
    }
    return h;
  }

  /** Whether an example of a stratum is sampled. */
  public boolean includes(long id, int stratum) {
    return hash.u(id) < rates[stratum];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PlanRule that
        && that.task == task
        && that.design.equals(design)
        && that.options.equals(options)
        && that.strata.equals(strata);
  }

  @Override
  public int hashCode() {
    return Objects.hash(task, design, options, strata);
  }

  @Override
  public String toString() {
    return "PlanRule" + Arrays.asList(task, design, options, strata);
  }
}
