package dev.touchstone.cli.evaluate;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;

/** Says on stderr what long work is doing; short work is done in silence. */
public final class Progress implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 2_000;

  private final PrintStream err;
  private final boolean quiet;
  private final long start = System.nanoTime();
  private final Thread ticker;
  private volatile String doing = "starting";

  /** Starts; silent if {@code quiet}. */
  public Progress(PrintStream err, boolean quiet) {
    this.err = err;
    this.quiet = quiet;
    this.ticker = new Thread(this::tick, "progress");
    ticker.setDaemon(true);
    if (!quiet) {
      ticker.start();
    }
  }

  /** What comes next, such as {@code reading preds.csv}. */
  public void doing(String what) {
    doing = what;
  }

  /** A message that matters however short the work is. */
  void note(String message) {
    if (!quiet) {
      err.println(message);
    }
  }

  private void tick() {
    try {
      for (long wait = PATIENCE_MILLIS; ; wait *= 2) {
        Thread.sleep(wait);
        err.println(doing + " … " + seconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long seconds() {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
  }

  @Override
  public void close() {
    ticker.interrupt();
  }
}
