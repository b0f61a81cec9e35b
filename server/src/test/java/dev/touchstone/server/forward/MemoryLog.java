package dev.touchstone.server.forward;

import dev.touchstone.server.view.TopicRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A log in memory, in small helpings, whose position outlives its readers. */
final class MemoryLog {

  final List<TopicRecord> records = new CopyOnWriteArrayList<>();

  /** Records up to here were delivered. */
  volatile int position;

  /** How often a reader said that it is still there. */
  volatile int signsOfLife;

  /** Set: reading fails with this. */
  volatile String error;

  private final int helping;

  MemoryLog(int helping) {
    this.helping = helping;
  }

  ResultLog open() {
    return new ResultLog() {
      private int next = position;

      @Override
      public List<TopicRecord> next(Duration wait) {
        if (error != null) {
          throw new LogException(error, null);
        }
        int end = Math.min(records.size(), next + helping);
        List<TopicRecord> some = List.copyOf(records.subList(next, end));
        next = end;
        return some;
      }

      @Override
      public void delivered() {
        position = next;
      }

      @Override
      public void keepAlive() {
        signsOfLife++;
      }

      @Override
      public long lag() {
        return records.size() - position;
      }

      @Override
      public void wakeUp() {}

      @Override
      public void close() {}
    };
  }
}
