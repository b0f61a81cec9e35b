package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import java.util.ArrayList;
import java.util.List;

/**
 * An analysis beside the two passes over all rows, which one slot does alone.
 *
 * @param grouping of {@link Kind#SLICES}: a column or a cross; null otherwise
 * @param share of {@link Kind#SLICES}: 0-based among {@code shares}: which of its groups
 */
public record Aside(Kind kind, String grouping, int share, int shares) {

  /** What is analysed. */
  public enum Kind {
    SLICES
  }

  /** Whether a question has any. */
  static boolean isAsked(Question question) {
    return question.slices() != null;
  }

  /**
   * What a question asks beside the two passes.
   *
   * @param slots among which the groups of a grouping are shared; never changes a result
   */
  static List<Aside> of(Question question, int slots) {
    List<Aside> asides = new ArrayList<>();
    if (question.slices() != null) {
      int chunks = (question.slices().most() - 1) / SliceScan.GROUPS_AT_ONCE + 1;
      int shares = Math.min(slots, chunks);
      for (String grouping : question.slices().by()) {
        for (int share = 0; share < shares; share++) {
          asides.add(new Aside(Kind.SLICES, grouping, share, shares));
        }
      }
    }
    return asides;
  }
}
