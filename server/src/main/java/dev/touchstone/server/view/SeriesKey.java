package dev.touchstone.server.view;

import java.util.Comparator;

/**
 * What tells one curve of a run from another.
 *
 * @param tier {@code proxy} or {@code full}
 * @param sample which sample of the set; empty: the whole set
 * @param slice empty: all examples; else {@code column=value}
 */
public record SeriesKey(
    String metric, String tier, String slice, String evaluationSet, String split, String sample)
    implements Comparable<SeriesKey> {

  private static final Comparator<SeriesKey> ORDER =
      Comparator.comparing(SeriesKey::metric)
          .thenComparing(SeriesKey::slice)
          .thenComparing(SeriesKey::evaluationSet)
          .thenComparing(SeriesKey::split)
          // last, so that what is said of the whole set stands where both are
          .thenComparing(SeriesKey::sample, Comparator.reverseOrder())
          .thenComparing(SeriesKey::tier, Comparator.reverseOrder());

  static SeriesKey of(MetricPoint p, Names names) {
    return new SeriesKey(
        names.canonical(p.metric()),
        names.canonical(p.tier()),
        names.canonical(p.slice()),
        names.canonical(p.evaluationSet()),
        names.canonical(p.split()),
        names.canonical(p.sample()));
  }

  boolean isOverall() {
    return slice.isEmpty();
  }

  boolean isProxy() {
    return "proxy".equals(tier);
  }

  @Override
  public int compareTo(SeriesKey other) {
    return ORDER.compare(this, other);
  }
}
