package dev.touchstone.cli.evaluate;

import java.nio.file.Path;
import java.util.List;

/**
 * Where the rows of a task come from, settled before anything is read: tables, or arrays.
 *
 * @param name what messages call the input
 * @param files tables; empty for arrays
 * @param formats one a table
 * @param labelColumn of tables
 * @param scoreColumn of tables
 * @param weightColumn of tables, or null
 * @param labels array of the truth, or null for tables
 * @param scores array of the predictions, or null for tables
 * @param weights array of weights, or null
 * @param foldsColumn of tables, or null
 */
record TaskInput(
    String name,
    List<Path> files,
    List<PredictionFiles.Format> formats,
    String labelColumn,
    String scoreColumn,
    String weightColumn,
    Path labels,
    Path scores,
    Path weights,
    String foldsColumn) {
  /** Every file that is read, but that of queries. */
  List<Path> all() {
    var all = new java.util.ArrayList<>(files);
    for (Path array : new Path[] {labels, scores, weights}) {
      if (array != null) {
        all.add(array);
      }
    }
    return all;
  }

  boolean isArrays() {
    return scores != null;
  }
}
