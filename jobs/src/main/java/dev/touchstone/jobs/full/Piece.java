package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetManifest;
import java.util.ArrayList;
import java.util.List;

/** A segment of a prediction set. The sets of several folds are scanned as one. */
public record Piece(String setKey, Segment segment) {

  /** All segments of some sets, set by set. */
  static List<Piece> of(List<SetManifest> sets) {
    List<Piece> pieces = new ArrayList<>();
    for (SetManifest set : sets) {
      set.segments().forEach(segment -> pieces.add(new Piece(set.setKey(), segment)));
    }
    return pieces;
  }
}
