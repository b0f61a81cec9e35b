package dev.touchstone.metrics.sampling;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One cell of a sampling plan: examples of one label, one band of reference scores and one segment,
 * sampled at one rate.
 *
 * @param name unique in its plan
 * @param label 0 or 1
 * @param fromScore the band holds reference scores from here up to the next band of the same label
 *     and segment; -Infinity for the lowest band
 * @param segment business segment, empty for none
 * @param population examples of the whole set in this cell, at least 0
 * @param size how much an example matters, relative to others of its label; at least 0
 * @param rate inclusion rate in (0, 1]
 */
public record Stratum(
    String name,
    int label,
    double fromScore,
    String segment,
    long population,
    double size,
    double rate) {
  /** Checks the ranges above. */
  public Stratum {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(segment, "segment");
    if (label != 0 && label != 1) {
      throw new IllegalArgumentException("label must be 0 or 1, got " + label + describe(name));
    }
    if (Double.isNaN(fromScore) || fromScore == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "from score must be a number below +Infinity, got " + fromScore + describe(name));
    }
    fromScore += 0.0; // -0.0 is 0.0
    if (population < 0) {
      throw new IllegalArgumentException(
          "population must be at least 0, got " + population + describe(name));
    }
    if (!(size >= 0 && size <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "size must be finite and at least 0, got " + size + describe(name));
    }
    if (!(rate > 0 && rate <= 1)) {
      throw new IllegalArgumentException("rate must be in (0, 1], got " + rate + describe(name));
    }
  }

  private static String describe(String name) {
    return " (stratum " + name + ")";
  }

  /** What one sampled example stands for: 1 / rate. */
  public double weight() {
    return 1 / rate;
  }

  /** How many examples the sample is expected to have here. */
  public double expectedSample() {
    return population * rate;
  }

  Stratum withRate(double value) {
    return new Stratum(name, label, fromScore, segment, population, size, value);
  }

  Map<String, Object> toMap() {
    var map = new LinkedHashMap<String, Object>();
    map.put("name", name);
    map.put("label", label);
    map.put("from_score", fromScore == Double.NEGATIVE_INFINITY ? null : fromScore);
    map.put("segment", segment);
    map.put("population", population);
    map.put("size", size);
    map.put("rate", rate);
    return map;
  }
}
