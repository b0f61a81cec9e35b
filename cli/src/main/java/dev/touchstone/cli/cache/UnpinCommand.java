package dev.touchstone.cli.cache;

import dev.touchstone.jobs.cache.CacheDirectory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lets a pinned set be pruned again. */
@Command(
    name = "unpin",
    description = "Lets a pinned set be pruned again.",
    mixinStandardHelpOptions = true)
final class UnpinCommand implements Callable<Integer> {

  @Mixin private CacheOptions cache = new CacheOptions();

  @Parameters(paramLabel = "SET", arity = "1..*", description = "Set keys or their beginnings.")
  private List<String> keys;

  @Override
  public Integer call() throws IOException {
    CacheDirectory directory = cache.directory();
    for (String key : keys) {
      directory.pin(directory.find(key), false);
    }
    return 0;
  }
}
