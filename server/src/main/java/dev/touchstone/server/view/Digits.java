package dev.touchstone.server.view;

/** Values that are drawn and not read, with fewer digits: half the bytes, and quicker to pack. */
final class Digits {

  /** As many as any double has. */
  static final int ALL = 17;

  private Digits() {}

  /** The value to that many significant digits; itself where it has no more or can't be scaled. */
  static double round(double value, int digits) {
    if (digits >= ALL || value == 0 || !Double.isFinite(value)) {
      return value;
    }
    int places = digits - 1 - (int) Math.floor(Math.log10(Math.abs(value)));
    // dividing by a power of ten gives the double nearest to the decimal, multiplying need not
    double scale = Math.pow(10, Math.abs(places));
    double rounded =
        places >= 0 ? Math.rint(value * scale) / scale : Math.rint(value / scale) * scale;
    // at the ends of the range of doubles there is no such scale
    return Double.isFinite(rounded) && rounded != 0 ? rounded : value;
  }
}
