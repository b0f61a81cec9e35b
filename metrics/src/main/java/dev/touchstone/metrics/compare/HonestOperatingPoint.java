package dev.touchstone.metrics.compare;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.OperatingPoint;
import dev.touchstone.metrics.sampling.InclusionHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * An operating point whose figures were not used to choose it: the threshold is chosen on one half
 * of the examples and reported on the other. Chosen and reported on the same rows, the best of many
 * thresholds looks better than it is, most of all with few positives.
 *
 * @param chosen the operating point on the choosing half, or the reason why there is none
 * @param chosenValue the metric that it is named after, on the choosing half: optimistic
 * @param reported the report on the other half with the chosen threshold as its decision threshold;
 *     null exactly when {@code chosen} has a reason
 */
public record HonestOperatingPoint(
    OperatingPoint chosen, MetricValue chosenValue, BinaryReport reported) {
  /** The salt of the halves; not to be used for anything else. */
  public static final String SALT = "touchstone.operating-point";

  /** Holds "no report iff a reason". */
  public HonestOperatingPoint {
    Objects.requireNonNull(chosen, "chosen");
    Objects.requireNonNull(chosenValue, "chosenValue");
    if ((reported == null) != (chosen.reason() != null)) {
      throw new IllegalArgumentException("there is a report exactly when a threshold was chosen");
    }
  }

  /** Chooses on the examples with u(id) below 1/2 under {@link #SALT}, reports on the others. */
  public static HonestOperatingPoint of(ScoredRows rows, String name, BinaryOptions options) {
    return of(rows, name, options, InclusionHash.of(SALT, 0));
  }

  /**
   * Chooses on the examples with u(id) below 1/2, reports on the others.
   *
   * @param name of an operating point that a report with these options has, such as {@code max_f1}
   *     or {@code recall_at_precision_0.9}
   * @param options their questions say which operating points there are
   * @param halves the hash that splits the examples, with a salt of its own
   */
  public static HonestOperatingPoint of(
      ScoredRows rows, String name, BinaryOptions options, InclusionHash halves) {
    return of(rows, List.of(name), options, halves).get(0);
  }

  /**
   * The same for several operating points, which share the choosing half's report; under {@link
   * #SALT}.
   */
  public static List<HonestOperatingPoint> of(
      ScoredRows rows, List<String> names, BinaryOptions options) {
    return of(rows, names, options, InclusionHash.of(SALT, 0));
  }

  private static List<HonestOperatingPoint> of(
      ScoredRows rows, List<String> names, BinaryOptions options, InclusionHash halves) {
    int[][] half = {new int[rows.size()], new int[rows.size()]};
    int[] size = new int[2];
    for (int i = 0; i < rows.size(); i++) {
      int side = halves.u(rows.id(i)) < 0.5 ? 0 : 1;
      half[side][size[side]++] = i;
    }
    var selection = CrossValidation.report(rows.pick(Arrays.copyOf(half[0], size[0])), options);
    var others = rows.pick(Arrays.copyOf(half[1], size[1]));
    var points = new ArrayList<HonestOperatingPoint>();
    for (String name : names) {
      var chosen = selection.operatingPoint(name);
      var reported =
          chosen.reason() != null
              ? null
              : CrossValidation.report(
                  others, options.withDecisionThreshold(chosen.row().threshold()));
      points.add(new HonestOperatingPoint(chosen, selection.metric(name), reported));
    }
    return points;
  }

  /** The chosen threshold; an {@link IllegalStateException} where there is none. */
  public double threshold() {
    if (reported == null) {
      throw new IllegalStateException("no threshold was chosen: " + chosen.reason());
    }
    return chosen.row().threshold();
  }

  /** A metric on the reporting half, such as {@code precision}; undefined without a threshold. */
  public MetricValue metric(String name) {
    return reported == null ? MetricValue.undefined(name, chosen.reason()) : reported.metric(name);
  }
}
