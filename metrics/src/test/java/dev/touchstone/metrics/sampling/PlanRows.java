package dev.touchstone.metrics.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A made evaluation set for tests of plans. */
record PlanRows(
    PlanTask task,
    long[] ids,
    int[] labels,
    double[] values,
    int[] segments,
    List<String> classNames,
    List<String> segmentNames) {

  static PlanRows of(PlanTask task, long seed, int n, double prevalence, int segments) {
    var random = new SplittableRandom(seed);
    var names = new ArrayList<String>();
    for (int s = 0; s < segments; s++) {
      names.add("s" + (segments - s));
    }
    var rows =
        new PlanRows(
            task,
            new long[n],
            new int[n],
            new double[n],
            new int[n],
            List.of("9", "10", "cat", "-3"),
            names);
    for (int i = 0; i < n; i++) {
      rows.ids[i] = i * 0x9E3779B97F4A7C15L >> 8; // unique, of both signs, in no order
      boolean positive = random.nextDouble() < prevalence;
      double z = random.nextGaussian();
      rows.segments[i] = segments == 0 ? 0 : random.nextInt(random.nextInt(segments) + 1);
      switch (task) {
        case BINARY -> {
          rows.labels[i] = positive ? 1 : 0;
          rows.values[i] = Math.rint(1e5 / (1 + Math.exp(3 - z - (positive ? 2.5 : 0)))) / 1e5;
        }
        case MULTICLASS -> rows.labels[i] = positive ? 2 : z > 2 ? 3 : z > 0 ? 1 : 0;
        default -> rows.values[i] = positive ? 0 : Math.exp(2 * z) - 1;
      }
    }
    return rows;
  }

  int size() {
    return ids.length;
  }

  PlanSurvey survey(boolean scored) {
    var survey = PlanSurvey.of(task, scored);
    for (int i = 0; i < size(); i++) {
      survey.accept(ids[i], labels[i], values[i], segments[i]);
    }
    return survey;
  }

  PlanRule rule(boolean scored, PlanOptions options) {
    return survey(scored).plan(options, classNames, segmentNames);
  }

  String label(int row) {
    return switch (task) {
      case BINARY -> Integer.toString(labels[row]);
      case MULTICLASS -> classNames.get(labels[row]);
      default -> null;
    };
  }

  String segment(int row) {
    return segmentNames.isEmpty() ? null : segmentNames.get(segments[row]);
  }

  PlanFile file(PlanRule rule) {
    var sample = PlanSample.of(rule);
    for (int i = 0; i < size(); i++) {
      sample.accept(ids[i], rule.stratumOf(label(i), values[i], segment(i)));
    }
    return sample.file();
  }

  /** The same rows in another order, classes and segments numbered anew. */
  PlanRows shuffled(long seed) {
    var random = new SplittableRandom(seed);
    int n = size();
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    var classes = new ArrayList<String>();
    var names = new ArrayList<String>();
    var other =
        new PlanRows(task, new long[n], new int[n], new double[n], new int[n], classes, names);
    for (int i = 0; i < n; i++) {
      int row = order[i];
      other.ids[i] = ids[row];
      other.values[i] = values[row];
      other.labels[i] = task == PlanTask.MULTICLASS ? code(classes, label(row)) : labels[row];
      other.segments[i] = segmentNames.isEmpty() ? 0 : code(names, segment(row));
    }
    return other;
  }

  private static int code(List<String> names, String name) {
    if (!names.contains(name)) {
      names.add(name);
    }
    return names.indexOf(name);
  }
}
