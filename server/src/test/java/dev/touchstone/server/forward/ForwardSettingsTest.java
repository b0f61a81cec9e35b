package dev.touchstone.server.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.server.forward.ForwardSettings.Mlflow;
import dev.touchstone.server.forward.ForwardSettings.RemoteWrite;
import dev.touchstone.server.forward.ForwardSettings.Webhook;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ForwardSettingsTest {

  private static final String HOOK = "https://hooks.example.com/services/T0/hush";

  @Test
  void anAddressMustBeHttpAndItsPasswordIsNotQuoted() {
    assertThatThrownBy(() -> RemoteWrite.to("localhost:9090"))
        .hasMessage(
            "forward.remote_write.url must be http://… or https://…, got \"localhost:9090\"");
    assertThatThrownBy(() -> Mlflow.at("ftp://me:hush@host/"))
        .hasMessage(
            "forward.mlflow.tracking_uri must be http://… or https://…, got \"ftp://host/\"");
    assertThatThrownBy(() -> Webhook.to("not an address", Webhook.Format.JSON))
        .hasMessageStartingWith("forward.webhooks url must be http://… or https://…");
  }

  @Test
  void settingsPrintWithoutSecrets() {
    var settings =
        new ForwardSettings(
            "touchstone",
            null,
            new RemoteWrite("http://me:hush@host/write", "hush hush", null, null, 10),
            new Mlflow("http://me:hush@host", null, null, "me", "hush hush"),
            null,
            List.of(new Webhook(HOOK, "hush hush", Webhook.Format.JSON, Set.of(Webhook.On.STOP))));
    assertThat(settings.toString()).doesNotContain("hush hush").contains("host", "secret=set");
  }

  @Test
  void secretsMayComeFromTheEnvironmentAndThoseOfTheFileWin() {
    Map<String, String> environment =
        Map.of(
            "TOUCHSTONE_REMOTE_WRITE_TOKEN", "token",
            "TOUCHSTONE_MLFLOW_PASSWORD", "password",
            "TOUCHSTONE_WEBHOOK_SECRET", "a secret");
    var settings =
        new ForwardSettings(
                "touchstone",
                null,
                RemoteWrite.to("http://host/write"),
                new Mlflow("http://host", null, null, "me", null),
                null,
                List.of(
                    Webhook.to(HOOK, Webhook.Format.JSON),
                    new Webhook(
                        HOOK, "one of its own", Webhook.Format.JSON, Set.of(Webhook.On.STOP)),
                    Webhook.to(HOOK, Webhook.Format.SLACK)))
            .withSecrets(environment::get);
    assertThat(settings.remoteWrite().bearerToken()).isEqualTo("token");
    assertThat(settings.mlflow().password()).isEqualTo("password");
    assertThat(settings.mlflow().token()).isNull();
    assertThat(settings.webhooks())
        .extracting(Webhook::secret)
        .containsExactly("a secret", "one of its own", null);
  }

  @Test
  void nothingIsForwardedUnlessAsked() {
    assertThat(Homes.of(ForwardSettings.off())).isEmpty();
  }
}
