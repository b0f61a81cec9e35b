package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.LiveEngine;
import dev.touchstone.jobs.testing.TwoJobs;
import dev.touchstone.jobs.testing.WireBatches;
import dev.touchstone.schemas.avro.EvaluationRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Taking back a request whose evaluation is under way, through both jobs. */
class WithdrawalTest {

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(8)
              .build());

  @TempDir Path cache;

  private static EvaluationRequest lengthy(String id) {
    // ten seconds of work
    return TwoJobs.request(id).setBootstrapReplicates(10_000).build();
  }

  @Test
  void whatIsComputedStopsAndTheNextHasItsPlace() throws Exception {
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.empty()
                .with("cache.directory", cache.toUri().toString())
                .with("full.concurrent_evaluations", 1));
    WireBatches rows = WireBatches.random(1, 1_000_000);
    try (LiveEngine engine = new LiveEngine(settings, 2)) {
      engine.send(rows.batches(100_000, 2));
      engine.await(
          "the set",
          () -> engine.manifests().stream().anyMatch(m -> m.status().state() == SetState.COMPLETE));
      engine.ask(lengthy("alone"));
      engine.ask(TwoJobs.request("next").setMetrics(List.of("accuracy")).build());
      TimeUnit.SECONDS.sleep(2); // it is under way
      assertThat(engine.outcomes()).isEmpty();
      engine.withdraw("alone");
      engine.await("both ends", () -> engine.outcomes().size() == 2);
      assertThat(engine.outcomes())
          .extracting(o -> o.trigger().id() + " " + o.state())
          .containsExactlyInAnyOrder("alone EXPIRED", "next EVALUATED");

      // two who ask the same: the one that stays keeps it going
      engine.ask(TwoJobs.request("first").setBootstrapReplicates(100).build());
      engine.ask(TwoJobs.request("second").setBootstrapReplicates(100).build());
      TimeUnit.MILLISECONDS.sleep(500);
      engine.withdraw("first");
      engine.await("their ends", () -> engine.outcomes().size() == 4);
      assertThat(engine.outcomes())
          .filteredOn(o -> o.trigger().id().equals("second"))
          .extracting(Outcome::state)
          .containsAnyOf(Outcome.State.EVALUATED, Outcome.State.REUSED);
    }
  }
}
