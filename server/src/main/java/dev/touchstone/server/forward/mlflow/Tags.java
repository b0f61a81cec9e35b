package dev.touchstone.server.forward.mlflow;

import dev.touchstone.server.view.MetricPoint;
import dev.touchstone.server.view.Signal;
import dev.touchstone.server.view.Verdict;
import java.util.LinkedHashMap;
import java.util.Map;

/** What tags of a run say: the newest of each. */
final class Tags {

  private static final String PREFIX = "touchstone.";
  // what every store of MLflow takes is 5,000 bytes; a character has up to four
  private static final int MAX_VALUE = 1_250;

  private Tags() {}

  static Map<String, String> of(MetricPoint point) {
    Map<String, String> tags = new LinkedHashMap<>();
    if (!point.evaluationSet().isEmpty()) {
      tags.put(PREFIX + "evaluation_set", value(point.evaluationSet()));
    }
    if (point.model() != null) {
      tags.put(PREFIX + "model", value(point.model()));
    }
    return tags;
  }

  static Map<String, String> of(Signal signal) {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put(PREFIX + "signal", value(signal.decision()));
    tags.put(PREFIX + "signal.reason", value(signal.reason()));
    tags.put(PREFIX + "signal.step", Long.toString(signal.step()));
    return tags;
  }

  static Map<String, String> of(Verdict verdict) {
    String gate = PREFIX + "verdict" + (verdict.gate().isEmpty() ? "" : "." + gate(verdict));
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put(gate, value(verdict.outcome()));
    tags.put(gate + ".checkpoint", value(verdict.checkpoint()));
    tags.put(gate + ".reasons", value(String.join("; ", verdict.reasons())));
    return tags;
  }

  private static String gate(Verdict verdict) {
    String part = Keys.part(verdict.gate());
    // together with what stands around it within the limit of a key
    return part.length() <= 200 ? part : part.substring(0, 180) + "-" + Keys.digest(part);
  }

  static String value(String text) {
    return text == null || text.length() <= MAX_VALUE
        ? String.valueOf(text)
        : text.substring(0, MAX_VALUE - 1) + "…";
  }
}
