package dev.touchstone.jobs.full;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * What the scans of one job do in this process, so that they can be told to stop from beside: a
 * message among their splits would wait behind those. Thread-safe.
 *
 * <p>A scan is stopped by interrupting its thread: reading looks at that between pages, and long
 * analyses between their rounds.
 */
final class RunningScans {

  /** Splits of rounds that were stopped longer ago are scanned for nothing, if there are any. */
  static final int REMEMBERED = 1_000;

  private static final Map<String, RunningScans> OF_JOBS = new HashMap<>();

  private final NavigableSet<Long> stopped = new TreeSet<>();
  private final Map<Thread, Long> running = new HashMap<>();
  private int users;

  /** Those of a job; each user gives them back when it closes. */
  static RunningScans use(String jobId) {
    synchronized (OF_JOBS) {
      RunningScans scans = OF_JOBS.computeIfAbsent(jobId, id -> new RunningScans());
      scans.users++;
      return scans;
    }
  }

  static void giveBack(String jobId) {
    synchronized (OF_JOBS) {
      RunningScans scans = OF_JOBS.get(jobId);
      if (scans != null && --scans.users == 0) {
        OF_JOBS.remove(jobId);
      }
    }
  }

  /** Nobody waits for that round: what runs is interrupted, what comes does not start. */
  synchronized void stop(long round) {
    stopped.add(round);
    if (stopped.size() > REMEMBERED) {
      stopped.pollFirst();
    }
    running.forEach(
        (thread, ofThread) -> {
          if (ofThread == round) {
            thread.interrupt();
          }
        });
  }

  synchronized List<Long> stopped() {
    return new ArrayList<>(stopped);
  }

  synchronized boolean isStopped(long round) {
    return stopped.contains(round);
  }

  synchronized boolean isIdle() {
    return running.isEmpty();
  }

  /** The calling thread works on the round from now on; false: it was stopped. */
  synchronized boolean begin(long round) {
    if (stopped.contains(round)) {
      return false;
    }
    running.put(Thread.currentThread(), round);
    return true;
  }

  /** The calling thread has ended its work; an interrupt that was meant for it is taken back. */
  synchronized void end() {
    Long round = running.remove(Thread.currentThread());
    if (round != null && stopped.contains(round)) {
      Thread.interrupted();
    }
  }
}
