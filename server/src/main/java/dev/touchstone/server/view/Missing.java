package dev.touchstone.server.view;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Says of a request that waits for predictions what there is instead: its names may be wrong. */
final class Missing {

  static final String NOTHING = "no predictions of this checkpoint have arrived";

  private static final int NAMES = 5;

  private final Map<String, RunState> runs;
  private final Map<String, SetManifest> sets;

  Missing(Map<String, RunState> runs, Map<String, SetManifest> sets) {
    this.runs = runs;
    this.sets = sets;
  }

  String inWords(Evaluation waiting) {
    EvaluationRequest request = waiting.request();
    if (request == null) {
      return NOTHING; // the trainer announced it: its predictions are on their way
    }
    String end =
        request.deadlineSeconds() == null
            ? ""
            : "; waiting until "
                + Instant.ofEpochMilli(request.emittedAt()).plusSeconds(request.deadlineSeconds());
    return exists(waiting.runId(), waiting.checkpoint(), request.allFolds()) + end;
  }

  private String exists(String runId, String checkpointId, boolean allFolds) {
    RunState run = runs.get(runId);
    CheckpointState asked = run == null ? null : run.checkpoints.get(checkpointId);
    if (asked != null && hasPredictions(asked)) {
      return (allFolds ? "waits for all folds" : "no predictions have arrived that were asked for")
          + "; this checkpoint has "
          + described(asked);
    }
    Deque<String> last = new ArrayDeque<>();
    if (run != null) {
      int others = collect(run.checkpoints.values(), last);
      if (others > 0) {
        String more = others > last.size() ? " and " + (others - last.size()) + " before" : "";
        return NOTHING + "; run " + runId + " has " + String.join(", ", last) + more;
      }
    }
    for (RunState other : runs.values()) {
      if (last.size() < NAMES
          && other.checkpoints.values().stream().anyMatch(this::hasPredictions)) {
        last.add(other.id);
      }
    }
    return NOTHING
        + "; run "
        + runId
        + " has none at all"
        + (last.isEmpty() ? "" : ", runs that have some: " + String.join(", ", last));
  }

  /** Keeps the last names, and counts all. */
  private int collect(Collection<CheckpointState> checkpoints, Deque<String> last) {
    int count = 0;
    for (CheckpointState checkpoint : checkpoints) {
      if (hasPredictions(checkpoint)) {
        count++;
        last.add(checkpoint.id);
        if (last.size() > NAMES) {
          last.remove();
        }
      }
    }
    return count;
  }

  private boolean hasPredictions(CheckpointState checkpoint) {
    return checkpoint.setKeys.stream().anyMatch(sets::containsKey);
  }

  private String described(CheckpointState checkpoint) {
    Set<String> known = new LinkedHashSet<>();
    checkpoint.setKeys.stream()
        .map(sets::get)
        .filter(Objects::nonNull)
        .map(
            set ->
                "evaluation set "
                    + set.evaluationSet()
                    + ", split "
                    + set.split()
                    + (set.fold() == null ? "" : ", fold " + set.fold())
                    + (set.sampled() ? " (a sample)" : ""))
        .forEach(known::add);
    String some = String.join("; ", known.stream().limit(NAMES).toList());
    return known.size() > NAMES ? some + " and " + (known.size() - NAMES) + " more" : some;
  }
}
