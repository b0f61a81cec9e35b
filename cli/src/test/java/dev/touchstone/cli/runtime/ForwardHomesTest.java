package dev.touchstone.cli.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.ForwardSettings.Mlflow;
import dev.touchstone.server.forward.ForwardSettings.RemoteWrite;
import dev.touchstone.server.forward.ForwardSettings.Tensorboard;
import dev.touchstone.server.forward.ForwardSettings.Webhook;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class ForwardHomesTest {

  private static final Function<String, String> NOTHING = name -> null;

  @Test
  void everySettingReachesTheServer() {
    SettingsSource source =
        SettingsSource.empty()
            .with("kafka.group_id", "team")
            .with("server.public_url", "https://page.example")
            .with("forward.remote_write.url", "http://prometheus:9090/api/v1/write")
            .with("forward.remote_write.username", "me")
            .with("forward.remote_write.max_series", 7)
            .with("forward.mlflow.tracking_uri", "http://mlflow:5000")
            .with("forward.mlflow.experiment", "fraud")
            .with("forward.tensorboard.directory", "logs")
            .with("forward.webhooks", "[{url: 'https://chat.example', format: slack, on: [STOP]}]");

    ForwardSettings settings =
        ForwardHomes.of(
            EngineSettings.from(source),
            Map.of("TOUCHSTONE_REMOTE_WRITE_PASSWORD", "from outside")::get);

    assertThat(settings)
        .isEqualTo(
            new ForwardSettings(
                "team",
                "https://page.example",
                new RemoteWrite(
                    "http://prometheus:9090/api/v1/write", null, "me", "from outside", 7),
                new Mlflow("http://mlflow:5000", "fraud", null, null, null),
                new Tensorboard(Path.of("logs")),
                List.of(
                    new Webhook(
                        "https://chat.example",
                        null,
                        Webhook.Format.SLACK,
                        Set.of(Webhook.On.STOP)))));
  }

  @Test
  void withoutSettingsNothingIsForwarded() {
    assertThat(ForwardHomes.of(EngineSettings.from(SettingsSource.empty()), NOTHING))
        .isEqualTo(ForwardSettings.off());
  }

  @Test
  void anAddressThatIsNoneIsNamedBeforeAnythingStarts() {
    EngineSettings settings =
        EngineSettings.from(SettingsSource.empty().with("forward.remote_write.url", "localhost"));
    assertThatThrownBy(() -> ForwardHomes.of(settings, NOTHING))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("forward.remote_write.url must be http://… or https://…, got \"localhost\"");
  }
}
