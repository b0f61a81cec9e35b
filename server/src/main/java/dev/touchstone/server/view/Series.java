package dev.touchstone.server.view;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** One curve: the newest point of each model checkpoint and attempt, by step. */
final class Series {

  private static final Comparator<Point> FURTHEST =
      Comparator.comparingInt(Point::attempt).thenComparingLong(Point::step);

  private record Key(long step, int attempt, String checkpoint) implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
        Comparator.comparingLong(Key::step)
            .thenComparingInt(Key::attempt)
            .thenComparing(Key::checkpoint);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  private final TreeMap<Key, Point> points = new TreeMap<>();
  private final int capacity;
  // kept, not searched for: every list of runs asks every series for it
  private Point last;

  Series(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Takes a point in, or leaves it where an older engine state is merely being replayed: a COMPLETE
   * value is not replaced by a PARTIAL one unless that has a higher revision.
   *
   * @return whether the series changed
   */
  boolean upsert(Point point) {
    Key key = new Key(point.step(), point.attempt(), point.checkpoint());
    Point old = points.get(key);
    if (old != null
        && old.isComplete()
        && !point.isComplete()
        && point.revision() <= old.revision()) {
      return false;
    }
    points.put(key, point);
    if (last == null || FURTHEST.compare(point, last) >= 0) {
      last = point;
    }
    if (points.size() > capacity && points.pollFirstEntry().getValue() == last) {
      last = points.values().stream().max(FURTHEST).orElse(null);
    }
    return !point.equals(old);
  }

  int size() {
    return points.size();
  }

  List<Point> points() {
    return new ArrayList<>(points.values());
  }

  boolean contains(Point point) {
    return points.containsKey(new Key(point.step(), point.attempt(), point.checkpoint()));
  }

  /** The point of the newest attempt that got furthest; null when empty. */
  Point last() {
    return last;
  }

  /**
   * The best defined value; null without one. Complete points are preferred: a value on the first
   * few predictions of a set is easily the best one and means nothing.
   */
  Point best(boolean higherIsBetter) {
    Comparator<Point> byValue = Comparator.comparingDouble(Point::value);
    return points.values().stream()
        .filter(p -> p.value() != null)
        .max(
            Comparator.comparing(Point::isComplete)
                .thenComparing(higherIsBetter ? byValue : byValue.reversed()))
        .orElse(null);
  }

  /** The last {@code count} defined values by step, of the newest attempt at each step. */
  List<Double> trail(int count) {
    TreeMap<Long, Double> byStep = new TreeMap<>();
    points.values().stream()
        .filter(p -> p.value() != null)
        .forEach(p -> byStep.put(p.step(), p.value()));
    List<Double> all = new ArrayList<>(byStep.values());
    return List.copyOf(all.subList(Math.max(0, all.size() - count), all.size()));
  }
}
