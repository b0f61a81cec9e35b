package dev.touchstone.jobs.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
