package dev.touchstone.server.forward.mlflow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.server.forward.Result;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.MetricPoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What some results of one run become. */
final class RunBatch {

  final List<ObjectNode> metrics = new ArrayList<>();
  final Map<String, String> tags = new LinkedHashMap<>();
  final List<Result.ReportResult> reports = new ArrayList<>();

  /** Results that became tags alone. */
  int told;

  /** When the earliest of them was said. */
  long since = Long.MAX_VALUE;

  /** Takes note of a result that is to be added. */
  RunBatch saidAt(long millis) {
    since = Math.min(since, millis);
    return this;
  }

  void add(MetricPoint point) {
    ObjectNode metric = Json.MAPPER.createObjectNode();
    metric.put("key", Keys.metric(point));
    metric.put("value", point.value());
    metric.put("timestamp", point.ts());
    metric.put("step", point.step());
    metrics.add(metric);
    tags.putAll(Tags.of(point));
  }

  void tell(Map<String, String> news) {
    tags.putAll(news);
    told++;
  }

  /** How many results these are. */
  int size() {
    return metrics.size() + told + reports.size();
  }
}
