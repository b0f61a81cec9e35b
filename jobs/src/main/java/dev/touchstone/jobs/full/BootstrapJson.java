package dev.touchstone.jobs.full;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.binary.BinaryBootstrap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The section {@code bootstrap} of a report. */
public final class BootstrapJson {
  private BootstrapJson() {}

  /** Spreads by the metric's name. */
  public static Map<String, BinaryBootstrap.Spread> spreads(BinaryBootstrap.Result result) {
    var spreads = new LinkedHashMap<String, BinaryBootstrap.Spread>();
    spreads.put("average_precision", result.averagePrecision());
    spreads.put("roc_auc", result.rocAuc());
    return spreads;
  }

  /** The section. */
  public static Map<String, Object> of(
      BinaryBootstrap.Options options, BinaryBootstrap.Result result) {
    return of(options, spreads(result));
  }

  /** The section from spreads by the metric's name. */
  public static Map<String, Object> of(
      BinaryBootstrap.Options options, Map<String, BinaryBootstrap.Spread> spreads) {
    var json = new LinkedHashMap<String, Object>();
    json.put("replicates", options.replicates());
    json.put("seed", options.seed());
    json.put("level", options.level());
    json.put("stratified", options.stratified());
    spreads.forEach(
        (metric, spread) -> {
          var fields = new LinkedHashMap<String, Object>();
          boolean any = !Double.isNaN(spread.standardError());
          fields.put("used", spread.used());
          fields.put("dropped", spread.dropped());
          fields.put("standard_error", any ? spread.standardError() : null);
          fields.put("reason", any ? null : "too_few_defined_replicates");
          fields.put("percentile", json(spread.percentile()));
          fields.put("bca", json(spread.bca()));
          json.put(metric, fields);
        });
    return json;
  }

  private static Map<String, Object> json(Interval interval) {
    if (interval == null) {
      return null;
    }
    var fields = new LinkedHashMap<String, Object>();
    fields.put("ci_low", interval.low());
    fields.put("ci_high", interval.high());
    fields.put("ci_method", interval.method());
    fields.put("target", interval.target().name().toLowerCase(Locale.ROOT));
    return fields;
  }
}
