package dev.touchstone.server;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The page over made-up runs, to look at while working on it: {@code --empty} for no runs, else one
 * live run that gets a step every few seconds and some that are over.
 *
 * <p>{@code mvn -q -pl server -am test-compile exec:java} is not set up; run it from an IDE, or
 * with the test class path: {@code java -cp … dev.touchstone.server.PagePlayground [PORT]}.
 */
public final class PagePlayground {

  private PagePlayground() {}

  public static void main(String[] args) throws InterruptedException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 8080;
    try (var fixture = new ServerFixture(s -> s.withPort(port))) {
      System.out.println(fixture.server.url());
      if (!List.of(args).contains("--empty")) {
        play(fixture);
      }
      Thread.currentThread().join();
    }
  }

  /** Some runs that are over, each in another way. */
  public static void past(ServerFixture fixture) {
    long now = System.currentTimeMillis();
    var finished = run("fraud-2024-baseline", now - 7_200_000, 0.85);
    fixture.feed(finished.history(SyntheticRun.STEPS));
    var stopped = run("fraud-lr-3e-2", now - 5_400_000, 0.3);
    fixture.feed(stopped.history(14));
    fixture.feed(
        stopped.signal(14, "STOP", "no gain of 0.002 in average_precision over 6 checkpoints"));
    var stale = run("team/payments sweep 7", now - 3_600_000, 0.95);
    fixture.feed(stale.history(9));
    fixture.feed(stale.arriving(10, 0.42));
    fixture.feed(stale.event(10));
    for (int i = 0; i < 3; i++) {
      fixture.feed(
          SyntheticRun.deadLetter(
              ServerFixture.TOPICS,
              "score must be a number, got NaN (run fraud-live, example " + (40_211 + i) + ")",
              "touchstone.predictions",
              i,
              1_042 + i,
              "\u00c3\u0001 fraud-live step-02400 validation".getBytes(StandardCharsets.UTF_8)));
    }
    fixture.feed(
        SyntheticRun.deadLetter(
            ServerFixture.TOPICS,
            "first byte must be C3 (Avro single object), 00 (schema registry) or 7B (JSON), got 91",
            "touchstone.predictions",
            2,
            77,
            new byte[] {(byte) 0x91, 12, 44, 'x', 'y'}));
  }

  /** A run with every state that a checkpoint can be in. */
  public static SyntheticRun current(ServerFixture fixture, int steps) {
    var live = run("fraud-live", System.currentTimeMillis() - steps * 20_000L, 1);
    fixture.feed(live.history(steps));
    fixture.feed(live.verdict(5, "FAIL", "average_precision 0.0894 is below 0.15"));
    fixture.feed(live.verdict(10, "INSUFFICIENT", "about 2,400 more positives are needed"));
    fixture.feed(live.event(8));
    fixture.feed(live.ended(8, "INCOMPLETE", "412,000 of 1,000,000 predictions after 600 s"));
    return live;
  }

  public static SyntheticRun run(String id, long start, double skill) {
    return new SyntheticRun(ServerFixture.TOPICS, id, start, skill);
  }

  private static void play(ServerFixture fixture) throws InterruptedException {
    past(fixture);
    var live = current(fixture, 12);
    fixture.feed(live.verdict(10, "PASS", "average_precision 0.2035 is at least 0.15"));
    for (int i = 13; i <= SyntheticRun.STEPS; i++) {
      if (i % SyntheticRun.FULL_EVERY == 0) {
        fixture.feed(live.event(i));
      }
      for (int part = 1; part <= 10; part++) {
        fixture.feed(live.arriving(i, part / 10.0));
        Thread.sleep(400);
      }
      if (i % SyntheticRun.FULL_EVERY == 0) {
        fixture.feed(live.evaluated(i));
      }
    }
  }
}
