package dev.touchstone.jobs.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.metrics.stopping.Mode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineSettingsTest {

  @TempDir Path directory;

  @Test
  void theShippedFileSaysExactlyTheDefaults() {
    EngineSettings shipped =
        EngineSettings.from(SettingsSource.of(Path.of("../conf/touchstone.yaml")));
    assertThat(shipped).isEqualTo(EngineSettings.from(SettingsSource.empty()));
  }

  @Test
  void anUnknownKeyIsNamed() throws Exception {
    Path file = file("full:\n  treshold: 3\n");
    assertThatThrownBy(() -> EngineSettings.from(SettingsSource.of(file)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unknown setting full.treshold in " + file);
  }

  @Test
  void aValueOutOfRangeIsNamedWithItsRule() {
    assertThatThrownBy(
            () -> EngineSettings.from(SettingsSource.empty().with("full.thresholds", "1")))
        .hasMessage("setting full.thresholds must be an integer in [2, 10000], got 1 (defaults)");
    assertThatThrownBy(
            () ->
                EngineSettings.from(
                    SettingsSource.empty().with("fast.decision_threshold", "often")))
        .hasMessage(
            "setting fast.decision_threshold must be a number in [0.0, 1.0], got often (defaults)");
  }

  @Test
  void overridesWinOverTheFile() throws Exception {
    SettingsSource source = SettingsSource.of(file("full:\n  thresholds: 50\n"));
    assertThat(EngineSettings.from(source.with("full.thresholds", 70)).full().thresholds())
        .isEqualTo(70);
  }

  @Test
  void clientPropertiesPassThrough() throws Exception {
    EngineSettings settings =
        EngineSettings.from(
            SettingsSource.of(file("kafka:\n  client:\n    security.protocol: SSL\n")));
    assertThat(settings.kafka().client()).containsEntry("security.protocol", "SSL");
  }

  @Test
  void aFileThatIsNoMapIsRefused() throws Exception {
    Path file = file("- a\n- b\n");
    assertThatThrownBy(() -> SettingsSource.of(file))
        .hasMessageContaining("must be a map of sections");
    Path broken = file("a: [");
    assertThatThrownBy(() -> SettingsSource.of(broken)).hasMessageContaining("is not YAML");
  }

  private Path file(String yaml) throws Exception {
    return Files.writeString(directory.resolve("settings.yaml"), yaml);
  }

  private static void assertRefused(String reason, Object... settings) {
    SettingsSource source = SettingsSource.empty();
    for (int i = 0; i < settings.length; i += 2) {
      source.with("signals." + settings[i], settings[i + 1]);
    }
    assertThatThrownBy(() -> EngineSettings.from(source))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("setting signals." + reason);
  }

  @Test
  void settingsOfSignalsThatContradictEachOtherAreRefused() {
    assertRefused("patience must be at least 1 for rule confirmed, got 0", "patience", 0);
    assertRefused(
        "strict must be false for rule keras, which has no intervals, got true",
        "rule",
        "keras",
        "strict",
        true);
    assertRefused("baseline must be left out for rule confirmed, got 0.5", "baseline", 0.5);
    assertRefused(
        "start_from must be 0 for rule lightning, got 3", "rule", "lightning", "start_from", 3);
    assertRefused(
        "check_finite must be left out for rule keras, got false",
        "rule",
        "keras",
        "check_finite",
        false);
    assertRefused(
        "divergence_threshold must be left out for rule confirmed, got 0.1",
        "divergence_threshold",
        0.1);
    assertRefused(
        "stopping_threshold must be better than signals.divergence_threshold, 0.3, got 0.4",
        "rule",
        "lightning",
        "metric",
        "log_loss",
        "stopping_threshold",
        0.4,
        "divergence_threshold",
        0.3);
    assertRefused(
        "mode must be min for metric log_loss, got max", "metric", "log_loss", "mode", "max");
    assertRefused(
        "ask_full_tier must be false for rule keras, which has no intervals, got true",
        "rule",
        "keras",
        "ask_full_tier",
        true);
  }

  @Test
  void aRuleWithChangesIsTheRuleOfThoseSettings() {
    RuleSettings own = EngineSettings.from(SettingsSource.empty()).signals().rule();
    assertThat(own.with(Map.of())).isEqualTo(own);
    RuleSettings changed =
        own.with(
            Map.of("rule", "lightning", "metric", "rmse", "mode", "min", "check_finite", "false"));
    assertThat(changed.kind()).isEqualTo(RuleSettings.Kind.LIGHTNING);
    assertThat(changed.mode()).isEqualTo(Mode.MIN);
    assertThat(changed.checkFinite()).isFalse();
    assertThat(changed.with(Map.of())).isEqualTo(changed);
    assertThat(changed.describe()).isEqualTo("min_delta=0.002 patience=5 check_finite=false");
  }

  @Test
  void nothingIsForwardedUnlessAsked() {
    ForwardSettings forward = EngineSettings.from(SettingsSource.empty()).forward();
    assertThat(forward.remoteWrite().url()).isNull();
    assertThat(forward.mlflow().trackingUri()).isNull();
    assertThat(forward.tensorboardDirectory()).isNull();
    assertThat(forward.webhooks()).isEmpty();
  }

  @Test
  void webhooksAreAListInTheFileAndOnTheCommandLine() throws Exception {
    Path file =
        file(
            """
            forward:
              webhooks:
                - url: https://a.example
                  secret: long enough
                - url: https://b.example
                  format: slack
                  on: [STOP]
            """);
    assertThat(EngineSettings.from(SettingsSource.of(file)).forward().webhooks())
        .containsExactly(
            new ForwardSettings.Webhook(
                "https://a.example", "long enough", "json", List.of("STOP", "VERDICT")),
            new ForwardSettings.Webhook("https://b.example", null, "slack", List.of("STOP")));
    SettingsSource set =
        SettingsSource.empty().with("forward.webhooks", "[{url: https://c.example}]");
    assertThat(EngineSettings.from(set).forward().webhooks())
        .extracting(ForwardSettings.Webhook::url)
        .containsExactly("https://c.example");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no list|setting forward.webhooks must be a list, got no list (defaults)",
        "[https://a.example]|setting forward.webhooks[0] must be a map with a url, got none",
        "[{on: [STOP]}]|setting forward.webhooks[0].url must be given, got null",
        "[{url: x, link: y}]|unknown setting [link] in forward.webhooks[0], which knows"
            + " [format, on, secret, url]",
        "[{url: x, format: xml}]"
            + "|setting forward.webhooks[0].format must be one of [json, slack], got xml",
        "[{url: x}, {url: y, on: [GO]}]"
            + "|setting forward.webhooks[1].on must be a list of [STOP, VERDICT], got [GO]",
        "[{url: x, on: STOP}]"
            + "|setting forward.webhooks[0].on must be a list of [STOP, VERDICT], got STOP"
      })
  void aWebhookThatIsWrongIsNamed(String webhooks, String message) {
    SettingsSource source = SettingsSource.empty().with("forward.webhooks", webhooks);
    assertThatThrownBy(() -> EngineSettings.from(source))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
