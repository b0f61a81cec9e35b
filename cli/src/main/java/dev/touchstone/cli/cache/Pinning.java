package dev.touchstone.cli.cache;

import dev.touchstone.jobs.cache.CacheDirectory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Pins sets, or takes their pins away. */
abstract class Pinning implements Callable<Integer> {

  @Mixin private CacheOptions cache = new CacheOptions();

  @Parameters(paramLabel = "SET", arity = "1..*", description = "Set keys or their beginnings.")
  private List<String> keys;

  private final boolean pinned;

  Pinning(boolean pinned) {
    this.pinned = pinned;
  }

  @Override
  public final Integer call() throws IOException {
    CacheDirectory directory = cache.directory();
    for (String key : keys) {
      directory.pin(directory.find(key), pinned);
    }
    return 0;
  }
}
