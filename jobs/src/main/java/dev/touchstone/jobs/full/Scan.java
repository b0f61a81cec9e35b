package dev.touchstone.jobs.full;

import dev.touchstone.jobs.cache.SegmentReader;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.settings.EngineSettings.CacheSettings;
import dev.touchstone.jobs.settings.EngineSettings.FullSettings;
import dev.touchstone.metrics.binary.RangeScan;
import dev.touchstone.metrics.binary.RangeTask;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.async.ResultFuture;
import org.apache.flink.streaming.api.functions.async.RichAsyncFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scans one split on a thread of its own, so that Flink checkpoints pass while rows are read. What
 * is under way when a process dies is scanned again: Flink keeps the split, not the half result.
 * What nobody waits for any more ends soon, with {@link #WITHDRAWN} for an answer.
 */
public final class Scan extends RichAsyncFunction<Split, Finding> {

  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(Scan.class);
  private static final int TRIES = 3;

  /** Nobody reads it: the round is over by then. */
  static final String WITHDRAWN = "nobody waits for it any more";

  private final CacheSettings cache;
  private final FullSettings settings;
  private transient ExecutorService thread;
  private transient RunningScans running;

  public Scan(CacheSettings cache, FullSettings settings) {
    this.cache = cache;
    this.settings = settings;
  }

  @Override
  public void open(OpenContext context) {
    running = RunningScans.use(jobId());
    thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread daemon = new Thread(task, "scan");
              daemon.setDaemon(true);
              return daemon;
            });
  }

  @Override
  public void close() {
    if (thread != null) {
      thread.shutdownNow();
      RunningScans.giveBack(jobId());
    }
  }

  private String jobId() {
    return getRuntimeContext().getJobInfo().getJobId().toString();
  }

  @Override
  public void asyncInvoke(Split split, ResultFuture<Finding> result) {
    thread.execute(() -> answer(scanUnlessStopped(split), result));
  }

  private Finding scanUnlessStopped(Split split) {
    if (!running.begin(split.round())) {
      return Finding.failed(split, WITHDRAWN);
    }
    try {
      return scan(split);
    } finally {
      running.end();
    }
  }

  private static void answer(Finding finding, ResultFuture<Finding> result) {
    try {
      result.complete(List.of(finding));
    } catch (RejectedExecutionException e) {
      // the job was stopped meanwhile: nobody listens, and the split is scanned again on restart
      LOG.debug("a scan of set {} came too late", finding.split().set().setKey(), e);
    }
  }

  @Override
  public void timeout(Split split, ResultFuture<Finding> result) {
    result.complete(
        List.of(
            Finding.failed(
                split, "scanning took longer than " + settings.scanTimeoutSeconds() + " s")));
  }

  private Finding scan(Split split) {
    for (int attempt = 1; ; attempt++) {
      try {
        long start = System.nanoTime();
        byte[] payload = payload(split);
        return new Finding(split, payload, null, System.nanoTime() - start);
      } catch (CancellationException e) {
        return Finding.failed(split, WITHDRAWN);
      } catch (IOException e) {
        if (running.isStopped(split.round())) {
          return Finding.failed(split, WITHDRAWN);
        }
        LOG.warn("scan of set {} failed, try {} of {}", split.set().setKey(), attempt, TRIES, e);
        if (attempt == TRIES || e instanceof dev.touchstone.jobs.cache.CorruptSegmentException) {
          return Finding.failed(split, e.getMessage());
        }
      } catch (IllegalArgumentException e) {
        // what is asked can't be answered from these rows, and the message says why
        LOG.warn("scan of set {} failed", split.set().setKey(), e);
        return Finding.failed(split, e.getMessage());
      } catch (OutOfMemoryError e) {
        // what the scan held is free again; without an answer the evaluation would wait for its
        // timeout
        LOG.error("scan of set {} ran out of memory", split.set().setKey(), e);
        return Finding.failed(
            split,
            "scanning needed more memory than a task manager has: lower full.rows_per_range or"
                + " full.max_rows_in_memory, or give it more");
      } catch (RuntimeException e) {
        LOG.error("scan of set {} failed", split.set().setKey(), e);
        return Finding.failed(split, e.toString());
      }
    }
  }

  private byte[] payload(Split split) throws IOException {
    if (split.aside() != null) {
      return aside(split);
    }
    return split.range() == null ? count(split) : resolve(split);
  }

  private byte[] aside(Split split) throws IOException {
    PieceReader reader = reader();
    HeldAnalyses held = new HeldAnalyses(split, reader);
    return SectionJson.toBytes(
        switch (split.aside().kind()) {
          case SLICES -> new SliceScan(split, reader, settings.rowsPerRange()).result();
          case BASELINE ->
              split.set().task() == Task.BINARY
                  ? held.comparison()
                  : new TaskHeld(split, reader).comparison();
          case BOOTSTRAP ->
              split.set().task() == Task.BINARY
                  ? held.bootstrap()
                  : new TaskHeld(split, reader).bootstrap();
          case HONEST_POINTS -> held.honestPoints();
          case FOLDS ->
              split.set().task() == Task.BINARY
                  ? held.folds()
                  : new TaskFolds(split, reader).result();
        });
  }

  private byte[] count(Split split) throws IOException {
    TaskPass pass = TaskPass.of(split.set(), split.question());
    reader().read(split.pieces(), SegmentReader.Also.NOTHING, pass::accept);
    return pass.toBytes();
  }

  private byte[] resolve(Split split) throws IOException {
    RangeScan scan = RangeScan.of(RangeTask.fromBytes(split.range()));
    reader()
        .read(
            split.pieces(),
            SegmentReader.Also.NOTHING,
            page -> scan.accept(page.scores().get(0), page.labels().get(0), page.weights()));
    return scan.result().toBytes();
  }

  private PieceReader reader() {
    return new PieceReader(new SegmentReader(cache.directory()), settings.maxRowsInMemory());
  }
}
