package dev.touchstone.jobs.fast;

import static dev.touchstone.jobs.fast.JudgedRuns.event;
import static dev.touchstone.jobs.fast.JudgedRuns.standing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Trust;
import dev.touchstone.jobs.model.Vitals;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.junit.jupiter.api.Test;

/** What stops a run at once. */
@SuppressWarnings("try") // a harness may be interrupted while it closes
class BrokenRunsTest {

  private static final Map<String, String> NO_RULE = Map.of();

  @Test
  void aLossThatIsNotANumberStopsBeforeAnyModelCheckpoint() throws Exception {
    try (var runs = new JudgedRuns()) {
      runs.tell(event("r", 0, 10L, Map.of("training_loss", 0.4, "lr", Double.NaN), NO_RULE));
      assertThat(runs.signals()).isEmpty();
      runs.restart();
      runs.tell(event("r", 0, 20L, Map.of("training_loss", Double.NaN), NO_RULE));
      Signal stop = runs.last();
      assertThat(stop.stop()).isTrue();
      assertThat(stop.reason()).isEqualTo("loss_not_finite: training_loss is NaN at step 20");
      assertThat(stop.metric()).isEqualTo("training_loss");
      assertThat(stop.claim().step()).isEqualTo(20);
      assertThat(stop.claim().checkpoint()).isEmpty();
      assertThat(stop.outcome()).isEqualTo("NOT_JUDGED");
      // said once, whatever comes
      runs.tell(event("r", 0, 30L, Map.of("training_loss", Double.NaN), NO_RULE));
      runs.stand(standing("r", 0, 30, "log_loss", 0.1));
      assertThat(runs.signals()).hasSize(1);
      // resumed
      runs.tell(event("r", 1, 15L, Map.of("training_loss", 0.3), NO_RULE));
      runs.stand(standing("r", 1, 15, "log_loss", 0.1));
      assertThat(runs.last().stop()).isFalse();
      // what the first attempt left in the topic is old news
      runs.tell(event("r", 0, 40L, Map.of("training_loss", Double.NaN), NO_RULE));
      assertThat(runs.last().stop()).isFalse();
    }
  }

  @Test
  void anExplodingReportedLossStopsAndARepeatDoesNotCount() throws Exception {
    try (var runs = new JudgedRuns("signals.loss", "loss/total")) {
      for (long step = 1; step <= 25; step++) {
        runs.tell(event("r", 0, step, Map.of("loss/total", 1 + 0.01 * (step % 3)), NO_RULE));
      }
      runs.tell(event("r", 0, 26L, Map.of("loss/total", 90.0), NO_RULE));
      for (int again = 0; again < 5; again++) {
        runs.tell(event("r", 0, 26L, Map.of("loss/total", 90.0), NO_RULE));
      }
      runs.tell(event("r", 0, 27L, Map.of("loss/total", 91.0, "training_loss", 1 / 0.0), NO_RULE));
      assertThat(runs.signals()).isEmpty();
      runs.tell(event("r", 0, 28L, Map.of("loss/total", 92.0), NO_RULE));
      assertThat(runs.last().reason())
          .isEqualTo(
              "loss_exploded: loss/total is 92.0 at step 28, the 3. in a row that is far above the"
                  + " 20 before");
      assertThat(runs.last().value()).isEqualTo(92.0);
    }
  }

  private static Signal after(Vitals vitals, Object... settings) throws Exception {
    try (var runs = new JudgedRuns(settings)) {
      runs.stand(standing("r", 0, 1, "log_loss", 0.5));
      runs.stand(standing("r", 0, 2, "log_loss", 0.4, null, Trust.UNKNOWN, vitals));
      assertThat(runs.signals()).hasSize(2);
      return runs.last();
    }
  }

  @Test
  void collapsedScoresStopButNotAtTheFirstCheck() throws Exception {
    var equal = new Vitals(5_000, 5_000, 1, 0, 0, 0, 0, -1);
    assertThat(after(equal).stop()).isTrue();
    assertThat(after(equal).reason()).isEqualTo("scores_collapsed: 1 distinct scores in 5000 rows");
    var close = new Vitals(5_000, 5_000, 3, 4e-7, 0, 0, 0, -1);
    assertThat(after(close).reason())
        .isEqualTo("scores_collapsed: the scores of 5000 rows have a standard deviation of 4.0E-7");
    assertThat(after(new Vitals(5_000, 5_000, 3, 2e-6, 0, 0, 0, -1)).stop()).isFalse();
    assertThat(after(new Vitals(2, 2, 2, 0.1, 0, 0, 0, -1)).stop()).as("a tiny set").isFalse();
    try (var runs = new JudgedRuns()) {
      runs.stand(standing("r", 0, 1, "log_loss", 0.5, null, Trust.UNKNOWN, equal));
      assertThat(runs.last().stop()).as("a model may start so").isFalse();
    }
  }

  @Test
  void servingLimitsStopOnlyWhenTheyAreSurelyBroken() throws Exception {
    var slow = new Vitals(5_000, 5_000, -1, Double.NaN, 400, 9_000, 7_000, 2_000);
    assertThat(after(slow).stop()).as("off by default").isFalse();
    assertThat(after(slow, "signals.max_latency_micros", 6_999).reason())
        .isEqualTo(
            "latency_limit: p99 of 400 model calls is 9000 µs, surely at least 7000, above"
                + " signals.max_latency_micros 6999");
    assertThat(after(slow, "signals.max_latency_micros", 7_000).stop()).isFalse();
    var few = new Vitals(5_000, 5_000, -1, Double.NaN, 99, 9_000, 7_000, 2_000);
    assertThat(after(few, "signals.max_latency_micros", 10).stop()).isFalse();
    assertThat(after(slow, "signals.max_memory_bytes", 1_999).reason())
        .isEqualTo("memory_limit: peak memory is 2000 bytes, above signals.max_memory_bytes 1999");
    assertThat(after(slow, "signals.max_memory_bytes", 2_000).stop()).isFalse();
  }

  @Test
  void figuresOfTheTrainingJobPassThroughAsTheyAre() {
    List<MetricPoint> points = new ArrayList<>();
    new ReportedFigures()
        .flatMap(
            event(
                "r",
                2,
                70L,
                Map.of("validation_loss", 0.25, "training_loss", Double.NEGATIVE_INFINITY),
                NO_RULE),
            new ListCollector<>(points));
    assertThat(points)
        .extracting(MetricPoint::metric)
        .containsExactly("training_loss", "validation_loss");
    assertThat(points).allMatch(p -> p.complete() && p.n() == 0 && p.ciLow() == null);
    assertThat(points).extracting(MetricPoint::ciMethod).containsOnly("reported");
    assertThat(points.get(0).value()).isNull();
    assertThat(points.get(0).reason()).isEqualTo("not_finite: -Infinity");
    assertThat(points.get(1).value()).isEqualTo(0.25);
    assertThat(points.get(1).claim().step()).isEqualTo(70);
    assertThat(points.get(1).claim().attempt()).isEqualTo(2);
    assertThat(points.get(1).timestampMillis()).isEqualTo(5);
  }
}
