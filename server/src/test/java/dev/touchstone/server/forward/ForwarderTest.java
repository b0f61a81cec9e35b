package dev.touchstone.server.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ForwarderTest {

  private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(42), ZoneOffset.UTC);
  private static final Backoff QUICK = new Backoff(Duration.ofMillis(1), Duration.ofMillis(4));

  private final MemoryLog log = new MemoryLog(3);
  private final Home home = new Home();
  private Forwarding forwarding;

  @AfterEach
  void close() {
    if (forwarding != null) {
      forwarding.close();
    }
  }

  /** Keeps the steps that it was told. */
  private static final class Home implements Destination {

    final List<Long> steps = new CopyOnWriteArrayList<>();
    volatile boolean away;
    volatile long tries;
    volatile long failsOn = -1;
    volatile boolean closed;

    @Override
    public String name() {
      return "home";
    }

    @Override
    public Set<Kind> kinds() {
      return Set.of(Kind.POINTS);
    }

    @Override
    public Delivered deliver(List<Result> results) throws HomeAwayException {
      tries++;
      if (away) {
        throw new HomeAwayException("nobody is at home");
      }
      List<Long> told = new ArrayList<>();
      for (Result result : results) {
        long step = ((Result.PointResult) result).point().step();
        if (step == failsOn) {
          throw new IllegalStateException("step " + step + " is too much");
        }
        told.add(step);
      }
      steps.addAll(told);
      return Delivered.all(told.size());
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private void start() {
    forwarding =
        Forwarding.start(List.of(home), Results.TOPICS, (name, topics) -> log.open(), CLOCK, QUICK);
  }

  private ForwardStatus status() {
    return forwarding.status().get(0);
  }

  private void points(int from, int to) {
    for (int step = from; step < to; step++) {
      log.records.add(Results.point("r", step, "0.5"));
    }
  }

  private static List<Long> steps(int from, int to) {
    return java.util.stream.LongStream.range(from, to).boxed().toList();
  }

  @Test
  void resultsComeInOrderAndThePositionFollows() {
    points(0, 10);
    start();
    Waiting.until("ten results", () -> status().delivered() == 10 && status().lag() == 0);

    assertThat(home.steps).isEqualTo(steps(0, 10));
    assertThat(log.position).isEqualTo(10);
    assertThat(status())
        .isEqualTo(
            new ForwardStatus("home", ForwardStatus.State.WORKING, 10, Map.of(), 0, null, 42L));
  }

  @Test
  void aHomeThatIsAwayIsWaitedForAndMissesNothing() {
    home.away = true;
    points(0, 10);
    start();
    Waiting.until("several tries and a sign of life", () -> home.tries > 5 && log.signsOfLife > 0);

    assertThat(status().state()).isEqualTo(ForwardStatus.State.WAITING);
    assertThat(status().lastError()).isEqualTo("nobody is at home");
    assertThat(status().lastDelivery()).isNull();
    assertThat(log.position).as("nothing was delivered").isZero();

    home.away = false;
    Waiting.until("ten results", () -> status().delivered() == 10);
    assertThat(home.steps).isEqualTo(steps(0, 10));
    Waiting.until("work", () -> status().state() == ForwardStatus.State.WORKING);
  }

  @Test
  void afterARestartItGoesOnWhereItWas() {
    points(0, 4);
    start();
    Waiting.until("four results", () -> log.position == 4);
    forwarding.close();
    assertThat(home.closed).isTrue();
    assertThat(status().state()).isEqualTo(ForwardStatus.State.STOPPED);

    points(4, 6);
    start();
    Waiting.until("the other two", () -> log.position == 6);
    assertThat(home.steps).isEqualTo(steps(0, 6));
  }

  @Test
  void whatWasNotDeliveredWhenItStoppedComesAfterTheRestart() {
    home.away = true;
    points(0, 2);
    start();
    Waiting.until("a try", () -> home.tries > 0);
    forwarding.close();
    assertThat(log.position).isZero();

    home.away = false;
    start();
    Waiting.until("both", () -> log.position == 2);
    assertThat(home.steps).isEqualTo(steps(0, 2));
  }

  @Test
  void aRecordThatIsNoResultIsCountedAndPassedOver() {
    points(0, 1);
    log.records.add(Results.record(Results.TOPICS.metrics(), "{\"run_id\": 1"));
    log.records.add(Results.record(Results.TOPICS.metrics(), "{\"run_id\": \"r\"}"));
    log.records.add(Results.record(Results.TOPICS.metrics(), null));
    points(1, 2);
    start();
    Waiting.until("all five", () -> log.position == 5);

    assertThat(home.steps).isEqualTo(steps(0, 2));
    assertThat(status().refused())
        .as("a tombstone is no fault")
        .isEqualTo(Map.of("unreadable", 2L));
    assertThat(status().lastError()).startsWith("touchstone.metrics: ").contains("is required");
  }

  @Test
  void aResultOnWhichTheHomeFailsCostsNoOther() {
    home.failsOn = 1;
    points(0, 5);
    start();
    Waiting.until("all five", () -> log.position == 5);

    assertThat(home.steps).containsExactly(0L, 2L, 3L, 4L);
    assertThat(status().refused()).isEqualTo(Map.of("failed", 1L));
    assertThat(status().lastError()).contains("step 1 is too much");
    assertThat(status().state()).isEqualTo(ForwardStatus.State.WORKING);
  }

  @Test
  void aLogThatCannotBeReadIsTriedAgain() {
    log.error = "Kafka: not authorized";
    points(0, 1);
    start();
    Waiting.until("waiting", () -> status().state() == ForwardStatus.State.WAITING);
    assertThat(status().lastError()).isEqualTo("Kafka: not authorized");

    log.error = null;
    Waiting.until("the result", () -> home.steps.equals(steps(0, 1)));
  }

  @Test
  void theWaitDoublesUpToItsBound() {
    assertThat(Backoff.DEFAULT.after(1)).isEqualTo(Duration.ofMillis(500));
    assertThat(Backoff.DEFAULT.after(3)).isEqualTo(Duration.ofSeconds(2));
    assertThat(Backoff.DEFAULT.after(8)).isEqualTo(Duration.ofSeconds(60));
    assertThat(Backoff.DEFAULT.after(1_000_000)).isEqualTo(Duration.ofSeconds(60));
  }
}
