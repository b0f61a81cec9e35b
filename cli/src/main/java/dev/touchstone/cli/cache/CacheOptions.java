package dev.touchstone.cli.cache;

import dev.touchstone.cli.SettingsOptions;
import dev.touchstone.jobs.cache.CacheDirectory;
import dev.touchstone.jobs.cache.CacheFileSystems;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.nio.file.Path;
import org.apache.flink.configuration.GlobalConfiguration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which cache: that of an engine's data directory, or the one in the settings. */
public final class CacheOptions {

  @Mixin private SettingsOptions settings;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Data directory of `touchstone up` (default: the setting cache.directory, data/cache).")
  private Path data;

  /** All settings; Flink's file systems are ready when they are known. */
  EngineSettings settings(SettingsSource source) {
    EngineSettings asked = EngineSettings.from(source);
    boolean uri = CacheFileSystems.isUri(asked.cache().directory());
    if (uri) {
      CacheFileSystems.load(
          GlobalConfiguration.loadConfiguration(settings.confDirectory().toString()));
    }
    return asked;
  }

  SettingsSource source() {
    SettingsSource source = settings.source();
    if (data != null) {
      // as `up` does: a directory that says its own file system stays
      String asked = EngineSettings.from(settings.source()).cache().directory();
      if (!CacheFileSystems.isUri(asked)) {
        source.with("cache.directory", data.resolve("cache").toAbsolutePath().toUri().toString());
      }
    }
    return source;
  }

  /** The cache. */
  public CacheDirectory directory() {
    return new CacheDirectory(settings(source()).cache().directory());
  }
}
