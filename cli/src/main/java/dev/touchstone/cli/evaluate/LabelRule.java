package dev.touchstone.cli.evaluate;

/** Which values of a label column are the positive class. */
public final class LabelRule {
  /** What {@link #of} answers for a value that is no label. */
  public static final byte INVALID = -1;

  private final String positive;
  private final double positiveNumber;

  private LabelRule(String positive) {
    this.positive = positive;
    this.positiveNumber = positive == null ? Double.NaN : Numbers.parse(positive);
  }

  /** 0 or 1, also written 0.0, 1.0, true or false. */
  public static LabelRule zeroOne() {
    return new LabelRule(null);
  }

  /** {@code positive} is the positive class; every other value but an empty one is negative. */
  public static LabelRule positive(String positive) {
    return new LabelRule(positive);
  }

  /** 0, 1 or {@link #INVALID}. */
  public byte of(String value) {
    if (positive != null) {
      if (value.isEmpty()) {
        return INVALID;
      }
      return (byte) (value.equals(positive) || Numbers.parse(value) == positiveNumber ? 1 : 0);
    }
    if (value.equalsIgnoreCase("true")) {
      return 1;
    }
    if (value.equalsIgnoreCase("false")) {
      return 0;
    }
    return of(Numbers.parse(value));
  }

  /** 0, 1 or {@link #INVALID}. */
  byte of(double value) {
    if (positive != null) {
      return Double.isNaN(value) ? INVALID : (byte) (value == positiveNumber ? 1 : 0);
    }
    return value == 0 ? 0 : value == 1 ? 1 : INVALID;
  }

  /** 0 or 1. */
  byte of(boolean value) {
    if (positive != null) {
      return (byte) (Boolean.toString(value).equalsIgnoreCase(positive) ? 1 : 0);
    }
    return (byte) (value ? 1 : 0);
  }

  /** The rule in words, for messages. */
  public String words() {
    return positive == null ? "must be 0 or 1" : "must not be empty";
  }

  /** The positive class as it was named, or null for 0 and 1. */
  String positiveLabel() {
    return positive;
  }
}
