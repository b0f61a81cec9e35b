package dev.touchstone.cli.demo;

import dev.touchstone.schemas.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A training job: boosted trees on the {@link FraudStream}, evaluated as they grow. After each step
 * the validation set is scored once and the predictions are sent to Kafka; every few steps the
 * model is saved and announced.
 *
 * <p>Restart: the same directory goes on with the same run id and the next attempt. Training is
 * replayed from the start; it is deterministic, so that what was sent before is sent again with the
 * same columns and counts as duplicates. A finished run is not trained again.
 */
public final class TrainingRun {

  /** Where the models lie under the run's directory. */
  private static final String MODELS = "models";

  private final DemoSettings settings;
  private final Path dir;
  private final Producer<String, byte[]> producer;
  private final Topics topics;
  private final Clock clock;
  private final Consumer<Progress> progress;

  /** How far the run is, after each step. */
  public record Progress(
      String runId,
      int attempt,
      int step,
      int steps,
      boolean checkpoint,
      long predictionsEmitted,
      Duration elapsed) {

    /** Since the run began, training included. */
    public double predictionsPerSecond() {
      return predictionsEmitted / Math.max(1e-9, elapsed.toNanos() / 1e9);
    }
  }

  /**
   * A model checkpoint that was announced.
   *
   * @param emittedAt milliseconds since the epoch
   */
  public record Checkpoint(String id, int step, long emittedAt) {}

  /**
   * How a run ended.
   *
   * @param attempt the last one; the counts and times below are its
   * @param startedAt of attempt 0, milliseconds since the epoch
   * @param firstBatchAt when the first predictions were sent, milliseconds since the epoch
   * @param trainingSeconds from the start to the last message: data, training, scoring, sending
   * @param alreadyFinished it ended in an earlier call; nothing was trained in this one
   */
  public record Summary(
      String runId,
      int attempt,
      int steps,
      long predictionsEmitted,
      List<Checkpoint> checkpoints,
      long startedAt,
      long firstBatchAt,
      double trainingSeconds,
      boolean alreadyFinished) {

    public Summary {
      checkpoints = List.copyOf(checkpoints);
    }

    private Summary again() {
      return new Summary(
          runId,
          attempt,
          steps,
          predictionsEmitted,
          checkpoints,
          startedAt,
          firstBatchAt,
          trainingSeconds,
          true);
    }
  }

  TrainingRun(
      DemoSettings settings,
      Path dir,
      Producer<String, byte[]> producer,
      Topics topics,
      Clock clock,
      Consumer<Progress> progress) {
    this.settings = settings;
    this.dir = dir;
    this.producer = producer;
    this.topics = topics;
    this.clock = clock;
    this.progress = progress;
  }

  /**
   * Trains to the end, or to an interrupt.
   *
   * @param dir the run's own directory, made if it is absent
   * @param bootstrap host:port of a Kafka broker
   * @param progress called in this thread after each step
   * @throws IOException if the directory can't be read or written
   * @throws InterruptedException if the thread was interrupted; the run can be continued
   * @throws IllegalArgumentException if the directory holds a run with other settings
   * @throws IllegalStateException if Kafka did not take the predictions
   */
  public static Summary run(
      DemoSettings settings,
      Path dir,
      String bootstrap,
      String topicPrefix,
      Consumer<Progress> progress)
      throws IOException, InterruptedException {
    Topics topics = new Topics(topicPrefix);
    try (Producer<String, byte[]> producer = producer(bootstrap)) {
      return new TrainingRun(settings, dir, producer, topics, Clock.systemUTC(), progress).run();
    } catch (org.apache.kafka.common.errors.InterruptException e) {
      throw interrupted(e);
    }
  }

  static Producer<String, byte[]> producer(String bootstrap) {
    Map<String, Object> config =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            ProducerConfig.CLIENT_ID_CONFIG,
            "touchstone-demo-training",
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            true,
            ProducerConfig.COMPRESSION_TYPE_CONFIG,
            "lz4",
            // the scores of a step are 4 MB: two steps may be on their way
            ProducerConfig.BUFFER_MEMORY_CONFIG,
            32L << 20);
    return new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer());
  }

  Summary run() throws IOException, InterruptedException {
    RunState state = RunState.begin(dir, settings, clock.instant());
    if (state.finished() != null) {
      return state.finished().again();
    }
    long begin = System.nanoTime();
    Map<String, Long> setUp = new LinkedHashMap<>();
    LabelledRows training =
        timed(
            setUp,
            "data_wait",
            () -> FraudStream.training(settings.seed(), settings.trainingRows()));
    try (FraudModel model =
        timed(setUp, "preprocess", () -> FraudModel.of(training, settings.seed()))) {
      PredictionEmitter emitter = timed(setUp, "evaluate", () -> prepareEvaluation(model, state));
      Files.createDirectories(dir.resolve(MODELS));
      List<Checkpoint> checkpoints = new ArrayList<>();
      long firstBatchAt = clock.millis();
      for (int step = 1; step <= settings.steps(); step++) {
        step(step, model, emitter, checkpoints, step == 1 ? setUp : Map.of());
        progress.accept(
            new Progress(
                state.runId(),
                state.attempt(),
                step,
                settings.steps(),
                settings.isCheckpoint(step),
                emitter.predictionsEmitted(),
                Duration.ofNanos(System.nanoTime() - begin)));
      }
      Summary summary =
          new Summary(
              state.runId(),
              state.attempt(),
              settings.steps(),
              emitter.predictionsEmitted(),
              checkpoints,
              state.startedAt(),
              firstBatchAt,
              (System.nanoTime() - begin) / 1e9,
              false);
      state.finish(summary).write(dir);
      return summary;
    }
  }

  private PredictionEmitter prepareEvaluation(FraudModel model, RunState state) {
    LabelledRows validation =
        FraudStream.validation(settings.seed(), settings.validationRows(), settings.driftFrom());
    PredictionEmitter emitter =
        new PredictionEmitter(producer, topics, state, settings, validation, clock);
    for (PredictionEmitter.Block block : emitter.blocks()) {
      model.addValidationBlock(validation.features(block.from(), block.to()), block.rows());
    }
    return emitter;
  }

  private void step(
      int step,
      FraudModel model,
      PredictionEmitter emitter,
      List<Checkpoint> checkpoints,
      Map<String, Long> setUp)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    Map<String, Long> phases = new LinkedHashMap<>(setUp);
    timed(phases, "compute", () -> advance(model));
    byte[] bytes = model.toBytes();
    String digest = Digests.sha256Hex(bytes);
    double epoch = model.rounds(); // a boosting round reads the training rows once
    timed(phases, "evaluate", () -> evaluate(step, epoch, digest, model, emitter));
    if (settings.isCheckpoint(step)) {
      String id = DemoSettings.checkpointId(step);
      Path path = dir.resolve(MODELS).resolve(id + ".ubj");
      Files.write(path, bytes);
      long emittedAt = emitter.emitCheckpoint(step, epoch, digest, path.toString());
      checkpoints.add(new Checkpoint(id, step, emittedAt));
    }
    long idleNanos = settings.pace().toNanos() - (System.nanoTime() - begin);
    if (idleNanos > 0) {
      phases.put("idle", idleNanos / 1_000);
      TimeUnit.NANOSECONDS.sleep(idleNanos);
    }
    emitter.emitTiming(step, phases);
    emitter.flush();
    if (Thread.interrupted()) {
      throw new InterruptedException("training was interrupted after step " + step);
    }
  }

  private Void advance(FraudModel model) {
    model.advance(settings.roundsPerStep());
    return null;
  }

  /** The only place where the model is asked: each row is scored once a step. */
  private static Void evaluate(
      int step, double epoch, String digest, FraudModel model, PredictionEmitter emitter) {
    List<PredictionEmitter.Block> blocks = emitter.blocks();
    for (int i = 0; i < blocks.size(); i++) {
      long call = System.nanoTime();
      float[] scores = model.score(i);
      long latencyMicros = (System.nanoTime() - call) / 1_000;
      emitter.emit(step, epoch, digest, blocks.get(i), scores, latencyMicros);
    }
    emitter.flush();
    return null;
  }

  private static <T> T timed(Map<String, Long> phases, String phase, Supplier<T> work) {
    long begin = System.nanoTime();
    T result = work.get();
    phases.merge(phase, (System.nanoTime() - begin) / 1_000, Long::sum);
    return result;
  }

  private static InterruptedException interrupted(Exception cause) {
    Thread.interrupted();
    InterruptedException interrupted = new InterruptedException("training was interrupted");
    interrupted.initCause(cause);
    return interrupted;
  }
}
