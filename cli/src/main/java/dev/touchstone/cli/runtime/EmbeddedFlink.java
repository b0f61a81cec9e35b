package dev.touchstone.cli.runtime;

import dev.touchstone.jobs.EvaluationsJob;
import dev.touchstone.jobs.PredictionsJob;
import dev.touchstone.jobs.settings.EngineSettings;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A Flink mini cluster that runs the jobs and resumes each from its newest Flink checkpoint. */
final class EmbeddedFlink implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedFlink.class);
  private static final int SLOTS = 4;
  private static final int STOP_SECONDS = 30;

  private final MiniCluster cluster;
  private final Configuration configuration;
  private final Path directory;
  private final List<JobID> jobs = new ArrayList<>();

  private EmbeddedFlink(MiniCluster cluster, Configuration configuration, Path directory) {
    this.cluster = cluster;
    this.configuration = configuration;
    this.directory = directory;
  }

  /**
   * Starts a cluster without jobs.
   *
   * @param base Flink's own settings, from conf/config.yaml
   * @param webPort of Flink's page
   */
  static EmbeddedFlink start(Configuration base, Path directory, int webPort) throws Exception {
    Configuration configuration = new Configuration(base);
    configuration.set(RestOptions.PORT, webPort);
    configuration.set(RestOptions.BIND_PORT, Integer.toString(webPort));
    configuration.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    configuration.set(WebOptions.SUBMIT_ENABLE, false);
    configuration.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(SLOTS)
                .build());
    cluster.start();
    return new EmbeddedFlink(cluster, configuration, directory);
  }

  /** Submits both jobs. */
  void run(EngineSettings settings) throws Exception {
    submit("predictions", PredictionsJob.NAME, PredictionsJob::onKafka, settings);
    submit("evaluations", EvaluationsJob.NAME, EvaluationsJob::onKafka, settings);
  }

  private void submit(
      String name,
      String title,
      BiConsumer<StreamExecutionEnvironment, EngineSettings> build,
      EngineSettings settings)
      throws Exception {
    Path checkpoints = directory.resolve("checkpoints").resolve(name);
    Configuration own = new Configuration(configuration);
    own.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY,
        checkpoints.toAbsolutePath().toUri().toString());
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(own);
    build.accept(env, settings);
    StreamGraph dataflow = env.getStreamGraph();
    dataflow.setJobName(title);
    JobGraph graph = dataflow.getJobGraph();
    Optional<Path> newest = newestCheckpoint(checkpoints);
    if (newest.isPresent()) {
      LOG.info("{} goes on from {}", title, newest.get());
      graph.setSavepointRestoreSettings(
          SavepointRestoreSettings.forPath(
              newest.get().toUri().toString(), false, RecoveryClaimMode.CLAIM));
    }
    cluster.submitJob(graph).get();
    jobs.add(graph.getJobID());
  }

  /** The newest Flink checkpoint that was written to its end. */
  static Optional<Path> newestCheckpoint(Path checkpoints) throws IOException {
    if (!Files.isDirectory(checkpoints)) {
      return Optional.empty();
    }
    Map<Path, FileTime> written = new HashMap<>();
    Files.walkFileTree(
        checkpoints,
        Set.of(),
        3,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.getFileName().toString().equals("_metadata")) {
              written.put(file, attributes.lastModifiedTime());
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException problem)
              throws IOException {
            return unlessGone(problem);
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException problem)
              throws IOException {
            return unlessGone(problem);
          }
        });
    return written.entrySet().stream()
        .filter(metadata -> isWhole(metadata.getKey()))
        .max(Map.Entry.comparingByValue())
        .map(metadata -> metadata.getKey().getParent());
  }

  /** A job that runs removes its old ones meanwhile. */
  private static FileVisitResult unlessGone(IOException problem) throws IOException {
    if (problem != null && !(problem instanceof NoSuchFileException)) {
      throw problem;
    }
    return FileVisitResult.CONTINUE;
  }

  private static boolean isWhole(Path metadata) {
    // a process that was killed while writing leaves half a file: the one before it is good
    try (DataInputStream in = new DataInputStream(Files.newInputStream(metadata))) {
      Checkpoints.loadCheckpointMetadata(
          in, EmbeddedFlink.class.getClassLoader(), metadata.toString());
      return true;
    } catch (IOException | RuntimeException e) {
      LOG.warn("Flink checkpoint {} can't be read and is passed over", metadata, e);
      return false;
    }
  }

  URI web() throws Exception {
    return cluster.getRestAddress().get();
  }

  @Override
  public void close() {
    // cancelling keeps the last Flink checkpoint; what came after it is read again
    for (JobID job : jobs) {
      try {
        cluster.cancelJob(job).get(STOP_SECONDS, TimeUnit.SECONDS);
      } catch (Exception e) {
        LOG.warn("job {} did not stop in time", job, e);
      }
    }
    try {
      cluster.close();
    } catch (Exception e) {
      LOG.warn("Flink did not stop cleanly", e);
    }
  }
}
