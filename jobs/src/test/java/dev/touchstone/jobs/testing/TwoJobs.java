package dev.touchstone.jobs.testing;

import dev.touchstone.jobs.EvaluationsJob;
import dev.touchstone.jobs.PredictionsJob;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.output.WireAccess;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.schemas.PlainJson;
import dev.touchstone.schemas.avro.EvaluationRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Runs each job to its end over messages in memory. */
public final class TwoJobs {

  private final EngineSettings settings;
  private final int parallelism;

  public TwoJobs(EngineSettings settings, int parallelism) {
    this.settings = settings;
    this.parallelism = parallelism;
  }

  /** What a request job gave. */
  public record Answers(
      List<Outcome> outcomes, List<MetricPoint> points, List<DeadLetter> deadLetters) {

    /** The only outcome of a request. */
    public Outcome of(String requestId) {
      List<Outcome> mine =
          outcomes.stream().filter(o -> o.trigger().id().equals(requestId)).toList();
      if (mine.size() != 1) {
        throw new AssertionError(
            requestId
                + " must end once, got "
                + mine.size()
                + " of "
                + outcomes.stream().map(o -> o.trigger().id() + " " + o.state()).toList());
      }
      return mine.get(0);
    }
  }

  /** Sends whole sets; the manifests of those that became complete. */
  public List<SetManifest> complete(List<RawMessage> messages) throws Exception {
    StreamExecutionEnvironment env = environment();
    var sets = new CollectingSink<SetManifest>();
    PredictionsJob.topology(
        env,
        settings,
        MemorySource.of(messages),
        MemorySource.nothing(),
        MemorySource.nothing(),
        MemorySource.nothing(),
        new CollectingSink<>(),
        sets,
        new CollectingSink<>(),
        new CollectingSink<>(),
        new CollectingSink<>());
    env.execute();
    return sets.collected().stream()
        .filter(manifest -> manifest.status().state() == SetState.COMPLETE)
        .toList();
  }

  /** Asks about sets in the cache. */
  public Answers ask(List<SetManifest> manifests, List<EvaluationRequest> requests)
      throws Exception {
    StreamExecutionEnvironment env = environment();
    var reports = new CollectingSink<Outcome>();
    var points = new CollectingSink<MetricPoint>();
    var deadLetters = new CollectingSink<DeadLetter>();
    List<RawMessage> sets = new ArrayList<>();
    for (SetManifest manifest : manifests) {
      sets.add(WireBatches.message(WireAccess.json(manifest), sets.size()));
    }
    List<RawMessage> asked = new ArrayList<>();
    for (EvaluationRequest request : requests) {
      asked.add(WireBatches.message(PlainJson.writeBytes(request), asked.size()));
    }
    EvaluationsJob.topology(
        env,
        settings,
        // a source has at least one message: this one is nobody's
        MemorySource.of(List.of(WireBatches.message(new byte[] {0x42}, 0))),
        MemorySource.of(asked),
        MemorySource.of(sets),
        MemorySource.nothing(),
        reports,
        points,
        new CollectingSink<>(),
        deadLetters);
    env.execute();
    return new Answers(
        reports.collected(),
        points.collected(),
        deadLetters.collected().stream().filter(d -> d.source().value().length > 1).toList());
  }

  /** A request about model checkpoint step-8 of run "run". */
  public static EvaluationRequest.Builder request(String id) {
    return EvaluationRequest.newBuilder()
        .setRequestId(id)
        .setRunId("run")
        .setCheckpoint("step-8")
        .setEmittedAt(Instant.EPOCH);
  }

  private StreamExecutionEnvironment environment() {
    Configuration failFast = new Configuration();
    failFast.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(failFast);
    env.setParallelism(parallelism);
    env.enableCheckpointing(200);
    return env;
  }
}
