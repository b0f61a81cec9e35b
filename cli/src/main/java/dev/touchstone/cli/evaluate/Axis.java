package dev.touchstone.cli.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Maps values to places along an axis, 0 at its start and 1 at its end.
 *
 * @param title what it shows
 * @param low value at the start
 * @param high value at the end
 * @param scale how values are spread
 * @param ticks values that are marked
 */
record Axis(String title, double low, double high, Scale scale, List<Double> ticks) {
  private static final List<Double> LOGIT_TICKS =
      List.of(1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999);

  /** How values are spread. */
  enum Scale {
    LINEAR {
      @Override
      double at(double value) {
        return value;
      }
    },
    /** Log-odds: as much room for 0.001 to 0.01 as for 0.99 to 0.999. */
    LOGIT {
      @Override
      double at(double value) {
        return Math.log(value) - Math.log1p(-value);
      }
    };

    abstract double at(double value);
  }

  /** Shares from 0 to 1. */
  static Axis unit(String title) {
    return new Axis(title, 0, 1, Scale.LINEAR, List.of(0.0, 0.2, 0.4, 0.6, 0.8, 1.0));
  }

  /** Round values from low to high. */
  static Axis linear(String title, double low, double high) {
    double step = Math.pow(10, Math.floor(Math.log10((high - low) / 2)));
    while ((high - low) / step > 6) {
      step *= (high - low) / step > 12 ? 5 : 2;
    }
    var ticks = new ArrayList<Double>();
    for (long i = (long) Math.ceil(low / step); i * step <= high; i++) {
      ticks.add(i * step);
    }
    return new Axis(title, low, high, Scale.LINEAR, ticks);
  }

  /** Probabilities between low and high, both inside (0, 1), by their log-odds. */
  static Axis logit(String title, double low, double high) {
    return new Axis(
        title,
        low,
        high,
        Scale.LOGIT,
        LOGIT_TICKS.stream().filter(tick -> tick >= low && tick <= high).toList());
  }

  /** Where a value lies; values beyond the ends lie at the ends. */
  double place(double value) {
    double clamped = Math.max(low, Math.min(high, value));
    return (scale.at(clamped) - scale.at(low)) / (scale.at(high) - scale.at(low));
  }

  /** A tick's label. */
  static String label(double tick) {
    double size = Math.abs(tick);
    if (size != 0 && size < 1e-3) {
      return String.format(Locale.ROOT, "%.0e", tick).replace("e-0", "e-");
    }
    if (size >= 1e7) {
      return String.format(Locale.ROOT, "%.1e", tick).replace("e+0", "e").replace("e+", "e");
    }
    String digits = String.format(Locale.ROOT, "%.3f", tick);
    return digits.replaceAll("0+$", "").replaceAll("\\.$", "");
  }
}
