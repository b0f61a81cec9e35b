package dev.touchstone.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings and where the server's main takes them from. */
class ServerSettingsTest {

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "TOUCHSTONE_BOOTSTRAP", "kafka:9092",
          "TOUCHSTONE_HOST", "0.0.0.0",
          "TOUCHSTONE_PORT", "9000",
          "TOUCHSTONE_PREFIX", "ml.",
          "TOUCHSTONE_TOKEN", "a long secret");

  @Test
  void theEnvironmentIsReadAndArgumentsWin() {
    ServerSettings s = ServerMain.settings(new String[] {"--port", "0"}, ENVIRONMENT);

    assertThat(s.port()).isZero();
    assertThat(s.host()).isEqualTo("0.0.0.0");
    assertThat(s.bootstrap()).isEqualTo("kafka:9092");
    assertThat(s.topics().metrics()).isEqualTo("ml.metrics");
    assertThat(s.token()).isEqualTo("a long secret");
  }

  @Test
  void theTokenIsNotPrinted() {
    assertThat(ServerMain.settings(new String[0], ENVIRONMENT))
        .hasToString(
            "ServerSettings[host=0.0.0.0, port=9000, bootstrap=kafka:9092, topics=ml.,"
                + " token=set]");
  }

  @Test
  void onlyThisMachineIsServedUnlessToldOtherwise() {
    assertThat(ServerSettings.of(8080, "localhost:9092").host()).isEqualTo("127.0.0.1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--port x|server.port must be a whole number in [0, 65535], got \"x\"",
        "--port 70000|server.port must be in [0, 65535], got 70000",
        "--bootstrap localhost"
            + "|kafka.bootstrap must be host:port[,host:port…], got \"localhost\"",
        "--prefix a/b|topic prefix must be at most 100 of [A-Za-z0-9._-], got \"a/b\"",
        "--port|argument --port must be followed by a value",
        "serve|argument must be one of --bootstrap, --host, --port, --prefix, got \"serve\""
      })
  void aWrongArgumentIsNamedWithRuleAndValue(String args, String message) {
    assertThatThrownBy(() -> ServerMain.settings(args.split(" "), ENVIRONMENT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void withoutKafkaThereIsNoServer() {
    assertThatThrownBy(() -> ServerMain.settings(new String[0], Map.of()))
        .hasMessage("kafka.bootstrap must be host:port[,host:port…], got \"null\"");
  }

  @Test
  void aShortTokenIsRefusedAndNotQuoted() {
    assertThatThrownBy(() -> ServerSettings.of(0, "localhost:1").withToken("hunter2"))
        .hasMessage("server.token must have at least 8 characters, got 7");
  }

  @Test
  void whereResultsGoIsReadFromTheEnvironment() {
    ServerSettings s =
        ServerMain.settings(
            new String[] {"--bootstrap", "kafka:9092"},
            Map.of(
                "TOUCHSTONE_REMOTE_WRITE_URL", "http://prometheus:9090/api/v1/write",
                "TOUCHSTONE_REMOTE_WRITE_TOKEN", "a long secret",
                "TOUCHSTONE_SLACK_WEBHOOK_URL", "https://hooks.example.com/x",
                "TOUCHSTONE_PUBLIC_URL", " "));

    assertThat(s.forward().remoteWrite().url()).isEqualTo("http://prometheus:9090/api/v1/write");
    assertThat(s.forward().remoteWrite().bearerToken()).isEqualTo("a long secret");
    assertThat(s.forward().webhooks()).hasSize(1);
    assertThat(s.forward().mlflow()).isNull();
    assertThat(s.forward().publicUrl()).as("blank is not set").isNull();
  }
}
