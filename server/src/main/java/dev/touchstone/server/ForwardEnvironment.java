package dev.touchstone.server;

import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.ForwardSettings.Webhook;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Where results go, as variables of the environment say it. */
final class ForwardEnvironment {

  private ForwardEnvironment() {}

  /**
   * @throws IllegalArgumentException naming key, rule and value
   */
  static ForwardSettings settings(Map<String, String> environment) {
    String remoteWrite = value(environment, "TOUCHSTONE_REMOTE_WRITE_URL");
    String mlflow = value(environment, "TOUCHSTONE_MLFLOW_TRACKING_URI");
    String tensorboard = value(environment, "TOUCHSTONE_TENSORBOARD_DIRECTORY");
    String webhook = value(environment, "TOUCHSTONE_WEBHOOK_URL");
    String slack = value(environment, "TOUCHSTONE_SLACK_WEBHOOK_URL");
    String group = value(environment, "TOUCHSTONE_GROUP");
    List<Webhook> webhooks = new ArrayList<>();
    if (webhook != null) {
      webhooks.add(Webhook.to(webhook, Webhook.Format.JSON));
    }
    if (slack != null) {
      webhooks.add(Webhook.to(slack, Webhook.Format.SLACK));
    }
    return new ForwardSettings(
            group == null ? ForwardSettings.DEFAULT_GROUP : group,
            value(environment, "TOUCHSTONE_PUBLIC_URL"),
            remoteWrite == null
                ? null
                : new ForwardSettings.RemoteWrite(
                    remoteWrite,
                    null,
                    value(environment, "TOUCHSTONE_REMOTE_WRITE_USERNAME"),
                    null,
                    ForwardSettings.RemoteWrite.DEFAULT_MAX_SERIES),
            mlflow == null
                ? null
                : new ForwardSettings.Mlflow(
                    mlflow,
                    value(environment, "TOUCHSTONE_MLFLOW_EXPERIMENT"),
                    null,
                    value(environment, "TOUCHSTONE_MLFLOW_USERNAME"),
                    null),
            tensorboard == null ? null : new ForwardSettings.Tensorboard(Path.of(tensorboard)),
            webhooks)
        .withSecrets(name -> value(environment, name));
  }

  private static String value(Map<String, String> environment, String name) {
    String value = environment.get(name);
    return value == null || value.isBlank() ? null : value;
  }
}
