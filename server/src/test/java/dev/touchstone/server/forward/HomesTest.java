package dev.touchstone.server.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.server.forward.ForwardSettings.Webhook;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class HomesTest {

  private static final Webhook HOOK = Webhook.to("http://hooks.example/a", Webhook.Format.SLACK);

  @Test
  void nothingIsForwardedUnlessItIsSaidWhere() {
    assertThat(Homes.of(ForwardSettings.off())).isEmpty();
  }

  @Test
  void eachHomeHasANameOfItsOwn() {
    assertThat(Homes.of(with(HOOK)))
        .extracting(Destination::name)
        .startsWith("mlflow", "tensorboard")
        .hasSize(3)
        .doesNotHaveDuplicates();
  }

  @Test
  void theSameWebhookTwiceIsRefused() {
    assertThatThrownBy(() -> Homes.of(with(HOOK, HOOK)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("forward.webhooks must name each url once, got webhook-hooks.");
  }

  private static ForwardSettings with(Webhook... webhooks) {
    return new ForwardSettings(
        "group",
        null,
        null,
        ForwardSettings.Mlflow.at("http://localhost:5000"),
        new ForwardSettings.Tensorboard(Path.of("boards")),
        List.of(webhooks));
  }
}
