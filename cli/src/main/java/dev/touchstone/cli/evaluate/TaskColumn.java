package dev.touchstone.cli.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoublePredicate;

/**
 * One column of a table that a task other than the binary one needs, growing while it is read:
 * numbers, or text as codes.
 */
final class TaskColumn {
  private final String role;
  private final String name;
  private final Rule rule;
  private final SliceColumn.Dictionary dictionary;
  private double[] numbers = new double[0];
  private int[] codes = new int[0];
  private boolean float32 = true;

  /**
   * Which numbers a column may hold.
   *
   * @param allows not asked for NaN, which is never allowed
   * @param words such as {@code must be a number of at least 0}
   */
  record Rule(DoublePredicate allows, String words) {
    static final Rule NUMBER = new Rule(x -> true, "must be a number");

    static Rule between(double least, double most) {
      return new Rule(
          x -> x >= least && x <= most,
          "must be a number from " + shown(least) + " to " + shown(most));
    }

    private static String shown(double bound) {
      return Long.toString((long) bound);
    }
  }

  private TaskColumn(String role, String name, Rule rule, SliceColumn.Dictionary dictionary) {
    this.role = role;
    this.name = name;
    this.rule = rule;
    this.dictionary = dictionary;
  }

  /** A column of numbers. */
  static TaskColumn numbers(String role, String name, Rule rule) {
    return new TaskColumn(role, name, rule, null);
  }

  /** A column of text; whole numbers are text without a fraction, {@code 2.0} is {@code 2}. */
  static TaskColumn text(String role, String name) {
    return new TaskColumn(role, name, null, new SliceColumn.Dictionary());
  }

  /** The column of the file. */
  String name() {
    return name;
  }

  /** How messages call it. */
  String shownAs() {
    return ColumnNames.role(role, name);
  }

  boolean isText() {
    return dictionary != null;
  }

  /** Whether every file declared the numbers float32. */
  boolean isFloat32() {
    return float32;
  }

  void declareFloat64() {
    float32 = false;
  }

  void ensure(int rows) {
    int length = isText() ? codes.length : numbers.length;
    if (rows <= length) {
      return;
    }
    int capacity =
        (int)
            Math.min(PredictionsBuilder.MAX_ROWS, Math.max(rows, Math.max(1024L, length * 3L / 2)));
    if (isText()) {
      codes = Arrays.copyOf(codes, capacity);
    } else {
      numbers = Arrays.copyOf(numbers, capacity);
    }
  }

  /** What is wrong with a number, or null. */
  String complaint(double value) {
    return !Double.isNaN(value) && rule.allows().test(value) ? null : rule.words();
  }

  void set(int row, double value) {
    numbers[row] = value;
  }

  /** Text of a row; empty text is refused by answering false. */
  boolean set(int row, String value) {
    String text = canonical(value.trim());
    codes[row] = dictionary.code(text);
    return !text.isEmpty();
  }

  /** {@code 2.0}, {@code 2} and {@code 2e0} are one name. */
  static String canonical(String text) {
    if (text.isEmpty() || !(text.contains(".") || text.contains("e") || text.contains("E"))) {
      return text;
    }
    double number = Numbers.parse(text);
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? Long.toString((long) number)
        : text;
  }

  double number(int row) {
    return numbers[row];
  }

  double[] numbers(int rows) {
    return Arrays.copyOf(numbers, rows);
  }

  int code(int row) {
    return codes[row];
  }

  /** Texts by code. */
  List<String> values() {
    return dictionary.values();
  }
}
