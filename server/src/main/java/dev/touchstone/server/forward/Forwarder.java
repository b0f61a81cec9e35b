package dev.touchstone.server.forward;

import dev.touchstone.server.view.TopicRecord;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings results to one destination, in a thread of its own: reads some, delivers them, remembers
 * how far it came. A home that is away is waited for; a record that can't be read or delivered is
 * counted and passed over.
 */
final class Forwarder implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

  /** Reason of a record that is not what its topic promises. */
  static final String UNREADABLE = "unreadable";

  /** Reason of a result on which the destination itself failed. */
  static final String FAILED = "failed";

  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration ALIVE = Duration.ofSeconds(1);
  private static final Duration CLOSE_GENTLY = Duration.ofSeconds(1);
  private static final Duration CLOSE = Duration.ofSeconds(3);
  private static final int MAX_REASONS = 50;
  private static final int MAX_ERROR = 500;

  private final Destination destination;
  private final ResultLog log;
  private final ResultReader reader;
  private final Clock clock;
  private final Backoff backoff;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);

  private final Map<String, Long> refused = new TreeMap<>();
  private ForwardStatus.State state = ForwardStatus.State.WORKING;
  private long delivered;
  private long lag;
  private String lastError;
  private Long lastDelivery;

  Forwarder(
      Destination destination, ResultLog log, ResultReader reader, Clock clock, Backoff backoff) {
    this.destination = destination;
    this.log = log;
    this.reader = reader;
    this.clock = clock;
    this.backoff = backoff;
    this.thread = new Thread(this::run, "forward-" + destination.name());
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  synchronized ForwardStatus status() {
    return new ForwardStatus(
        destination.name(), state, delivered, refused, lag, lastError, lastDelivery);
  }

  private void run() {
    try (destination;
        log) {
      int failures = 0;
      while (!stopping()) {
        try {
          List<TopicRecord> records = log.next(POLL);
          forward(records);
          if (!stopping() && !records.isEmpty()) {
            log.delivered();
          }
          failures = 0;
          working();
        } catch (ResultLog.LogException e) {
          failures++;
          waiting(e.getMessage());
          pause(backoff.after(failures));
        }
      }
    } catch (RuntimeException e) {
      LOG.error("forwarding to {} has ended", destination.name(), e);
      error(String.valueOf(e));
    } catch (InterruptedException e) {
      // close() asked for it
    } finally {
      stopped();
    }
  }

  private void forward(List<TopicRecord> records) throws InterruptedException {
    List<Result> results = new ArrayList<>();
    for (TopicRecord record : records) {
      read(record).ifPresent(results::add);
    }
    if (!results.isEmpty()) {
      deliver(results);
    }
  }

  private Optional<Result> read(TopicRecord record) {
    try {
      return reader.read(record);
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn("passed over by {}: {} {}", destination.name(), record.topic(), e.getMessage());
      error(record.topic() + ": " + firstLine(e));
      count(new Delivered(0, Map.of(UNREADABLE, 1)));
      return Optional.empty();
    }
  }

  /** Returns when the home has the results or has refused them, or when it is time to stop. */
  private void deliver(List<Result> results) throws InterruptedException {
    for (int failures = 1; !stopping(); failures++) {
      try {
        count(destination.deliver(results));
        return;
      } catch (HomeAwayException e) {
        waiting(e.getMessage());
        pause(backoff.after(failures));
      } catch (RuntimeException e) {
        failedOn(results, e);
        return;
      }
    }
  }

  /** A fault of the destination must cost one result, not all that come with and after it. */
  private void failedOn(List<Result> results, RuntimeException e) throws InterruptedException {
    if (results.size() > 1) {
      for (Result result : results) {
        deliver(List.of(result));
      }
      return;
    }
    LOG.error("{} failed on a result of run {}", destination.name(), results.get(0).runId(), e);
    error(e.toString());
    count(new Delivered(0, Map.of(FAILED, 1)));
  }

  private void pause(Duration wait) throws InterruptedException {
    long end = System.nanoTime() + wait.toNanos();
    long left = wait.toNanos();
    while (left > 0 && !stop.await(Math.min(left, ALIVE.toNanos()), TimeUnit.NANOSECONDS)) {
      try {
        log.keepAlive();
        noteLag();
      } catch (ResultLog.LogException e) {
        // the wait goes on; the next read says what is wrong
        LOG.debug("{}: {}", destination.name(), e.getMessage());
      }
      left = end - System.nanoTime();
    }
  }

  private boolean stopping() {
    return stop.getCount() == 0;
  }

  // ------------------------------------------------------------------ what is told of it

  private synchronized void count(Delivered result) {
    delivered += result.delivered();
    result
        .refused()
        .forEach(
            (reason, count) -> {
              boolean room = refused.containsKey(reason) || refused.size() < MAX_REASONS;
              refused.merge(room ? reason : "other", (long) count, Long::sum);
            });
    if (result.delivered() > 0) {
      lastDelivery = clock.millis();
    }
  }

  private void working() {
    noteLag();
    synchronized (this) {
      if (state != ForwardStatus.State.WORKING) {
        LOG.info("{}: working", destination.name());
        state = ForwardStatus.State.WORKING;
      }
    }
  }

  private synchronized void waiting(String why) {
    if (stopping()) {
      return;
    }
    if (state != ForwardStatus.State.WAITING) {
      LOG.warn("{}: waiting ({})", destination.name(), why);
      state = ForwardStatus.State.WAITING;
    }
    error(why);
  }

  private void noteLag() {
    long now = log.lag();
    synchronized (this) {
      lag = now;
    }
  }

  private synchronized void error(String what) {
    String text = String.valueOf(what);
    lastError = text.length() <= MAX_ERROR ? text : text.substring(0, MAX_ERROR) + "…";
  }

  private synchronized void stopped() {
    state = ForwardStatus.State.STOPPED;
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /** Asks the thread to end, and returns at once. */
  void stop() {
    stop.countDown();
    log.wakeUp();
  }

  /** Ends the thread; returns once it has ended or after a few seconds. */
  @Override
  public void close() {
    stop();
    try {
      thread.join(CLOSE_GENTLY.toMillis());
      thread.interrupt(); // it may be in the middle of an HTTP request
      thread.join(CLOSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
