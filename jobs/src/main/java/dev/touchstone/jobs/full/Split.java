package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import java.util.List;

/**
 * A part of an evaluation that one slot scans.
 *
 * @param round the computation of the report key that it belongs to
 * @param set what is evaluated
 * @param part 0-based among {@code parts}
 * @param question what is asked: the same options on every slot
 * @param range the score range of the second pass, as bytes of the math; null in the first pass and
 *     beside
 * @param aside what is analysed beside the two passes; null in them
 */
public record Split(
    String reportKey,
    long round,
    SetIdentity set,
    int part,
    int parts,
    List<Piece> pieces,
    Question question,
    byte[] range,
    Aside aside) {

  /** Stands for all splits of the first pass together. */
  static final int ALL = -1;
}
