package dev.touchstone.server.view;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What is known of one model checkpoint of one run. */
final class CheckpointState {

  private static final long UNKNOWN_STEP = -1;

  final String id;

  /** -1 until something says it: a request does not know the step. */
  long step = UNKNOWN_STEP;

  Double epoch;
  int attempt;
  String modelDigest;
  String path;
  final Set<String> setKeys = new LinkedHashSet<>();
  final List<Evaluation> evaluations = new ArrayList<>();
  final Map<String, Verdict> verdicts = new TreeMap<>();

  CheckpointState(String id) {
    this.id = id;
  }

  /** Where a checkpoint was reached again by a restarted run, the later attempt's place counts. */
  void seenAt(int atAttempt, long atStep, Double atEpoch) {
    if (atStep >= 0 && (atAttempt >= attempt || step < 0)) {
      attempt = atAttempt;
      step = atStep;
      epoch = atEpoch == null ? epoch : atEpoch;
    }
  }

  /** Null while unknown. */
  Long stepIfKnown() {
    return step < 0 ? null : step;
  }

  /**
   * The evaluation that speaks for the checkpoint: the newest with a report; else one that is under
   * way; else the newest to end otherwise; null where nothing asked for one.
   */
  Evaluation leading() {
    return evaluations.stream()
        .max(
            Comparator.comparing(Evaluation::hasReport)
                .thenComparing(Evaluation::isPending)
                .thenComparing(e -> e.isPending() ? e.triggeredAt() : e.outcome().finishedAt()))
        .orElse(null);
  }
}
