package dev.touchstone.jobs;

import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.nio.file.Path;

/**
 * Arguments of a job's main(): {@code [--conf FILE] [--bootstrap HOST:PORT] [--set KEY=VALUE]…}.
 */
final class JobArguments {

  private JobArguments() {}

  static EngineSettings parse(String[] args) {
    SettingsSource source = SettingsSource.empty();
    for (int i = 0; i < args.length; i += 2) {
      if (i + 1 == args.length) {
        throw new IllegalArgumentException(args[i] + " must be followed by a value");
      }
      if (args[i].equals("--conf")) {
        source = SettingsSource.of(Path.of(args[i + 1]));
      }
    }
    for (int i = 0; i < args.length; i += 2) {
      String value = args[i + 1];
      switch (args[i]) {
        case "--conf" -> {}
        case "--bootstrap" -> source.with("kafka.bootstrap_servers", value);
        case "--set" -> {
          int equals = value.indexOf('=');
          if (equals < 1) {
            throw new IllegalArgumentException("--set must be KEY=VALUE, got " + value);
          }
          source.with(value.substring(0, equals), value.substring(equals + 1));
        }
        default ->
            throw new IllegalArgumentException(
                "argument must be --conf, --bootstrap or --set, got " + args[i]);
      }
    }
    return EngineSettings.from(source);
  }
}
