package dev.touchstone.server.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SeriesTest {

  private static final int LARGE = 1_000_000;

  @Test
  void isWhatATreeOfPointsWouldBe() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new SplittableRandom(seed);
      var series = new Series(LARGE, new Names());
      Map<List<Object>, Point> tree = new TreeMap<>(SeriesTest::compare);
      for (int i = 0; i < 120; i++) {
        Point p = any(random);
        List<Object> key = List.of(p.step(), p.attempt(), p.checkpoint());
        Point old = tree.get(key);
        boolean replay =
            old != null && old.isComplete() && !p.isComplete() && p.revision() <= old.revision();
        boolean news = !replay && !p.equals(old);
        if (!replay) {
          tree.put(key, p);
        }

        assertThat(series.upsert(p)).as("seed %d, point %d", seed, i).isEqualTo(news);
        assertThat(series.contains(p)).isTrue();
      }
      assertThat(series.points()).as("seed %d", seed).containsExactlyElementsOf(tree.values());
      assertThat(series.size()).isEqualTo(tree.size());
    }
  }

  @Test
  void pastItsCapacityTheLowestStepsGo() {
    var series = new Series(20, new Names());
    for (int step : List.of(5, 3, 8, 1)) {
      series.upsert(point(step, 0, step / 10.0));
    }
    for (int step = 10; step < 40; step++) {
      series.upsert(point(step, 0, null));
    }

    assertThat(series.size()).isEqualTo(20);
    assertThat(series.points()).extracting(Point::step).first().isEqualTo(20L);
    // what a row that went away held is not left in the row that took its place
    assertThat(series.points()).extracting(Point::value).containsOnlyNulls();
    assertThat(series.upsert(point(2, 0, 0.2))).isFalse();
    assertThat(series.last().step()).isEqualTo(39);
  }

  @Test
  void theLastIsTheFurthestOfTheNewestAttempt() {
    var series = new Series(LARGE, new Names());
    assertThat(series.last()).isNull();
    series.upsert(point(900, 0, 0.1));
    series.upsert(point(100, 1, 0.2));
    series.upsert(point(200, 1, 0.3));

    assertThat(series.last()).isEqualTo(point(200, 1, 0.3));
  }

  @Test
  void theBestIsACompleteOneAndUndefinedOnesAreNot() {
    var series = new Series(LARGE, new Names());
    series.upsert(point(1, 0, null));
    assertThat(series.best(true)).isNull();
    series.upsert(with(point(2, 0, 0.9), "PARTIAL"));
    series.upsert(point(3, 0, 0.4));
    series.upsert(point(4, 0, 0.6));

    assertThat(series.best(true).value()).isEqualTo(0.6);
    assertThat(series.best(false).value()).isEqualTo(0.4);
  }

  @Test
  void theTrailHasEachStepOnceByItsNewestAttempt() {
    var series = new Series(LARGE, new Names());
    series.upsert(point(1, 0, 0.1));
    series.upsert(point(2, 0, 0.2));
    series.upsert(point(2, 1, 0.3));
    series.upsert(point(3, 1, null));

    assertThat(series.trail(40)).containsExactly(0.1, 0.3);
    assertThat(series.trail(1)).containsExactly(0.3);
  }

  /** What lets a view hold 200 runs of 20 metrics and 500 points. */
  @Test
  void aPointTakesFarLessThanAnObjectWould() {
    int metrics = 200;
    int steps = 500;
    List<Series> kept = new ArrayList<>();
    long before = used();
    Names names = new Names();
    for (int m = 0; m < metrics; m++) {
      var series = new Series(LARGE, names);
      for (int step = 1; step <= steps; step++) {
        series.upsert(point(step, 0, step / 500.0));
      }
      kept.add(series);
    }

    double bytes = (used() - before) / (double) (metrics * steps);

    assertThat(kept).hasSize(metrics);
    System.out.printf("a point of a series takes %.0f bytes%n", bytes);
    assertThat(bytes).isBetween(20.0, 120.0);
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static int compare(List<Object> a, List<Object> b) {
    int order = Long.compare((long) a.get(0), (long) b.get(0));
    order = order == 0 ? Integer.compare((int) a.get(1), (int) b.get(1)) : order;
    return order == 0 ? ((String) a.get(2)).compareTo((String) b.get(2)) : order;
  }

  private static Point any(SplittableRandom random) {
    Double value = random.nextInt(5) == 0 ? null : (Double) (random.nextInt(4) / 4.0);
    long step = random.nextInt(30);
    Point p = point(step, random.nextInt(2), value);
    return new Point(
        p.attempt(),
        step % 3 == 0 ? "other" + random.nextInt(2) : p.checkpoint(),
        step,
        p.epoch(),
        random.nextInt(3),
        value,
        random.nextBoolean() ? null : (Double) 0.1,
        p.ciHigh(),
        p.ciMethod(),
        p.level(),
        p.target(),
        random.nextInt(4) == 0 ? (Double) 0.01 : null,
        null,
        p.n(),
        p.nPos(),
        random.nextBoolean() ? "COMPLETE" : "PARTIAL",
        p.trust(),
        p.reason(),
        random.nextInt(2));
  }

  private static Point point(long step, int attempt, Double value) {
    return new Point(
        attempt,
        "step-" + step,
        step,
        step / 100.0,
        1_700_000_000_000L + step,
        value,
        value == null ? null : value - 0.1,
        value == null ? null : value + 0.1,
        "binned_bounds",
        0.95,
        null,
        null,
        null,
        1_000,
        10,
        "COMPLETE",
        "TRUSTED",
        value == null ? "no_positives" : null,
        1);
  }

  private static Point with(Point p, String state) {
    return new Point(
        p.attempt(),
        p.checkpoint(),
        p.step(),
        p.epoch(),
        p.ts(),
        p.value(),
        p.ciLow(),
        p.ciHigh(),
        p.ciMethod(),
        p.level(),
        p.target(),
        p.stdError(),
        p.effectiveN(),
        p.n(),
        p.nPos(),
        state,
        p.trust(),
        p.reason(),
        p.revision());
  }
}
