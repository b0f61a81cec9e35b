package dev.touchstone.server.view;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is known of one run. */
final class RunState {

  final String id;
  final Names names = new Names();
  final TreeMap<SeriesKey, Series> series = new TreeMap<>();
  final Map<String, CheckpointState> checkpoints = new LinkedHashMap<>();
  Signal signal;
  int attempt;
  int points;
  long firstSeen = Long.MAX_VALUE;
  long lastSeen = Long.MIN_VALUE;
  private final ViewLimits limits;

  RunState(String id, ViewLimits limits) {
    this.id = id;
    this.limits = limits;
  }

  void seenAt(long millis, int inAttempt) {
    firstSeen = Math.min(firstSeen, millis);
    lastSeen = Math.max(lastSeen, millis);
    attempt = Math.max(attempt, inAttempt);
  }

  CheckpointState checkpoint(String checkpointId) {
    CheckpointState known = checkpoints.get(checkpointId);
    if (known == null) {
      if (checkpoints.size() >= limits.checkpointsPerRun()) {
        checkpoints.remove(checkpoints.keySet().iterator().next());
      }
      known = new CheckpointState(names.canonical(checkpointId));
      checkpoints.put(known.id, known);
    }
    return known;
  }

  List<CheckpointState> checkpointsByStep() {
    return checkpoints.values().stream()
        .sorted(Comparator.<CheckpointState>comparingLong(c -> c.step).thenComparing(c -> c.id))
        .toList();
  }

  /** Null where the run has as many series as it may have and this is not one of them. */
  Series series(MetricPoint point) {
    SeriesKey key = SeriesKey.of(point, names);
    Series known = series.get(key);
    if (known == null && series.size() < limits.seriesPerRun()) {
      known = new Series(limits.pointsPerSeries());
      series.put(key, known);
    }
    return known;
  }
}
