package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.functions.DefaultOpenContext;
import org.apache.flink.streaming.api.functions.async.CollectionSupplier;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScanTest {

  @TempDir Path cache;

  @Test
  void aScanThatEndsAfterItsJobWasStoppedSaysNothing() throws Exception {
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.empty().with("cache.directory", cache.toUri().toString()));
    Scan scan = new Scan(settings.cache(), settings.full());
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

  private static Split split() {
    List<Piece> pieces =
        List.of(new Piece("1".repeat(32), new Segment("0".repeat(32) + ".parquet", 10, 100)));
    SetIdentity set =
        new SetIdentity(
            "1".repeat(32), null, null, null, "val", "validation", null, false, Task.BINARY, 1);
    return new Split("report", set, 0, 1, pieces, Question.everything(200, 0.5), null, null);
  }

  /** Knows the thread that answered; Flink rejects answers once a job is stopped. */
  private static final class Answer implements ResultFuture<Finding> {

    private final CompletableFuture<Thread> thread = new CompletableFuture<>();
    private final boolean stopped;

    Answer(boolean stopped) {
      this.stopped = stopped;
    }

    @Override
    public void complete(Collection<Finding> result) {
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
