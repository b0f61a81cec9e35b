package dev.touchstone.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;

/** Splits rows among threads. */
final class Shares {
  private Shares() {}

  /** Work on rows [from, to). */
  interface Work {
    long of(int from, int to);
  }

  /** The sum over equal shares, each on a thread of its own. */
  static long sum(int threads, int rows, Work work) {
    if (threads == 1) {
      return work.of(0, rows);
    }
    var pool = new ForkJoinPool(threads);
    try {
      List<Callable<Long>> tasks = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int from = (int) ((long) rows * i / threads);
        int to = (int) ((long) rows * (i + 1) / threads);
        tasks.add(() -> work.of(from, to));
      }
      long sum = 0;
      for (Future<Long> share : pool.invokeAll(tasks)) {
        sum += share.get();
      }
      return sum;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      pool.shutdown();
    }
  }
}
