package dev.touchstone.jobs.full;

import dev.touchstone.jobs.cache.RowPage;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.metrics.shared.TaskReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Some groups of rows of a task that is done in one pass, and for each the rest of all rows: every
 * row is counted once, and a rest is the sum of what is not in the group.
 *
 * <p>Not thread-safe.
 */
final class TaskSlices {

  /** States of so many classes, 8 MiB each, as many at once as counts of the binary task. */
  private static final int MANY_CLASSES = 1024;

  private final SetIdentity set;
  private final Question question;
  private final int[] ids;
  // one a group, and last the rows of none of them
  private final List<TaskPass> passes = new ArrayList<>();
  private final int[] sizes;
  private int[][] rows;

  TaskSlices(SetIdentity set, Question question, List<SliceTally.Group> groups) {
    this.set = set;
    this.question = question;
    this.ids = groups.stream().mapToInt(SliceTally.Group::id).toArray();
    this.sizes = new int[ids.length + 1];
    this.rows = new int[ids.length + 1][0];
    for (int i = 0; i <= ids.length; i++) {
      passes.add(TaskPass.of(set, question));
    }
  }

  /** How many groups have their states in memory at a time. */
  static int groupsAtOnce(SetIdentity set) {
    return set.task() == Task.MULTICLASS && set.outputs() > MANY_CLASSES
        ? 1
        : SliceScan.GROUPS_AT_ONCE;
  }

  /**
   * Adds rows.
   *
   * @param groups of each row
   */
  void accept(RowPage page, int[] groups) {
    Arrays.fill(sizes, 0);
    if (rows[0].length < page.count()) {
      rows = new int[sizes.length][page.count()];
    }
    for (int row = 0; row < page.count(); row++) {
      int place = place(groups[row]);
      rows[place][sizes[place]++] = row;
    }
    for (int place = 0; place < sizes.length; place++) {
      if (sizes[place] > 0) {
        passes.get(place).accept(page.pick(rows[place], sizes[place]));
      }
    }
  }

  private int place(int group) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == group) {
        return i;
      }
    }
    return ids.length;
  }

  /** The report of a group's rows. */
  TaskReport group(int index) {
    return passes.get(index).report();
  }

  /** The report of all rows but that group's. */
  TaskReport rest(int index) {
    TaskPass rest = TaskPass.of(set, question);
    for (int i = 0; i < passes.size(); i++) {
      if (i != index) {
        rest.combine(passes.get(i).toBytes());
      }
    }
    return rest.report();
  }
}
