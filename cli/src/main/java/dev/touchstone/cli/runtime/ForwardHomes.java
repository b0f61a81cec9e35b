package dev.touchstone.cli.runtime;

import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.ForwardSettings.Mlflow;
import dev.touchstone.server.forward.ForwardSettings.RemoteWrite;
import dev.touchstone.server.forward.ForwardSettings.Tensorboard;
import dev.touchstone.server.forward.ForwardSettings.Webhook;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Hands the section {@code forward} of the settings to the server. */
final class ForwardHomes {

  private ForwardHomes() {}

  /**
   * @param environment the value of a variable, or null: secrets may be there
   * @throws IllegalArgumentException naming key, rule and value
   */
  static ForwardSettings of(EngineSettings settings, Function<String, String> environment) {
    var asked = settings.forward();
    var write = asked.remoteWrite();
    var mlflow = asked.mlflow();
    return new ForwardSettings(
            settings.kafka().groupId(),
            settings.server().publicUrl(),
            write.url() == null
                ? null
                : new RemoteWrite(
                    write.url(),
                    write.bearerToken(),
                    write.username(),
                    write.password(),
                    write.maxSeries()),
            mlflow.trackingUri() == null
                ? null
                : new Mlflow(
                    mlflow.trackingUri(),
                    mlflow.experiment(),
                    mlflow.token(),
                    mlflow.username(),
                    mlflow.password()),
            asked.tensorboardDirectory() == null
                ? null
                : new Tensorboard(Path.of(asked.tensorboardDirectory())),
            asked.webhooks().stream()
                .map(
                    hook ->
                        new Webhook(
                            hook.url(),
                            hook.secret(),
                            Webhook.Format.valueOf(hook.format().toUpperCase(Locale.ROOT)),
                            events(hook.on())))
                .toList())
        .withSecrets(environment);
  }

  private static Set<Webhook.On> events(List<String> names) {
    return names.stream()
        .map(Webhook.On::valueOf)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
