package dev.touchstone.cli.cache;

import dev.touchstone.jobs.cache.CacheDirectory;
import dev.touchstone.jobs.cache.CachePruning;
import dev.touchstone.jobs.cache.CachePruning.Removal;
import dev.touchstone.jobs.output.ForgottenSets;
import dev.touchstone.jobs.settings.EngineSettings;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Deletes what the settings don't keep. */
@Command(
    name = "prune",
    description = {
      "Deletes sets older than cache.retention_hours, then the oldest until the cache takes no",
      "more than cache.max_bytes, and left-over files. Never a pinned set.",
      "With --bootstrap the engine is told, so that triggers for a deleted set end INCOMPLETE."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone cache prune --dry-run",
      "  ./touchstone cache prune --set cache.max_bytes=100000000000 --bootstrap localhost:9092"
    },
    mixinStandardHelpOptions = true)
final class PruneCommand implements Callable<Integer> {

  @Mixin private CacheOptions cache = new CacheOptions();

  @Option(names = "--dry-run", description = "Only say what would be deleted.")
  private boolean dryRun;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "Kafka of the engine that uses this cache.")
  private String bootstrap;

  @Override
  public Integer call() throws IOException {
    EngineSettings settings =
        cache.settings(
            bootstrap == null
                ? cache.source()
                : cache.source().with("kafka.bootstrap_servers", bootstrap));
    CachePruning pruning =
        new CachePruning(
            new CacheDirectory(settings.cache().directory()), settings.cache(), settings.ledger());
    List<Removal> removals = pruning.plan(Instant.now());
    if (dryRun) {
      removals.forEach(removal -> System.out.println("would delete " + describe(removal)));
    } else {
      forget(settings, removals);
      pruning.carryOut(removals, removal -> System.out.println("deleted " + describe(removal)));
    }
    long bytes = removals.stream().mapToLong(Removal::bytes).sum();
    long sets = removals.stream().filter(r -> r.file() == null).count();
    System.out.println(
        sets
            + " sets, "
            + (removals.size() - sets)
            + " left-over files, "
            + Words.bytes(bytes)
            + (dryRun ? " would be freed" : " freed"));
    return 0;
  }

  /** First the engine is told: a set that is still there and unknown does no harm. */
  private void forget(EngineSettings settings, List<Removal> removals) throws IOException {
    List<Removal> sets = removals.stream().filter(r -> r.file() == null).toList();
    if (bootstrap == null || sets.isEmpty()) {
      return;
    }
    try (ForgottenSets topic = ForgottenSets.on(settings.kafka())) {
      topic.publish(sets.stream().map(removal -> removal.set().manifest()).toList());
    }
  }

  private static String describe(Removal removal) {
    return removal.set().setKey()
        + (removal.file() == null ? "" : "/" + Words.plain(removal.file().file()))
        + " ("
        + Words.bytes(removal.bytes())
        + "): "
        + removal.reason();
  }
}
