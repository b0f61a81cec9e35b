package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Segment;
import java.util.List;

/**
 * A part of an evaluation that one slot scans.
 *
 * @param part 0-based among {@code parts}
 * @param question what is asked: the same options on every slot
 * @param range the score range of the second pass, as bytes of the math; null in the first pass
 */
public record Split(
    String reportKey,
    String setKey,
    int part,
    int parts,
    List<Segment> segments,
    Question question,
    byte[] range) {

  /** Stands for all splits of the first pass together. */
  static final int ALL = -1;
}
