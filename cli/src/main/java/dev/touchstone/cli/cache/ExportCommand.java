package dev.touchstone.cli.cache;

import dev.touchstone.cli.runtime.UsageException;
import dev.touchstone.jobs.cache.CacheDirectory;
import dev.touchstone.jobs.cache.CacheExport;
import dev.touchstone.jobs.cache.CachedSet;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One set as one file. */
@Command(
    name = "export",
    description = "Writes all rows of a set into one Parquet or CSV file.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone cache export 3fa9 --to predictions.parquet",
      "  ./touchstone cache export 3fa9 --to - --format csv | head"
    },
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {

  private static final String STDOUT = "-";

  /** What is written. */
  enum Format {
    parquet,
    csv
  }

  @Mixin private CacheOptions cache = new CacheOptions();

  @Parameters(paramLabel = "SET", description = "Set key or its beginning.")
  private String key;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      required = true,
      description = "The file, which must not be there yet; - for stdout.")
  private String to;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES} (default: as the file is called).")
  private Format format;

  @Override
  public Integer call() throws IOException {
    Format asked = format();
    CacheDirectory directory = cache.directory();
    CachedSet set = directory.find(key);
    CacheExport export = new CacheExport(directory);
    if (to.equals(STDOUT)) {
      write(export, set, asked, System.out);
      System.out.flush();
      return System.out.checkError() ? 1 : 0;
    }
    Path file = Path.of(to);
    if (Files.exists(file)) {
      throw new UsageException("--to must be a new file, got " + file + ", which is there");
    }
    Path draft = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(draft), 1 << 16)) {
        write(export, set, asked, out);
      }
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(draft);
    }
    return 0;
  }

  private Format format() {
    String name = to.toLowerCase(Locale.ROOT);
    if (format != null) {
      return format;
    }
    for (Format candidate : Format.values()) {
      if (name.endsWith("." + candidate)) {
        return candidate;
      }
    }
    throw new UsageException(
        "--to must end with .parquet or .csv, or --format be given, got " + to);
  }

  private static void write(CacheExport export, CachedSet set, Format format, OutputStream out)
      throws IOException {
    switch (format) {
      case parquet -> export.parquet(set, out);
      case csv -> export.csv(set, out);
    }
  }
}
