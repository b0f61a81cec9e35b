package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.Task;
import java.util.Arrays;
import java.util.List;

/**
 * Rows and the labels that a table has for them.
 *
 * @param rows the same rows in the same order, with the labels that count now
 * @param found rows that the table has labels for
 * @param missing rows without any label
 * @param positives by how much there are more of them; 0 but for binary labels
 * @param digest by how much the sum of row hashes is greater
 */
record LabelJoin(
    List<PredictionBatch> rows, long found, long missing, long positives, long digest) {

  static LabelJoin of(List<PredictionBatch> rows, LabelTable table) {
    PredictionBatch[] joined = new PredictionBatch[rows.size()];
    long found = 0;
    long missing = 0;
    long positives = 0;
    long digest = 0;
    for (int i = 0; i < joined.length; i++) {
      PredictionBatch before = rows.get(i);
      Task task = before.set().task();
      int labels = task == Task.MULTILABEL ? before.set().outputs() : 1;
      boolean lacks = before.lacksLabels();
      LabelEncoding encoding = lacks ? table.encoding() : before.labelEncoding();
      if (encoding == null) {
        missing += before.count();
        joined[i] = before;
        continue;
      }
      int width = labels * encoding.bytes();
      byte[] all =
          lacks
              ? new byte[width * before.count()]
              : Arrays.copyOf(before.labels(), width * before.count());
      PredictionBatch after = before.withLabels(encoding, all);
      for (int row = 0; row < before.count(); row++) {
        if (table.copy(RowDigest.id(before, row), all, row * width)) {
          found++;
          digest += RowDigest.row(after, row) - RowDigest.row(before, row);
          if (task == Task.BINARY) {
            positives += all[row] - (lacks ? 0 : before.labels()[row]);
          }
        } else if (lacks) {
          missing++;
        }
      }
      joined[i] = after;
    }
    return new LabelJoin(List.of(joined), found, missing, positives, digest);
  }
}
