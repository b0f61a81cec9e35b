package dev.touchstone.server.forward.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.server.forward.Delivered;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.forward.Result;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.MetricPoint;
import dev.touchstone.server.view.Signal;
import dev.touchstone.server.view.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RemoteWriteTest {

  private static final long NOW = 1_700_000_000_000L;
  private static final String PLACE = " evaluation_set=val";
  private static final String AP =
      PLACE + " metric=average_precision run_id=r split=validation tier=proxy";

  private FakeReceiver receiver;
  private RemoteWrite home;

  @BeforeEach
  void start() throws IOException {
    receiver = new FakeReceiver();
    home = new RemoteWrite(ForwardSettings.RemoteWrite.to(receiver.url()));
  }

  @AfterEach
  void stop() {
    receiver.close();
  }

  private static Result point(long millis, Double value, Object... changes) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("ts", NOW + millis).put("run_id", "r").put("checkpoint", "c").put("step", 7);
    json.put("tier", "proxy").put("evaluation_set", "val").put("split", "validation");
    json.put("slice", "").put("metric", "average_precision").put("value", value);
    json.put("n", 1000).put("n_pos", 10).put("state", "COMPLETE").put("trust", "TRUSTED");
    json.put("model", "sha256:1234");
    for (int i = 0; i < changes.length; i += 2) {
      json.putPOJO((String) changes[i], changes[i + 1]);
    }
    return new Result.PointResult(read(json, MetricPoint.class));
  }

  private static <T> T read(ObjectNode json, Class<T> type) {
    try {
      return Json.MAPPER.readValue(json.toString(), type);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Result signal(long millis, String decision, String outcome) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("ts", NOW + millis).put("run_id", "r").put("decision", decision);
    return new Result.SignalResult(read(json.put("outcome", outcome), Signal.class));
  }

  private FakeReceiver.Taken taken(String series, double value, long millis) {
    return new FakeReceiver.Taken(series, value, NOW + millis);
  }

  private List<FakeReceiver.Taken> of(String name) {
    return receiver.taken.stream().filter(t -> t.series().startsWith(name + " ")).toList();
  }

  @Test
  void aPointIsItsValueItsIntervalItsExamplesItsTrustAndItsStep() throws Exception {
    double value = Math.nextUp(0.3);
    Delivered delivered =
        home.deliver(List.of(point(5, value, "ci_low", 0.25, "ci_high", 1 / 3.0)));

    assertThat(delivered).isEqualTo(Delivered.all(1));
    assertThat(receiver.taken)
        .containsExactlyInAnyOrder(
            taken("touchstone_eval_step" + PLACE + " run_id=r split=validation tier=proxy", 7, 5),
            taken("touchstone_metric" + AP, value, 5),
            taken("touchstone_metric_ci_low" + AP, 0.25, 5),
            taken("touchstone_metric_ci_high" + AP, 1 / 3.0, 5),
            taken("touchstone_metric_n" + AP, 1000, 5),
            taken("touchstone_metric_trust" + AP, 1, 5));
    assertThat(receiver.headers)
        .containsEntry("Content-Encoding", "snappy")
        .containsEntry("Content-Type", "application/x-protobuf")
        .containsEntry("X-Prometheus-Remote-Write-Version", "0.1.0")
        .doesNotContainKey("Authorization");
  }

  @Test
  void aSliceIsALabelAndHasNoStepOfItsOwn() throws Exception {
    home.deliver(List.of(point(0, 0.5, "slice", "country=DE", "tier", "full")));
    assertThat(receiver.taken)
        .extracting(FakeReceiver.Taken::series)
        .containsExactlyInAnyOrder(
            "touchstone_metric evaluation_set=val metric=average_precision run_id=r"
                + " slice=country=DE split=validation tier=full",
            "touchstone_metric_n evaluation_set=val metric=average_precision run_id=r"
                + " slice=country=DE split=validation tier=full");
  }

  @Test
  void whatIsUndefinedIsNoSampleAndIsCounted() throws Exception {
    assertThat(home.deliver(List.of(point(0, null, "reason", "no positives"), point(1, 0.5))))
        .isEqualTo(new Delivered(1, Map.of("undefined", 1)));
    assertThat(of("touchstone_metric")).containsExactly(taken("touchstone_metric" + AP, 0.5, 1));
  }

  @Test
  void theOutcomeOfTheLatestDecisionIsOneAndEveryOtherIsZero() throws Exception {
    home.deliver(List.of(signal(0, "CONTINUE", "IMPROVED"), signal(1, "STOP", null)));
    assertThat(of("touchstone_signal"))
        .contains(
            taken("touchstone_signal outcome=IMPROVED run_id=r", 1, 0),
            taken("touchstone_signal outcome=NOT_JUDGED run_id=r", 0, 0),
            taken("touchstone_signal outcome=IMPROVED run_id=r", 0, 1),
            taken("touchstone_signal outcome=NOT_JUDGED run_id=r", 1, 1))
        .hasSize(8);
    assertThat(of("touchstone_signal_stop"))
        .containsExactly(
            taken("touchstone_signal_stop run_id=r", 0, 0),
            taken("touchstone_signal_stop run_id=r", 1, 1));
  }

  @Test
  void verdictsAreOneZeroAndMinusOne() throws Exception {
    List<Result> verdicts = new ArrayList<>();
    for (String outcome : List.of("PASS", "FAIL", "INSUFFICIENT")) {
      verdicts.add(
          new Result.VerdictResult(
              new Verdict("r", "c", 1, outcome + "-gate", outcome, List.of(), null, NOW)));
    }
    home.deliver(verdicts);
    assertThat(receiver.taken)
        .containsExactlyInAnyOrder(
            taken("touchstone_verdict gate=PASS-gate run_id=r", 1, 0),
            taken("touchstone_verdict gate=FAIL-gate run_id=r", 0, 0),
            taken("touchstone_verdict gate=INSUFFICIENT-gate run_id=r", -1, 0));
  }

  @Test
  void stampsOfASeriesNeverGoBack() throws Exception {
    Delivered delivered =
        home.deliver(
            List.of(
                point(10_000, 0.1),
                point(10_000, 0.2), // another value at the same moment: a millisecond later
                point(10_000, 0.2), // said twice
                point(9_500, 0.3), // a little late
                point(2_000, 0.4))); // a later value was sent long ago

    assertThat(delivered).isEqualTo(new Delivered(4, Map.of("superseded", 1)));
    assertThat(of("touchstone_metric"))
        .extracting(FakeReceiver.Taken::millis)
        .containsExactly(NOW + 10_000, NOW + 10_001, NOW + 10_002);
    assertThat(receiver.requests).as("nothing was refused").isEqualTo(1);
  }

  @Test
  void oneBadSampleCostsNoOther() throws Exception {
    home.deliver(List.of(point(50_000, 0.9, "run_id", "b")));
    // as after a restart: what was sent is not known any more
    home = new RemoteWrite(ForwardSettings.RemoteWrite.to(receiver.url()));
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      results.add(point(i, i / 20.0, "run_id", "r" + i));
    }
    results.add(13, point(1, 0.1, "run_id", "b"));

    assertThat(home.deliver(results)).isEqualTo(new Delivered(20, Map.of("out_of_order", 1)));
    for (int i = 0; i < 20; i++) {
      double value = i / 20.0;
      String run = "run_id=r" + i + " ";
      assertThat(of("touchstone_metric"))
          .anyMatch(t -> t.series().contains(run) && t.value() == value);
    }
  }

  @Test
  void aBacklogThatIsTooOldCostsFewRequests() throws Exception {
    receiver.bound = NOW + 900;
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      results.add(point(i, i / 1000.0, "run_id", "r" + i % 50));
    }
    assertThat(home.deliver(results)).isEqualTo(new Delivered(100, Map.of("out_of_bounds", 900)));
    assertThat(of("touchstone_metric")).hasSize(100);
    assertThat(receiver.requests).as("for 5,000 samples").isLessThan(100);
  }

  @Test
  void aReceiverThatIsBusyIsTriedAgainWithTheVerySameSamples() throws Exception {
    List<Result> results = List.of(point(0, 0.1), point(0, 0.2));
    receiver.status = 503;
    receiver.body = "try again\nlater";
    for (int i = 0; i < 50; i++) {
      assertThatThrownBy(() -> home.deliver(results))
          .isInstanceOf(HomeAwayException.class)
          .hasMessage(receiver.where() + ": HTTP 503: try again");
    }
    receiver.status = null;
    assertThat(home.deliver(results)).isEqualTo(Delivered.all(2));
    assertThat(of("touchstone_metric"))
        .containsExactly(
            taken("touchstone_metric" + AP, 0.1, 0), taken("touchstone_metric" + AP, 0.2, 1));
  }

  @Test
  void aReceiverThatFailsOnOneSampleLosesItAfterABoundedNumberOfTries() throws Exception {
    receiver.poison = t -> t.series().startsWith("touchstone_metric ") && t.value() == 0.2;
    List<Result> results = List.of(point(0, 0.1), point(1, 0.2), point(2, 0.3));
    int away = 0;
    Delivered delivered = null;
    while (delivered == null) {
      assertThat(away).isLessThan(100);
      try {
        delivered = home.deliver(results);
      } catch (HomeAwayException e) {
        away++;
      }
    }
    assertThat(delivered).isEqualTo(new Delivered(2, Map.of("server_error", 1)));
    assertThat(away).isEqualTo(19);
    assertThat(of("touchstone_metric")).hasSize(2);
  }

  @Test
  void aReceiverThatIsNotThereIsAway() {
    receiver.close();
    assertThatThrownBy(() -> home.deliver(List.of(point(0, 0.1))))
        .isInstanceOf(HomeAwayException.class)
        .hasMessageStartingWith(receiver.where() + " can't be reached: ");
  }

  @Test
  void seriesAreBoundedAndSilentOnesGivePlace() throws Exception {
    home = new RemoteWrite(new ForwardSettings.RemoteWrite(receiver.url(), null, null, null, 4));
    // step, value, n and trust are four series
    assertThat(home.deliver(List.of(point(0, 0.1), point(1, 0.2, "run_id", "second"))))
        .isEqualTo(new Delivered(1, Map.of("too_many_series", 1)));
    assertThat(home.deliver(List.of(point(3_600_001, 0.3, "run_id", "third"))))
        .isEqualTo(Delivered.all(1));
  }

  @Test
  void aTokenOrANameAndPasswordAreShown() throws Exception {
    String url = receiver.url();
    home = new RemoteWrite(new ForwardSettings.RemoteWrite(url, "secret", null, null, 10));
    home.deliver(List.of(signal(0, "STOP", null)));
    assertThat(receiver.headers).containsEntry("Authorization", "Bearer secret");

    home = new RemoteWrite(new ForwardSettings.RemoteWrite(url, null, "me", "pass", 10));
    home.deliver(List.of(signal(1, "STOP", null)));
    assertThat(receiver.headers).containsEntry("Authorization", "Basic bWU6cGFzcw==");
  }
}
