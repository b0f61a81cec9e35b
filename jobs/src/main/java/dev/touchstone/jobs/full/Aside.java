package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetManifest;
import java.util.ArrayList;
import java.util.List;

/**
 * An analysis beside the two passes over all rows, which one slot does alone.
 *
 * @param grouping of {@link Kind#SLICES}: a column or a cross; null otherwise
 * @param share of {@link Kind#SLICES}: 0-based among {@code shares}: which of its groups
 * @param folds of {@link Kind#FOLDS}
 * @param baseline of {@link Kind#BASELINE} and, if there is one, {@link Kind#FOLDS}
 */
public record Aside(
    Kind kind,
    String grouping,
    int share,
    int shares,
    List<SetManifest> folds,
    List<SetManifest> baseline) {

  /** What is analysed. */
  public enum Kind {
    /** Some groups of a grouping. */
    SLICES,
    /** The rows, paired with a baseline's. */
    BASELINE,
    /** The rows, resampled. */
    BOOTSTRAP,
    /** Operating points chosen on one half of the rows. */
    HONEST_POINTS,
    /** Fold by fold. */
    FOLDS
  }

  private static Aside of(Kind kind, EvaluationTask task) {
    return new Aside(kind, null, 0, 1, task.folds(), task.baseline());
  }

  /** Whether a question has any. */
  static boolean isAsked(Question question) {
    return question.slices() != null
        || question.baseline() != null
        || question.bootstrap() != null
        || question.honestPoints()
        || question.allFolds();
  }

  /**
   * What is asked beside the two passes.
   *
   * @param slots among which the groups of a grouping are shared; never changes a result
   */
  static List<Aside> of(EvaluationTask task, int slots) {
    Question question = task.trigger().question();
    List<Aside> asides = new ArrayList<>();
    if (question.slices() != null) {
      int chunks = (question.slices().most() - 1) / SliceScan.GROUPS_AT_ONCE + 1;
      int shares = Math.min(slots, chunks);
      for (String grouping : question.slices().by()) {
        for (int share = 0; share < shares; share++) {
          asides.add(new Aside(Kind.SLICES, grouping, share, shares, List.of(), List.of()));
        }
      }
    }
    if (question.baseline() != null) {
      asides.add(of(Kind.BASELINE, task));
    }
    if (question.bootstrap() != null) {
      asides.add(of(Kind.BOOTSTRAP, task));
    }
    if (question.honestPoints()) {
      asides.add(of(Kind.HONEST_POINTS, task));
    }
    if (question.allFolds()) {
      asides.add(of(Kind.FOLDS, task));
    }
    return asides;
  }
}
