package dev.touchstone.server.http;

import dev.touchstone.server.view.Change;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The last changes, numbered, so that each watcher reads at its own pace and one that was away can
 * go on where it was. Bounded: a watcher that falls behind by more than the capacity is told so.
 */
final class EventRing implements AutoCloseable {

  /** A change and its number; numbers go up by one from 1. */
  record Event(long number, Change change) {}

  /**
   * What a watcher gets.
   *
   * @param lost some events after the one it named are gone: it must fetch anew
   * @param last number of the newest event, for a watcher to go on from
   */
  record Batch(List<Event> events, boolean lost, long last) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Event> events = new ArrayDeque<>();
  private final int capacity;
  private long last;
  private boolean closed;

  EventRing(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("events must be at least 1, got " + capacity);
    }
    this.capacity = capacity;
  }

  void append(Change change) {
    lock.lock();
    try {
      events.addLast(new Event(++last, change));
      if (events.size() > capacity) {
        events.removeFirst();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The number of the newest event; 0 before the first. */
  long last() {
    lock.lock();
    try {
      return last;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The events after {@code number}, at most {@code max}; waits for one until {@code patience} is
   * over, and then answers with none.
   */
  Batch after(long number, int max, Duration patience) throws InterruptedException {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (last <= number && !closed && left > 0) {
        left = changed.awaitNanos(left);
      }
      long oldest = events.isEmpty() ? last + 1 : events.peekFirst().number();
      if (number > last || number < oldest - 1) {
        return new Batch(List.of(), true, last);
      }
      List<Event> found = new ArrayList<>();
      // from the newest backwards: a watcher is nearly always close to the end
      var backwards = events.descendingIterator();
      while (backwards.hasNext()) {
        Event event = backwards.next();
        if (event.number() <= number) {
          break;
        }
        found.add(event);
      }
      Collections.reverse(found);
      return new Batch(List.copyOf(found.subList(0, Math.min(max, found.size()))), false, last);
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Lets every waiting watcher go. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
