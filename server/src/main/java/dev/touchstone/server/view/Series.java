package dev.touchstone.server.view;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * One curve: the newest point of each model checkpoint and attempt, by step.
 *
 * <p>Held by columns, since there may be millions of points: about 60 bytes each ({@code
 * SeriesTest} measures it), where {@link Point} objects in a tree took 310.
 */
final class Series {

  private static final int FIRST_ROOM = 8;
  private static final int TRAIL_DIGITS = 6;

  private static final Comparator<Place> FURTHEST =
      Comparator.comparingInt(Place::attempt).thenComparingLong(Place::step);

  private final int capacity;
  private final Names names;
  private int size;
  private Place[] places = new Place[FIRST_ROOM];
  private Manner[] manners = new Manner[FIRST_ROOM];
  private long[] ts = new long[FIRST_ROOM];
  private long[] n = new long[FIRST_ROOM];
  private long[] nPos = new long[FIRST_ROOM];
  private final Numbers value = new Numbers();
  private final Numbers ciLow = new Numbers();
  private final Numbers ciHigh = new Numbers();
  private final Numbers stdError = new Numbers();
  private final Numbers effectiveN = new Numbers();
  private final List<Numbers> numbers = List.of(value, ciLow, ciHigh, stdError, effectiveN);
  // kept, not searched for: every list of runs asks every series for it
  private Place last;

  /**
   * @param names shared by the series of a run, so that they hold one copy of what they repeat
   */
  Series(int capacity, Names names) {
    this.capacity = capacity;
    this.names = names;
  }

  /**
   * Takes a point in, or leaves it where an older engine state is merely being replayed: a COMPLETE
   * value is not replaced by a PARTIAL one unless that has a higher revision.
   *
   * @return whether the series changed
   */
  boolean upsert(Point point) {
    Place place = names.canonical(Place.of(point));
    int at = find(place);
    if (at >= 0) {
      Manner old = manners[at];
      if (old.isComplete() && !point.isComplete() && point.revision() <= old.revision()) {
        return false;
      }
      if (point.equals(point(at))) {
        return false;
      }
      put(at, place, point);
      return true;
    }
    at = -at - 1;
    if (size == capacity) {
      if (at == 0) {
        return false; // the lowest step of a full series
      }
      removeFirst();
      at--;
    }
    open(at);
    put(at, place, point);
    if (last == null || FURTHEST.compare(place, last) >= 0) {
      last = place;
    }
    return true;
  }

  private void put(int at, Place place, Point point) {
    places[at] = place;
    manners[at] = names.canonical(Manner.of(point));
    ts[at] = point.ts();
    n[at] = point.n();
    nPos[at] = point.nPos();
    value.set(at, point.value(), ts.length);
    ciLow.set(at, point.ciLow(), ts.length);
    ciHigh.set(at, point.ciHigh(), ts.length);
    stdError.set(at, point.stdError(), ts.length);
    effectiveN.set(at, point.effectiveN(), ts.length);
  }

  private void open(int at) {
    if (size == ts.length) {
      // by a half: a run's curves are long, and there are thousands of them
      int room = Math.min(capacity, size + Math.max(FIRST_ROOM, size / 2));
      places = Arrays.copyOf(places, room);
      manners = Arrays.copyOf(manners, room);
      ts = Arrays.copyOf(ts, room);
      n = Arrays.copyOf(n, room);
      nPos = Arrays.copyOf(nPos, room);
      numbers.forEach(column -> column.resize(room));
    }
    shift(at, 1);
    size++;
    // what a moved row leaves behind is no value of this one
    numbers.forEach(column -> column.set(at, null, ts.length));
  }

  private void removeFirst() {
    Place gone = places[0];
    shift(1, -1);
    size--;
    places[size] = null;
    manners[size] = null;
    numbers.forEach(column -> column.set(size, null, ts.length));
    if (gone.equals(last)) {
      last = Arrays.stream(places, 0, size).max(FURTHEST).orElse(null);
    }
  }

  private void shift(int from, int by) {
    int rows = size - from;
    System.arraycopy(places, from, places, from + by, rows);
    System.arraycopy(manners, from, manners, from + by, rows);
    System.arraycopy(ts, from, ts, from + by, rows);
    System.arraycopy(n, from, n, from + by, rows);
    System.arraycopy(nPos, from, nPos, from + by, rows);
    numbers.forEach(column -> column.shift(from, by, size));
  }

  private int find(Place place) {
    // most points come at the end
    if (size > 0 && Place.ORDER.compare(places[size - 1], place) < 0) {
      return -size - 1;
    }
    return Arrays.binarySearch(places, 0, size, place, Place.ORDER);
  }

  private Point point(int i) {
    Place place = places[i];
    Manner manner = manners[i];
    return new Point(
        place.attempt(),
        place.checkpoint(),
        place.step(),
        place.epoch(),
        ts[i],
        value.get(i),
        ciLow.get(i),
        ciHigh.get(i),
        manner.ciMethod(),
        manner.level(),
        manner.target(),
        stdError.get(i),
        effectiveN.get(i),
        n[i],
        nPos[i],
        manner.state(),
        manner.trust(),
        manner.reason(),
        manner.revision());
  }

  int size() {
    return size;
  }

  List<Point> points() {
    List<Point> all = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      all.add(point(i));
    }
    return all;
  }

  boolean contains(Point point) {
    return find(Place.of(point)) >= 0;
  }

  /** The point of the newest attempt that got furthest; null when empty. */
  Point last() {
    return last == null ? null : point(find(last));
  }

  /** Where {@link #last} stands; null when empty. */
  Place lastPlace() {
    return last;
  }

  /**
   * The best defined value; null without one. Complete points are preferred: a value on the first
   * few predictions of a set is easily the best one and means nothing.
   */
  Point best(boolean higherIsBetter) {
    int best = -1;
    for (int i = 0; i < size; i++) {
      if (Double.isNaN(value.raw(i))) {
        continue;
      }
      if (best < 0 || isBetter(i, best, higherIsBetter)) {
        best = i;
      }
    }
    return best < 0 ? null : point(best);
  }

  private boolean isBetter(int i, int than, boolean higherIsBetter) {
    boolean complete = manners[i].isComplete();
    if (complete != manners[than].isComplete()) {
      return complete;
    }
    int order = Double.compare(value.raw(i), value.raw(than));
    // of equal ones the furthest
    return (higherIsBetter ? order : -order) >= 0;
  }

  /**
   * The last {@code count} defined values by step, of the newest attempt at each step; to six
   * digits, since they are drawn and not read.
   */
  List<Double> trail(int count) {
    List<Double> backwards = new ArrayList<>(count);
    long step = 0;
    for (int i = size - 1; i >= 0 && backwards.size() < count; i--) {
      boolean older = !backwards.isEmpty() && places[i].step() == step;
      if (!older && !Double.isNaN(value.raw(i))) {
        step = places[i].step();
        backwards.add(Digits.round(value.raw(i), TRAIL_DIGITS));
      }
    }
    java.util.Collections.reverse(backwards);
    return List.copyOf(backwards);
  }

  /** A copy of at most {@code max} points as columns: what {@link Thinning} keeps of them. */
  Columns columns(int max) {
    int[] kept = Thinning.keep(size, value::raw, max);
    Columns copy = new Columns(kept.length, size);
    for (int k = 0; k < kept.length; k++) {
      int i = kept[k];
      copy.places[k] = places[i];
      copy.manners[k] = manners[i];
      copy.ts[k] = ts[i];
      copy.n[k] = n[i];
      copy.value[k] = value.raw(i);
      copy.ciLow[k] = ciLow.raw(i);
      copy.ciHigh[k] = ciHigh.raw(i);
    }
    return copy;
  }
}
