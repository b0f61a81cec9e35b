package dev.touchstone.cli;

import dev.touchstone.jobs.settings.SettingsSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** {@code --conf} and {@code --set}, for every command that starts an engine. */
public final class SettingsOptions {

  @Option(
      names = "--conf",
      paramLabel = "FILE",
      description = "Settings file (default: conf/touchstone.yaml).")
  private Path conf;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One setting, over the file; may be repeated.")
  private Map<String, String> overrides = new LinkedHashMap<>();

  /** Where the project lies: the launcher says so. */
  static Path home() {
    return Path.of(System.getProperty("touchstone.home", ""));
  }

  /** The directory of Flink's config.yaml. */
  public Path confDirectory() {
    return conf != null
            && conf.toAbsolutePath().getParent() != null
            && Files.exists(conf.toAbsolutePath().resolveSibling("config.yaml"))
        ? conf.toAbsolutePath().getParent()
        : home().resolve("conf");
  }

  /** A fresh source: file first, then overrides. */
  public SettingsSource source() {
    Path file = conf == null ? home().resolve("conf/touchstone.yaml") : conf;
    SettingsSource source = SettingsSource.of(file);
    overrides.forEach(source::with);
    return source;
  }
}
