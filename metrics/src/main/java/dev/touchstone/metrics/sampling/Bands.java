package dev.touchstone.metrics.sampling;

import java.util.Arrays;

/**
 * Bands of values, from the highest; the last one goes down to -Infinity.
 *
 * @param from lowest bucket of each band
 * @param size how much an example of it matters, relative to the others
 */
record Bands(int[] from, double[] size) {
  private static final double SMOOTH = Math.sqrt(2);

  /** The lowest band starts where the even part of the budget is so many times the rest. */
  private static final double EVEN_RULES = 50;

  /** Keeps squares finite. */
  private static final double LARGEST = 1e100;

  static Bands one() {
    return new Bands(new int[] {0}, new double[] {1});
  }

  int count() {
    return from.length;
  }

  /** The lowest value of a band. */
  double lowest(int band) {
    return band == count() - 1 ? Double.NEGATIVE_INFINITY : ValueCounts.lowest(from[band]);
  }

  int of(int bucket) {
    int band = 0;
    while (band < from.length - 1 && bucket < from[band]) {
      band++;
    }
    return band;
  }

  /**
   * Bands of reference scores within which sqrt(H) of negatives falls by no more than a factor:
   * sqrt(2), or as much more as it takes to have no more bands than {@code most}.
   */
  static Bands byInfluence(ValueCounts.Cells cells, RankProfile ranks, double floor, int most) {
    double all = 0;
    for (int i = 0; i < cells.size() && most > 1; i++) {
      all += cells.zeros()[i] * Math.sqrt(ranks.weights[i]);
    }
    if (all == 0) {
      // no room for bands; or no positive below a negative, and nothing to learn from the reference
      return one();
    }
    // below this sqrt(H) the even part decides the rate
    double negligible =
        floor == 0 || floor == 1 ? 0 : floor / ranks.negatives * all / (1 - floor) / EVEN_RULES;
    double ratio = SMOOTH;
    Bands bands;
    do {
      bands = byInfluence(cells, ranks.weights, negligible, ratio);
      ratio *= SMOOTH;
    } while (bands.count() > most);
    return bands;
  }

  private static Bands byInfluence(
      ValueCounts.Cells cells, double[] weights, double negligible, double ratio) {
    int[] from = new int[cells.size() + 1];
    double[] size = new double[cells.size() + 1];
    int bands = 0;
    double top = 0;
    double sum = 0;
    long count = 0;
    boolean last = false;
    int lowest = 0;
    for (int i = 0; i < cells.size(); i = cells.next(i)) {
      long negatives = 0;
      for (int j = i; j < cells.next(i); j++) {
        negatives += cells.zeros()[j];
      }
      if (negatives == 0) {
        continue;
      }
      double root = Math.sqrt(weights[i]);
      if (count > 0 && !last && (root < top / ratio || root <= negligible)) {
        from[bands] = lowest;
        size[bands++] = sum / count;
        sum = 0;
        count = 0;
      }
      if (count == 0) {
        top = root;
        last = root <= negligible;
      }
      sum += root * negatives;
      count += negatives;
      lowest = cells.bucket()[i];
    }
    from[bands] = 0;
    size[bands++] = sum / count;
    return new Bands(Arrays.copyOf(from, bands), Arrays.copyOf(size, bands));
  }

  /**
   * Bands of about equally many examples of a label, ties never split; the size of one is the
   * standard deviation of its values.
   */
  static Bands byQuantile(ValueCounts.Cells cells, int label, int most) {
    long all = Arrays.stream(label == 0 ? cells.zeros() : cells.ones()).sum();
    int[] from = new int[most];
    double[] size = new double[most];
    int bands = 0;
    long left = all;
    double n = 0;
    double mean = 0;
    double squares = 0;
    for (int i = 0; i < cells.size() && left > 0; i = cells.next(i)) {
      long count = 0;
      for (int j = i; j < cells.next(i); j++) {
        count += cells.count(label, j);
      }
      if (count == 0) {
        continue;
      }
      double value = Math.max(-LARGEST, Math.min(LARGEST, ValueCounts.middle(cells.bucket()[i])));
      double gap = value - mean;
      squares += gap * gap * count * (n / (n + count));
      n += count;
      mean += gap * (count / n);
      // a large tie fills a band alone; the others share what is left
      if (n * (most - bands) >= left) {
        from[bands] = cells.bucket()[i];
        size[bands++] = Math.sqrt(squares / n);
        left -= (long) n;
        n = 0;
        mean = 0;
        squares = 0;
      }
    }
    if (bands == 0) {
      return one();
    }
    from[bands - 1] = 0;
    return new Bands(Arrays.copyOf(from, bands), Arrays.copyOf(size, bands));
  }
}
