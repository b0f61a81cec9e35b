package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.jobs.testing.TwoJobs;
import dev.touchstone.jobs.testing.WireBatches;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.functions.DefaultOpenContext;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.functions.async.CollectionSupplier;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.util.MockStreamingRuntimeContext;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class ScanTest {

  @RegisterExtension
  static final MiniClusterExtension FLINK =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(1)
              .build());

  @TempDir Path cache;

  @Test
  void aScanThatEndsAfterItsJobWasStoppedSaysNothing() throws Exception {
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.empty().with("cache.directory", cache.toUri().toString()));
    Scan scan = new Scan(settings.cache(), settings.full());
    scan.setRuntimeContext(new MockStreamingRuntimeContext(1, 0));
    scan.open(DefaultOpenContext.INSTANCE);
    try {
      Answer late = new Answer(true);
      Answer later = new Answer(false);
      scan.asyncInvoke(split(), late);
      scan.asyncInvoke(split(), later);

      Thread first = late.thread.get(30, TimeUnit.SECONDS);
      // an exception that got away would have ended the thread, with its stack on the terminal
      assertThat(later.thread.get(30, TimeUnit.SECONDS)).isSameAs(first);
    } finally {
      scan.close();
    }
  }

  @Test
  void whatNobodyWaitsForStopsSoonAndWhatComesAfterItIsScanned() throws Exception {
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.empty().with("cache.directory", cache.toUri().toString()));
    WireBatches set = WireBatches.random(3, 100_000);
    SetManifest manifest =
        new TwoJobs(settings, 1)
            .complete(List.of(set.message(set.batches(100_000, 1).get(0), 0)))
            .get(0);
    var context = new MockStreamingRuntimeContext(1, 0);
    String job = context.getJobInfo().getJobId().toString();
    Scan scan = new Scan(settings.cache(), settings.full());
    scan.setRuntimeContext(context);
    scan.open(DefaultOpenContext.INSTANCE);
    RunningScans running = RunningScans.use(job);
    try {
      Answer stopped = new Answer(false);
      Answer never = new Answer(false);
      Answer other = new Answer(false);
      // minutes of work
      scan.asyncInvoke(bootstrap(manifest, 1, 100_000), stopped);
      scan.asyncInvoke(bootstrap(manifest, 1, 100_000), never);
      scan.asyncInvoke(bootstrap(manifest, 2, 2), other);
      while (running.isIdle()) {
        Thread.onSpinWait();
      }
      assertThat(stopped.thread).isNotDone();
      running.stop(1);
      long start = System.nanoTime();
      stopped.thread.get(30, TimeUnit.SECONDS);
      never.thread.get(30, TimeUnit.SECONDS);
      assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(5));
      assertThat(stopped.error).isEqualTo(Scan.WITHDRAWN);
      assertThat(never.error).isEqualTo(Scan.WITHDRAWN);
      other.thread.get(30, TimeUnit.SECONDS);
      assertThat(other.error).isNull();
    } finally {
      RunningScans.giveBack(job);
      scan.close();
    }
  }

  private static Split bootstrap(SetManifest manifest, long round, int replicates) {
    Question question =
        new Question(
            List.of(),
            null,
            200,
            0.5,
            null,
            null,
            new Question.Bootstrap(replicates, 1),
            null,
            false,
            0);
    return new Split(
        "report",
        round,
        manifest.status().set(),
        0,
        1,
        Piece.of(List.of(manifest)),
        question,
        null,
        new Aside(Aside.Kind.BOOTSTRAP, null, 0, 1, List.of(), List.of()));
  }

  private static Split split() {
    List<Piece> pieces =
        List.of(new Piece("1".repeat(32), new Segment("0".repeat(32) + ".parquet", 10, 100)));
    SetIdentity set =
        new SetIdentity(
            "1".repeat(32), null, null, null, "val", "validation", null, false, Task.BINARY, 1);
    return new Split("report", 1, set, 0, 1, pieces, Question.everything(200, 0.5), null, null);
  }

  /** Knows the thread that answered; Flink rejects answers once a job is stopped. */
  private static final class Answer implements ResultFuture<Finding> {

    private final CompletableFuture<Thread> thread = new CompletableFuture<>();
    private final boolean stopped;
    private volatile String error;

    Answer(boolean stopped) {
      this.stopped = stopped;
    }

    @Override
    public void complete(Collection<Finding> result) {
      error = result.iterator().next().error();
      thread.complete(Thread.currentThread());
      if (stopped) {
        throw new RejectedExecutionException("mailbox is closed");
      }
    }

    @Override
    public void complete(CollectionSupplier<Finding> supplier) {
      throw new AssertionError("not used");
    }

    @Override
    public void completeExceptionally(Throwable error) {
      thread.completeExceptionally(error);
    }
  }
}
