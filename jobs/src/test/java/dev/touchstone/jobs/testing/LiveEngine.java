package dev.touchstone.jobs.testing;

import dev.touchstone.jobs.EvaluationsJob;
import dev.touchstone.jobs.PredictionsJob;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.WantedEvaluation;
import dev.touchstone.jobs.output.WireAccess;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.PlainJson;
import dev.touchstone.schemas.avro.EvaluationRequest;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.RunEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Both jobs side by side over topics in memory that never end, as they run for real. */
public final class LiveEngine implements AutoCloseable {

  private static final long PATIENCE_NANOS = Duration.ofSeconds(60).toNanos();

  private final EngineSettings settings;
  private final int parallelism;
  private final WireBatches codec = WireBatches.random(0, 1);
  private final Codec<RunEvent> eventCodec = Codec.of(RunEvent.class);
  private final List<RawMessage> predictions = new CopyOnWriteArrayList<>();
  private final List<RawMessage> requests = new CopyOnWriteArrayList<>();
  private final List<RawMessage> events = new CopyOnWriteArrayList<>();
  private final List<RawMessage> sets = new CopyOnWriteArrayList<>();
  private final List<RawMessage> reported = new CopyOnWriteArrayList<>();
  private final CollectingSink<SetManifest> manifests = new CollectingSink<>();
  private final CollectingSink<MetricPoint> proxies = new CollectingSink<>();
  private final CollectingSink<Signal> signals = new CollectingSink<>();
  private final CollectingSink<WantedEvaluation> wanted = new CollectingSink<>();
  private final CollectingSink<MetricPoint> points = new CollectingSink<>();
  private final CollectingSink<Outcome> outcomes = new CollectingSink<>();
  private final CollectingSink<DeadLetter> deadLetters = new CollectingSink<>();
  private int carried;
  private JobClient predictionsJob;
  private final JobClient evaluationsJob;

  public LiveEngine(EngineSettings settings, int parallelism) throws Exception {
    this.settings = settings;
    this.parallelism = parallelism;
    predictionsJob = startPredictions(null);
    StreamExecutionEnvironment env = environment(null);
    EvaluationsJob.topology(
        env,
        settings,
        MemorySource.live(List.of()),
        MemorySource.live(requests),
        MemorySource.live(sets),
        MemorySource.live(reported),
        outcomes,
        points,
        new CollectingSink<>(),
        new CollectingSink<>());
    evaluationsJob = env.executeAsync();
  }

  private JobClient startPredictions(String savepoint) throws Exception {
    StreamExecutionEnvironment env = environment(savepoint);
    PredictionsJob.topology(
        env,
        settings,
        MemorySource.live(predictions),
        MemorySource.live(List.of()),
        MemorySource.live(reported),
        MemorySource.live(events),
        proxies,
        manifests,
        signals,
        wanted,
        deadLetters);
    return env.executeAsync();
  }

  /** Ends the job of predictions with what it knows, and starts it from there. */
  public void restartPredictions(Path directory) throws Exception {
    String savepoint =
        predictionsJob
            .stopWithSavepoint(false, directory.toUri().toString(), SavepointFormatType.CANONICAL)
            .get(30, TimeUnit.SECONDS);
    predictionsJob = startPredictions(savepoint);
  }

  public void send(List<PredictionBatch> batches) {
    for (PredictionBatch batch : batches) {
      predictions.add(codec.message(batch, predictions.size()));
    }
  }

  public void tell(RunEvent event) {
    events.add(WireBatches.message(eventCodec.encode(event), events.size()));
  }

  public void ask(EvaluationRequest request) {
    requests.add(WireBatches.message(PlainJson.writeBytes(request), requests.size()));
  }

  /** Takes a request back. */
  public void withdraw(String requestId) {
    byte[] key = requestId.getBytes(StandardCharsets.UTF_8);
    long now = System.currentTimeMillis();
    requests.add(new RawMessage("evaluation-requests", 0, requests.size(), key, new byte[0], now));
  }

  /** Waits, and meanwhile carries what the topics would from one job to the other. */
  public void await(String what, BooleanSupplier condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            what + " has not come; manifests " + manifests() + ", outcomes " + outcomes());
      }
      List<SetManifest> told = manifests.collected();
      for (SetManifest manifest : told.subList(sets.size(), told.size())) {
        sets.add(WireBatches.message(WireAccess.json(manifest), sets.size()));
      }
      List<WantedEvaluation> asked = wanted.collected();
      for (WantedEvaluation one : asked.subList(carried, asked.size())) {
        requests.add(WireBatches.message(WireAccess.json(one), requests.size()));
        carried++;
      }
      List<Outcome> ended = outcomes.collected();
      for (Outcome outcome : ended.subList(reported.size(), ended.size())) {
        String key =
            outcome.hasReport() && outcome.state() == Outcome.State.EVALUATED
                ? outcome.reportKey()
                : outcome.trigger().id();
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        long now = System.currentTimeMillis();
        byte[] value = WireAccess.json(outcome);
        reported.add(new RawMessage("reports", 0, reported.size(), bytes, value, now));
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  public List<SetManifest> manifests() {
    return manifests.collected();
  }

  public List<Outcome> outcomes() {
    return outcomes.collected();
  }

  public List<Signal> signals() {
    return signals.collected();
  }

  /** What the fast tier has asked the full one. */
  public List<WantedEvaluation> wanted() {
    return wanted.collected();
  }

  /** Of the fast tier. */
  public List<MetricPoint> proxies() {
    return proxies.collected();
  }

  /** Of the full tier. */
  public List<MetricPoint> points() {
    return points.collected();
  }

  public List<DeadLetter> deadLetters() {
    return deadLetters.collected().stream().filter(d -> d.source().value().length > 0).toList();
  }

  private StreamExecutionEnvironment environment(String savepoint) {
    Configuration failFast = new Configuration();
    failFast.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    if (savepoint != null) {
      failFast.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
    }
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(failFast);
    env.setParallelism(parallelism);
    env.enableCheckpointing(200);
    return env;
  }

  @Override
  public void close() {
    for (JobClient job : List.of(predictionsJob, evaluationsJob)) {
      job.cancel().join();
    }
  }
}
