package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.metrics.compare.MultipleTests;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the shares of {@link SliceScan} found, put together: the slices in order, and for every
 * metric the p-values of all slices' differences adjusted together (Benjamini and Hochberg).
 *
 * @param slices grouping by grouping, larger ones first
 * @param section how they were chosen
 */
record SliceSection(List<Map<String, Object>> slices, Map<String, Object> section) {

  /** Reported for a slice where the question names no metrics. */
  private static final Map<Task, List<String>> USUAL =
      Map.of(
          Task.BINARY,
          usualOfBinary(),
          Task.MULTICLASS,
          List.of(
              "accuracy",
              "balanced_accuracy",
              "macro_precision",
              "macro_recall",
              "macro_f1",
              "weighted_f1",
              "mcc",
              "log_loss",
              "brier"),
          Task.MULTILABEL,
          List.of(
              "subset_accuracy",
              "hamming_loss",
              "samples_f1",
              "macro_f1",
              "micro_precision",
              "micro_recall",
              "micro_f1"),
          Task.REGRESSION,
          List.of("mse", "rmse", "mae", "bias", "r2"));

  private static List<String> usualOfBinary() {
    return List.of(
        "average_precision",
        "roc_auc",
        "log_loss",
        "brier",
        "prevalence",
        "accuracy",
        "precision",
        "recall",
        "specificity",
        "f1",
        "balanced_accuracy",
        "mcc");
  }

  /** Others differ between slices already where only the share of positives does. */
  private static final List<String> FREE_OF_PREVALENCE =
      List.of("roc_auc", "recall", "specificity", "balanced_accuracy", "youden_j");

  static boolean isWanted(Task task, Question question, String metric) {
    return (question.metrics().isEmpty() ? USUAL.get(task) : question.metrics()).contains(metric);
  }

  /**
   * @param shares results of {@link SliceScan#result}, in any order
   */
  static SliceSection of(Task task, Question.Slices asked, List<Map<String, Object>> shares) {
    List<Map<String, Object>> slices = new ArrayList<>();
    List<Map<String, Object>> groupings = new ArrayList<>();
    TreeMap<String, List<Map<String, Object>>> byGrouping = new TreeMap<>();
    shares.forEach(
        share ->
            byGrouping
                .computeIfAbsent((String) share.get("grouping"), key -> new ArrayList<>())
                .add(share));
    byGrouping.forEach(
        (grouping, parts) -> {
          List<Map<String, Object>> mine = new ArrayList<>();
          parts.forEach(part -> objects(part.get("slices")).forEach(mine::add));
          mine.sort(Comparator.comparing(slice -> ((Number) slice.get("rank")).intValue()));
          mine.forEach(slice -> slice.remove("rank"));
          slices.addAll(mine);
          Map<String, Object> fields = new LinkedHashMap<>();
          fields.put("grouping", grouping);
          fields.put("groups", parts.get(0).get("groups"));
          fields.put("left_out", parts.get(0).get("left_out"));
          fields.put(
              "too_small",
              (int) mine.stream().filter(slice -> slice.get("reason") != null).count());
          groupings.add(fields);
        });
    adjust(slices);
    Map<String, Object> section = new LinkedHashMap<>();
    section.put("groupings", groupings);
    section.put("most", asked.most());
    section.put(task == Task.BINARY ? "min_positives" : "min_rows", asked.minPositives());
    section.put("difference_to", "rest");
    section.put("p_adjustment", "benjamini_hochberg");
    if (task == Task.BINARY) {
      section.put("free_of_prevalence", FREE_OF_PREVALENCE);
    }
    return new SliceSection(slices, section);
  }

  private static void adjust(List<Map<String, Object>> slices) {
    TreeSet<String> metrics = new TreeSet<>();
    slices.forEach(slice -> metrics.addAll(SectionJson.object(slice.get("differences")).keySet()));
    for (String metric : metrics) {
      List<Map<String, Object>> tested = new ArrayList<>();
      for (Map<String, Object> slice : slices) {
        Map<String, Object> difference =
            SectionJson.object(SectionJson.object(slice.get("differences")).get(metric));
        if (difference != null) {
          difference.put("p_value_bh", null);
          if (difference.get("p_value") != null) {
            tested.add(difference);
          }
        }
      }
      double[] adjusted =
          MultipleTests.benjaminiHochberg(
              tested.stream().mapToDouble(d -> (Double) d.get("p_value")).toArray());
      for (int i = 0; i < adjusted.length; i++) {
        tested.get(i).put("p_value_bh", adjusted[i]);
      }
    }
  }

  private static List<Map<String, Object>> objects(Object list) {
    List<Map<String, Object>> objects = new ArrayList<>();
    ((List<?>) list).forEach(one -> objects.add(SectionJson.object(one)));
    return objects;
  }
}
