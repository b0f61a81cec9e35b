package dev.touchstone.cli.cache;

import dev.touchstone.cli.SettingsOptions;
import dev.touchstone.jobs.cache.CacheDirectory;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which cache: that of an engine's data directory, or the one in the settings. */
final class CacheOptions {

  @Mixin private SettingsOptions settings;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Data directory of `touchstone up` (default: the setting cache.directory, data/cache).")
  private Path data;

  EngineSettings settings() {
    return EngineSettings.from(source());
  }

  SettingsSource source() {
    SettingsSource source = settings.source();
    if (data != null) {
      source.with("cache.directory", data.resolve("cache").toAbsolutePath().toUri().toString());
    }
    return source;
  }

  CacheDirectory directory() {
    return new CacheDirectory(settings().cache().directory());
  }
}
