package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** What is known of one metric over all examples: proxies and exact values by step. */
final class MetricCurve {

  /** One value. */
  record Reading(
      long step,
      int attempt,
      double value,
      Double low,
      Double high,
      boolean complete,
      String trust) {

    static Reading of(JsonNode point) {
      return new Reading(
          point.path("step").asLong(),
          point.path("attempt").asInt(),
          point.path("value").doubleValue(),
          Text.real(point.path("ci_low")),
          Text.real(point.path("ci_high")),
          point.path("state").asText("COMPLETE").equals("COMPLETE"),
          point.path("trust").asText(""));
    }
  }

  private static final Comparator<Reading> FURTHEST =
      Comparator.comparingInt(Reading::attempt).thenComparingLong(Reading::step);

  private final TreeMap<Long, Reading> proxies = new TreeMap<>();
  private final TreeMap<Long, Reading> exact = new TreeMap<>();
  private Boolean higherIsBetter;

  /** Takes a point in; an undefined one says nothing. */
  void accept(String tier, JsonNode point) {
    if (point.path("value").isNumber()) {
      Reading reading = Reading.of(point);
      (tier.equals("full") ? exact : proxies).put(reading.step(), reading);
    }
  }

  void direction(JsonNode better) {
    higherIsBetter = better.isBoolean() ? (Boolean) better.booleanValue() : higherIsBetter;
  }

  boolean isEmpty() {
    return proxies.isEmpty() && exact.isEmpty();
  }

  /** Null without one. */
  Reading proxy() {
    return proxies.values().stream().max(FURTHEST).orElse(null);
  }

  /** Null without one. */
  Reading exact() {
    return exact.values().stream().max(FURTHEST).orElse(null);
  }

  /**
   * The best exact value, or the best proxy where there is none; of a set that is still arriving
   * only where there is nothing else, since a value on a few examples is easily the best one.
   */
  Reading best() {
    if (higherIsBetter == null) {
      return null;
    }
    Comparator<Reading> byValue = Comparator.comparingDouble(Reading::value);
    return (exact.isEmpty() ? proxies : exact)
        .values().stream()
            .max(
                Comparator.comparing(Reading::complete)
                    .thenComparing(higherIsBetter ? byValue : byValue.reversed()))
            .orElse(null);
  }

  /** Values by step: the proxies, which are the closer together, or the exact ones. */
  List<Double> trend() {
    List<Double> values = new ArrayList<>();
    (proxies.isEmpty() ? exact : proxies).values().forEach(r -> values.add(r.value()));
    return values;
  }
}
