package dev.touchstone.server.http;

import dev.touchstone.metrics.sampling.PlanMaker;
import dev.touchstone.metrics.sampling.PlanOptions;
import dev.touchstone.metrics.sampling.PlanTask;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Examples to be planned, as columns of equal length.
 *
 * @param ids null: an example's place is its id
 * @param labels texts; null in regression
 * @param targets in regression, else null
 * @param scores reference scores, or null
 * @param segments or null
 */
record PlanRequest(
    PlanTask task,
    PlanOptions options,
    long[] ids,
    String[] labels,
    double[] targets,
    double[] scores,
    String[] segments)
    implements PlanMaker.Examples<RuntimeException> {

  static final List<String> TASKS = List.of("binary", "multiclass", "regression");
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

  PlanRequest {
    if (scores != null && task != PlanTask.BINARY) {
      throw Problem.invalid("scores", "must be given for binary labels only", task.word());
    }
    int rows = task == PlanTask.REGRESSION ? targets.length : labels.length;
    checkLength("ids", rows, ids == null ? rows : ids.length);
    checkLength("scores", rows, scores == null ? rows : scores.length);
    checkLength("segments", rows, segments == null ? rows : segments.length);
  }

  private static void checkLength(String key, int rows, int length) {
    if (length != rows) {
      throw Problem.invalid(key, "must be as many as labels (" + rows + ")", length);
    }
  }

  @Override
  public void forEach(PlanMaker.Example to) {
    int rows = task == PlanTask.REGRESSION ? targets.length : labels.length;
    for (int row = 0; row < rows; row++) {
      long id = ids == null ? row : ids[row];
      try {
        to.accept(
            id,
            task == PlanTask.REGRESSION ? null : labels[row],
            task == PlanTask.REGRESSION ? targets[row] : scores == null ? 0 : scores[row],
            segments == null ? null : segments[row]);
      } catch (IllegalArgumentException e) {
        throw Problem.of(400, "Invalid request", "row " + (row + 1) + ": " + e.getMessage());
      }
    }
  }

  static PlanOptions options(long budget, long seed, Long positivesCap) {
    return PlanOptions.of(seed, budget)
        .withPositivesCap(positivesCap == null ? PlanOptions.POSITIVES_CAP : positivesCap);
  }

  /**
   * A label as plans spell it: {@code 1.0} and {@code true} are {@code 1} where labels are binary.
   */
  static String label(PlanTask task, String text) {
    String trimmed = text.trim();
    if (task == PlanTask.BINARY) {
      if (trimmed.equalsIgnoreCase("true")) {
        return "1";
      }
      if (trimmed.equalsIgnoreCase("false")) {
        return "0";
      }
    }
    if (trimmed.matches("-?\\d{1,15}\\.0+")) {
      return trimmed.substring(0, trimmed.indexOf('.'));
    }
    return trimmed;
  }

  /** A number as text, finite or not at all. */
  static double number(String key, int row, String text) {
    String trimmed = text.trim();
    double value = DECIMAL.matcher(trimmed).matches() ? Double.parseDouble(trimmed) : Double.NaN;
    if (!Double.isFinite(value)) {
      throw Problem.invalid(inRow(key, row), "must be a finite number", shown(text));
    }
    return value;
  }

  static long whole(String key, String text) {
    try {
      return Long.parseLong(text.trim());
    } catch (NumberFormatException e) {
      throw Problem.invalid(key, "must be a whole number of 64 bits", shown(text));
    }
  }

  static String inRow(String key, int row) {
    return key + "[" + row + "]";
  }

  static String shown(String text) {
    return '"' + text.replaceAll("\\p{Cntrl}", "�") + '"';
  }

  /** Texts of which few differ: each is kept once. */
  static final class Texts {
    private final String key;
    private final int most;
    private final Map<String, String> known = new HashMap<>();
    private String[] values = new String[1 << 10];
    private int size;

    Texts(String key, int most) {
      this.key = key;
      this.most = most;
    }

    int size() {
      return size;
    }

    void add(String text) {
      String same = known.putIfAbsent(text, text);
      if (known.size() > most) {
        throw Problem.invalid(key, "must have at most " + most + " different values", "more");
      }
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = same == null ? text : same;
    }

    String[] values() {
      return Arrays.copyOf(values, size);
    }
  }

  /** Numbers that come one by one. */
  static final class Numbers {
    private double[] values = new double[1 << 10];
    private int size;

    int size() {
      return size;
    }

    void add(double value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    double[] values() {
      return Arrays.copyOf(values, size);
    }
  }

  /** Whole numbers that come one by one. */
  static final class Wholes {
    private long[] values = new long[1 << 10];
    private int size;

    int size() {
      return size;
    }

    void add(long value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    long[] values() {
      return Arrays.copyOf(values, size);
    }
  }
}
