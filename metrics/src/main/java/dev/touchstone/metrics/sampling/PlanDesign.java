package dev.touchstone.metrics.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * How to make a sampling plan from labels and, better, the scores of a reference model checkpoint
 * (the last promoted one, or the first evaluated).
 *
 * <p>Positives are all kept up to a cap. Negatives fall into bands of reference scores within which
 * sqrt(H) varies by less than a factor, H being the influence of a negative on average precision;
 * bands are sampled in proportion to sqrt(H) with a uniform floor. Without a reference negatives
 * are sampled uniformly, which is no basis for average precision at low prevalence.
 *
 * @param salt of the inclusion hash; not the one that splits training from validation
 * @param seed of the inclusion hash
 * @param budget expected negatives, at least 1
 * @param positiveCap positives kept whole up to so many, at least 1
 * @param floor uniform part of the budget, in [0, 1]
 * @param leastPerStratum every stratum gets at least so many expected examples, or all of it
 */
public record PlanDesign(
    String salt, long seed, long budget, long positiveCap, double floor, long leastPerStratum) {
  /** Within a band sqrt(H) falls by no more than this. */
  private static final double BAND_RATIO = Math.sqrt(2);

  /** The lowest band starts where the uniform floor is so many times the rest. */
  private static final double FLOOR_RULES = 50;

  private static final int MOST_SEGMENTS = 1_000;

  /** Checks the ranges above. */
  public PlanDesign {
    Objects.requireNonNull(salt, "salt");
    if (budget < 1) {
      throw new IllegalArgumentException("budget must be at least 1, got " + budget);
    }
    if (positiveCap < 1) {
      throw new IllegalArgumentException("positive cap must be at least 1, got " + positiveCap);
    }
    if (!(floor >= 0 && floor <= 1)) {
      throw new IllegalArgumentException("floor must be in [0, 1], got " + floor);
    }
    if (leastPerStratum < 1) {
      throw new IllegalArgumentException(
          "least per stratum must be at least 1, got " + leastPerStratum);
    }
  }

  /** 20,000 positives, a floor of 0.3, at least 20 examples a stratum. */
  public static PlanDesign of(String salt, long seed, long budget) {
    return new PlanDesign(salt, seed, budget, 20_000, 0.3, 20);
  }

  /** The same with another cap on positives. */
  public PlanDesign withPositiveCap(long value) {
    return new PlanDesign(salt, seed, budget, value, floor, leastPerStratum);
  }

  /** The same with another floor. */
  public PlanDesign withFloor(double value) {
    return new PlanDesign(salt, seed, budget, positiveCap, value, leastPerStratum);
  }

  /** The same with another least sample of a stratum. */
  public PlanDesign withLeastPerStratum(long value) {
    return new PlanDesign(salt, seed, budget, positiveCap, floor, value);
  }

  /** A plan without a reference: label strata, uniform negatives. */
  public SamplingPlan plan(byte[] labels) {
    return plan(labels, (double[]) null, null, List.of(""));
  }

  /** A plan from reference scores. */
  public SamplingPlan plan(byte[] labels, double[] referenceScores) {
    return plan(labels, Objects.requireNonNull(referenceScores), null, List.of(""));
  }

  /** A plan from float32 reference scores. */
  public SamplingPlan plan(byte[] labels, float[] referenceScores) {
    double[] scores = new double[referenceScores.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = referenceScores[i];
    }
    return plan(labels, scores);
  }

  /**
   * A plan from labels, reference scores and segments.
   *
   * @param referenceScores or null
   * @param segmentOfRow index into {@code segments} of every row, or null for one segment
   * @param segments names, each once
   */
  public SamplingPlan plan(
      byte[] labels, double[] referenceScores, int[] segmentOfRow, List<String> segments) {
    check(labels, referenceScores, segmentOfRow, segments);
    var bands = referenceScores == null ? Bands.whole() : Bands.of(labels, referenceScores, floor);
    long[][] populations = new long[bands.count()][segments.size()];
    long[] positives = new long[segments.size()];
    for (int i = 0; i < labels.length; i++) {
      int segment = segmentOfRow == null ? 0 : segmentOfRow[i];
      if (labels[i] == 1) {
        positives[segment]++;
      } else {
        int band = referenceScores == null ? 0 : bands.of(referenceScores[i]);
        populations[band][segment]++;
      }
    }
    var strata = new ArrayList<Stratum>();
    for (int segment = 0; segment < segments.size(); segment++) {
      if (positives[segment] > 0) {
        strata.add(
            new Stratum(
                name("positive", segments.get(segment)),
                1,
                Double.NEGATIVE_INFINITY,
                segments.get(segment),
                positives[segment],
                1,
                1));
      }
    }
    for (int segment = 0; segment < segments.size(); segment++) {
      for (int band = 0; band < bands.count(); band++) {
        boolean lowest = band == bands.count() - 1;
        boolean any = Arrays.stream(populations[band]).sum() > 0;
        if (any && (populations[band][segment] > 0 || lowest)) {
          strata.add(
              new Stratum(
                  name("negative-" + band, segments.get(segment)),
                  0,
                  bands.from[band],
                  segments.get(segment),
                  populations[band][segment],
                  bands.size[band],
                  1));
        }
      }
    }
    String design = referenceScores == null ? SamplingPlan.UNIFORM : SamplingPlan.SQRT_INFLUENCE;
    return SamplingPlan.of(this, design, strata);
  }

  private static String name(String kind, String segment) {
    return segment.isEmpty() ? kind : kind + "/" + segment;
  }

  private static void check(
      byte[] labels, double[] referenceScores, int[] segmentOfRow, List<String> segments) {
    if (segmentOfRow != null && segmentOfRow.length != labels.length) {
      throw new IllegalArgumentException(
          "segments must be as many as labels (" + labels.length + "), got " + segmentOfRow.length);
    }
    if (segments.isEmpty() || segments.size() > MOST_SEGMENTS) {
      throw new IllegalArgumentException(
          "segment names must be 1 to " + MOST_SEGMENTS + ", got " + segments.size());
    }
    if (segments.stream().distinct().count() != segments.size()) {
      throw new IllegalArgumentException("segment names must be unique, got " + segments);
    }
    if (referenceScores != null && referenceScores.length != labels.length) {
      throw new IllegalArgumentException(
          "reference scores must be as many as labels ("
              + labels.length
              + "), got "
              + referenceScores.length);
    }
    for (int i = 0; i < labels.length; i++) {
      if ((labels[i] & ~1) != 0) {
        throw new IllegalArgumentException(
            "label must be 0 or 1, got " + labels[i] + " (row " + i + ")");
      }
      if (segmentOfRow != null && (segmentOfRow[i] < 0 || segmentOfRow[i] >= segments.size())) {
        throw new IllegalArgumentException(
            "segment must be in [0, "
                + (segments.size() - 1)
                + "], got "
                + segmentOfRow[i]
                + " (row "
                + i
                + ")");
      }
    }
  }

  /** Bands of reference scores, from the highest. */
  private record Bands(double[] from, double[] size) {
    static Bands whole() {
      return new Bands(new double[] {Double.NEGATIVE_INFINITY}, new double[] {1});
    }

    int count() {
      return from.length;
    }

    int of(double score) {
      int low = 0;
      int high = from.length - 1;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (from[middle] <= score) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return low;
    }

    static Bands of(byte[] labels, double[] scores, double floor) {
      var order = RowOrder.descending(scores);
      var ranks = RankInfluence.ofOwned(scores, labels, null);
      double all = 0;
      long negatives = 0;
      for (int i = 0; i < labels.length; i++) {
        if (labels[i] == 0) {
          all += Math.sqrt(ranks.weightOfNegative(i));
          negatives++;
        }
      }
      if (all == 0) {
        return whole(); // nothing known: no positive below a negative
      }
      // below this sqrt(H) the uniform floor decides the rate
      double negligible = floor == 0 ? 0 : floor / negatives * all / (1 - floor) / FLOOR_RULES;
      var from = new ArrayList<Double>();
      var size = new ArrayList<Double>();
      double top = Double.NaN;
      double sum = 0;
      long count = 0;
      double lowest = Double.NaN;
      boolean last = false;
      for (int place = 0; place < order.size(); place++) {
        int row = order.row(place);
        if (labels[row] == 1) {
          continue;
        }
        double root = Math.sqrt(ranks.weightOfNegative(row));
        // tie groups share one H, so no band splits one
        if (count > 0 && !last && (root < top / BAND_RATIO || root <= negligible)) {
          from.add(lowest);
          size.add(sum / count);
          sum = 0;
          count = 0;
        }
        if (count == 0) {
          top = root;
          last = root <= negligible;
        }
        sum += root;
        count++;
        lowest = scores[row];
      }
      from.add(Double.NEGATIVE_INFINITY);
      size.add(sum / count);
      return new Bands(
          from.stream().mapToDouble(d -> d).toArray(), size.stream().mapToDouble(d -> d).toArray());
    }
  }
}
