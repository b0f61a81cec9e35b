package dev.touchstone.cli.cache;

import dev.touchstone.jobs.cache.CacheDirectory;
import dev.touchstone.jobs.cache.CacheDirectory.Damage;
import dev.touchstone.jobs.cache.CachedSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Reads every byte that manifests promise. Exit codes: 0 sound, 1 damaged. */
@Command(
    name = "verify",
    description = {
      "Reads every segment of every manifest: checksums, row counts, digest.",
      "Names file and offset of each damage; exit code 1 if there is any."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ./touchstone cache verify", "  ./touchstone cache verify 3fa9"},
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {

  @Mixin private CacheOptions cache = new CacheOptions();

  @Parameters(
      paramLabel = "SET",
      arity = "0..*",
      description = "Set keys or their beginnings (default: all).")
  private List<String> keys = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    CacheDirectory directory = cache.directory();
    List<CachedSet> sets = new ArrayList<>();
    if (keys.isEmpty()) {
      sets.addAll(directory.sets());
    }
    for (String key : keys) {
      sets.add(directory.find(key));
    }
    List<Damage> damages = new ArrayList<>();
    long segments = 0;
    int complete = 0;
    for (CachedSet set : sets) {
      if (set.manifest() != null) {
        complete++;
        segments += set.manifest().segments().size();
      }
      directory.verify(
          set,
          damage -> {
            damages.add(damage);
            System.out.println(
                damage.setKey()
                    + "/"
                    + damage.file()
                    + " offset "
                    + damage.offset()
                    + ": "
                    + Words.plain(damage.rule()));
          });
    }
    System.out.println(
        complete
            + " sets, "
            + segments
            + " segments: "
            + (damages.isEmpty() ? "sound" : damages.size() + " damaged files"));
    return damages.isEmpty() ? 0 : 1;
  }
}
