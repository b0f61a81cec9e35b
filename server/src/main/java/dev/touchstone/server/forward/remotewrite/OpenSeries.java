package dev.touchstone.server.forward.remotewrite;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The series that were written to lately and what each said last: a bound on how many there are,
 * and stamps that never go back.
 */
final class OpenSeries {

  /** What is to be done with a sample. */
  sealed interface Verdict {

    /** It is to be sent, at this moment. */
    record Send(long millis) implements Verdict {}

    /** It says nothing new. */
    record Known() implements Verdict {}

    /** A later value of the series was sent before. */
    record Superseded() implements Verdict {}

    /** There are too many series for one more. */
    record TooMany() implements Verdict {}
  }

  private record Last(long millis, double value) {}

  /** Values of one moment, or nearly, are told apart by moving the later one on. */
  static final long MAX_MOVE_MILLIS = 1_000;

  /** A series that said nothing for so long gives its place to a new one. */
  static final long SILENT_MILLIS = 3_600_000;

  private final int capacity;
  // the one that was silent for longest comes first
  private final Map<Series, Last> open = new LinkedHashMap<>(16, 0.75f, true);

  OpenSeries(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Takes the sample in as the last of its series if it is to be sent.
   *
   * @param mayMove whether it may be sent with a stamp a little later than its own
   */
  Verdict offer(Sample sample, boolean mayMove) {
    Last last = open.get(sample.series());
    if (last == null) {
      if (open.size() >= capacity && !dropSilent(sample.millis())) {
        return new Verdict.TooMany();
      }
      return send(sample, sample.millis());
    }
    if (sample.millis() > last.millis) {
      return send(sample, sample.millis());
    }
    if (sample.value() == last.value && last.millis - sample.millis() <= MAX_MOVE_MILLIS) {
      return new Verdict.Known();
    }
    if (mayMove && last.millis - sample.millis() < MAX_MOVE_MILLIS) {
      return send(sample, last.millis + 1);
    }
    return new Verdict.Superseded();
  }

  private Verdict send(Sample sample, long millis) {
    open.put(sample.series(), new Last(millis, sample.value()));
    return new Verdict.Send(millis);
  }

  private boolean dropSilent(long now) {
    Iterator<Last> eldest = open.values().iterator();
    if (eldest.hasNext() && now - eldest.next().millis >= SILENT_MILLIS) {
      eldest.remove();
      return true;
    }
    return false;
  }

  /** Forgets all of them: what they said last may not have been sent. */
  void clear() {
    open.clear();
  }
}
