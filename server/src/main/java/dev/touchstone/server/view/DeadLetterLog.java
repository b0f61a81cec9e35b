package dev.touchstone.server.view;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts dead letters, by source topic and by rule, and keeps the last ones. */
final class DeadLetterLog {

  // rules come out of messages: past this many, new ones count as "other"
  private static final int MAX_RULES = 100;
  // likewise of runs
  private static final int MAX_RUNS = 10_000;
  private static final String OTHER = "other";

  private final Deque<DeadLetter> last = new ArrayDeque<>();
  private final Map<String, Long> byTopic = new TreeMap<>();
  private final Map<String, Long> byRule = new HashMap<>();
  private final Map<String, Long> byRun = new HashMap<>();
  private final int capacity;
  private long total;

  DeadLetterLog(int capacity) {
    this.capacity = capacity;
  }

  void add(DeadLetter letter) {
    total++;
    last.addFirst(letter);
    if (last.size() > capacity) {
      last.removeLast();
    }
    count(byTopic, letter.topic() == null ? "unknown" : letter.topic());
    count(byRule, letter.rule());
    String run = letter.run();
    if (run != null && (byRun.containsKey(run) || byRun.size() < MAX_RUNS)) {
      byRun.merge(run, 1L, Long::sum);
    }
  }

  /** How many name that run. */
  long ofRun(String runId) {
    return byRun.getOrDefault(runId, 0L);
  }

  DeadLetterSummary summary() {
    List<DeadLetterSummary.Count> rules =
        byRule.entrySet().stream()
            .map(e -> new DeadLetterSummary.Count(e.getKey(), e.getValue()))
            .sorted(
                Comparator.comparingLong(DeadLetterSummary.Count::count)
                    .reversed()
                    .thenComparing(DeadLetterSummary.Count::rule))
            .toList();
    return new DeadLetterSummary(total, new TreeMap<>(byTopic), rules, new ArrayList<>(last));
  }

  private static void count(Map<String, Long> counts, String name) {
    boolean room = counts.containsKey(name) || counts.size() < MAX_RULES;
    counts.merge(room ? name : OTHER, 1L, Long::sum);
  }
}
