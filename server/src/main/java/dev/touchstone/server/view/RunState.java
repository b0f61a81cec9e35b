package dev.touchstone.server.view;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is known of one run. */
final class RunState {

  // a run is told to stop once in each attempt, or again while it does not obey
  private static final int MAX_STOPS = 50;

  final String id;
  final Names names = new Names();
  final TreeMap<SeriesKey, Series> series = new TreeMap<>();
  final Map<String, CheckpointState> checkpoints = new LinkedHashMap<>();
  Signal signal;
  final Deque<Signal> stops = new ArrayDeque<>();
  int attempt;
  int points;
  long firstSeen = Long.MAX_VALUE;
  long lastSeen = Long.MIN_VALUE;

  /** As it was last asked for, without its status, which time changes; null: to be made anew. */
  RunSummary summary;

  long summarySince;

  /** Whether something of it was unfinished when that was made. */
  boolean open;

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

  /** Keeps a STOP beyond the next signal: it stays where it was given in a chart. */
  void heard(Signal newest) {
    signal = newest;
    if (newest.isStop()) {
      stops.removeIf(s -> s.step() == newest.step() && s.attempt() == newest.attempt());
      stops.addLast(newest);
      if (stops.size() > MAX_STOPS) {
        stops.removeFirst();
      }
    }
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
      known = new Series(limits.pointsPerSeries(), names);
      series.put(key, known);
    }
    return known;
  }
}
