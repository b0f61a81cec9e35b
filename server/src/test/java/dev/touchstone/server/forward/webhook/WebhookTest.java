package dev.touchstone.server.forward.webhook;

import static dev.touchstone.server.forward.SampleResults.point;
import static dev.touchstone.server.forward.SampleResults.stop;
import static dev.touchstone.server.forward.SampleResults.verdict;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.server.forward.Delivered;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.ForwardSettings.Webhook.Format;
import dev.touchstone.server.forward.ForwardSettings.Webhook.On;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.view.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookTest {

  private static final String SECRET = "shared-with-the-receiver";
  // five seconds after the results
  private static final Instant NOW = Instant.ofEpochMilli(1_700_000_005_000L);

  private Receiver receiver;

  @BeforeEach
  void listen() throws IOException {
    receiver = new Receiver();
  }

  @AfterEach
  void stopListening() {
    receiver.close();
  }

  @Test
  void aStopIsToldWithASignatureOverTimeAndBody() throws Exception {
    assertThat(webhook(Format.JSON).deliver(List.of(stop()))).isEqualTo(Delivered.all(1));

    Receiver.Message message = receiver.messages().get(0);
    assertThat(message.signature()).matches("t=1700000005,v1=[0-9a-f]{64}");
    assertThat(message.signature()).endsWith("v1=" + hmac("1700000005." + message.text()));
    assertThat(message.type()).isEqualTo("application/json");
    JsonNode json = Json.MAPPER.readTree(message.bytes());
    assertThat(json.path("type").asText()).isEqualTo("STOP");
    assertThat(json.path("id").asText()).isEqualTo(message.delivery()).hasSize(32);
    assertThat(json.path("signal").path("difference_low").asDouble()).isEqualTo(-0.02);
    assertThat(json.path("link").asText()).isEqualTo("https://eval.example/t/#/runs/fraud-7");
  }

  @Test
  void aVerdictIsToldAndPointsAndContinuesAreNot() throws Exception {
    Delivered delivered =
        webhook(Format.JSON)
            .deliver(List.of(point(), stop("decision", "CONTINUE"), verdict("recall 0.4 < 0.5")));

    assertThat(delivered).isEqualTo(Delivered.all(1));
    JsonNode json = Json.MAPPER.readTree(receiver.messages().get(0).bytes());
    assertThat(json.path("type").asText()).isEqualTo("VERDICT");
    assertThat(json.path("verdict").path("outcome").asText()).isEqualTo("FAIL");
    assertThat(json.path("link").asText()).endsWith("#/runs/fraud-7/checkpoints/step-16");
  }

  @Test
  void onlyWhatIsAskedForIsTold() throws Exception {
    var settings =
        new ForwardSettings.Webhook(receiver.url().toString(), null, Format.JSON, Set.of(On.STOP));
    var webhook = new Webhook(settings, null, clock());

    assertThat(webhook.deliver(List.of(verdict()))).isEqualTo(Delivered.all(0));
    assertThat(webhook.deliver(List.of(stop()))).isEqualTo(Delivered.all(1));

    assertThat(receiver.messages()).hasSize(1);
    assertThat(receiver.messages().get(0).signature()).isNull();
    assertThat(receiver.messages().get(0).text()).contains("\"link\":null");
  }

  @Test
  void whatComesAgainHasTheSameIdAndIsNotToldTwice() throws Exception {
    receiver.answering(200, 503);
    var webhook = webhook(Format.JSON);
    var both = List.of(stop(), verdict());

    assertThatThrownBy(() -> webhook.deliver(List.copyOf(both)))
        .isInstanceOf(HomeAwayException.class)
        .hasMessage("http://127.0.0.1:" + receiver.url().getPort() + " answered 503");
    assertThat(webhook.deliver(List.copyOf(both))).isEqualTo(Delivered.all(2));

    var ids = receiver.messages().stream().map(Receiver.Message::delivery).toList();
    assertThat(ids).hasSize(3);
    assertThat(ids.get(1)).isEqualTo(ids.get(2)).isNotEqualTo(ids.get(0));
    // another process tells it again, under the same id
    webhook(Format.SLACK).deliver(List.of(stop("ts", 1_700_000_001_000L)));
    assertThat(receiver.messages().get(3).delivery()).isEqualTo(ids.get(0));
  }

  @Test
  void aReceiverThatAlwaysFailsOnAMessageHoldsUpTheOthersOnlySoLong() throws Exception {
    receiver.answering(500, 500, 500, 500, 500, 500, 500, 500, 500, 500);
    var webhook = webhook(Format.JSON);

    for (int i = 1; i < 10; i++) {
      String which = i + " of 10";
      assertThatThrownBy(() -> webhook.deliver(List.of(stop(), verdict())))
          .isInstanceOf(HomeAwayException.class)
          .hasMessageContaining(which);
    }
    assertThat(webhook.deliver(List.of(stop(), verdict())))
        .isEqualTo(new Delivered(1, Map.of("receiver_failed", 1)));
  }

  @ParameterizedTest
  @CsvSource({
    "302, moved",
    "400, rejected",
    "401, unauthorized",
    "403, unauthorized",
    "404, rejected",
    "410, gone"
  })
  void aMessageThatIsRefusedIsCountedAndNotToldAgain(int status, String reason) throws Exception {
    receiver.answering(status);
    var webhook = webhook(Format.JSON);

    assertThat(webhook.deliver(List.of(stop()))).isEqualTo(new Delivered(0, Map.of(reason, 1)));

    assertThat(receiver.messages()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "200, TAKEN",
    "204, TAKEN",
    "301, MOVED",
    "307, MOVED",
    "400, REJECTED",
    "401, UNAUTHORIZED",
    "403, UNAUTHORIZED",
    "404, REJECTED",
    "408, LATER",
    "410, GONE",
    "413, REJECTED",
    "425, LATER",
    "429, LATER",
    "500, FAILED",
    "501, FAILED",
    "502, LATER",
    "503, LATER",
    "504, LATER",
    "100, REJECTED"
  })
  void aStatusMeansOneThing(int status, Reply reply) {
    assertThat(Reply.classify(status)).isEqualTo(reply);
  }

  @Test
  void whatIsOlderThanADayIsNotTold() throws Exception {
    assertThat(webhook(Format.JSON).deliver(List.of(stop("ts", 1_699_900_000_000L))))
        .isEqualTo(new Delivered(0, Map.of("too_old", 1)));
    assertThat(receiver.messages()).isEmpty();
  }

  @Test
  void aReceiverThatIsAwayIsWaitedForAndItsSecretsAreNotSaid() {
    URI url = receiver.url();
    receiver.close();

    assertThatThrownBy(() -> webhook(Format.JSON, url).deliver(List.of(stop())))
        .isInstanceOf(HomeAwayException.class)
        .hasMessageStartingWith("http://127.0.0.1:" + url.getPort() + " can't be reached")
        .hasMessageNotContaining("s3cr3t");
    assertThat(
            new ForwardSettings.Webhook(url.toString(), SECRET, Format.JSON, Set.of(On.STOP))
                .toString())
        .doesNotContain("s3cr3t")
        .doesNotContain(SECRET);
  }

  @Test
  void aReceiverThatNeverAnswersIsNotWaitedForLong() throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      URI url = URI.create("http://127.0.0.1:" + silent.getLocalPort());
      var settings =
          new ForwardSettings.Webhook(url.toString(), null, Format.JSON, Set.of(On.STOP));
      var webhook = new Webhook(settings, null, clock(), Duration.ofSeconds(1));

      assertThatThrownBy(() -> webhook.deliver(List.of(stop())))
          .isInstanceOf(HomeAwayException.class)
          .hasMessage(url + " did not answer within 1 s");
    }
  }

  @Test
  void aWebhookIsNamedAfterItsAddressWhereverItStandsInTheSettings() {
    assertThat(webhook(Format.JSON, URI.create("https://hooks.example:8443/a")).name())
        .matches("webhook-hooks\\.example-[0-9a-f]{6}")
        .isEqualTo(webhook(Format.JSON, URI.create("https://hooks.example:8443/a")).name())
        .isNotEqualTo(webhook(Format.JSON, URI.create("https://hooks.example:8443/b")).name());
  }

  @Test
  void aSecretThatIsNoneIsRefused() {
    assertThatThrownBy(
            () ->
                new ForwardSettings.Webhook(
                    receiver.url().toString(), "short", Format.JSON, Set.of(On.STOP)))
        .hasMessage("forward.webhooks secret must have at least 8 characters, got 5");
  }

  @Test
  void slackIsToldOfAStopWithItsEvidence() throws Exception {
    webhook(Format.SLACK).deliver(List.of(stop()));

    assertThat(slack())
        .isEqualTo(
            """
            *STOP* run `fraud-7` at step 4,000: 5 checks brought no gain
            average_precision 0.4607 [0.45, 0.47], -0.011 [-0.02, -0.001] to `step-3000`
            Best: `step-3000`
            <https://eval.example/t/#/runs/fraud-7|Open the page>\
            """);
  }

  @Test
  void slackIsToldOfAVerdictWithItsReasons() throws Exception {
    webhook(Format.SLACK)
        .deliver(List.of(verdict("recall 0.4 is below 0.5", "p99 is above 20 ms")));

    assertThat(slack())
        .isEqualTo(
            """
            *FAIL* gate `release` on run `fraud-7`, model checkpoint `step-16` (step 16)
            • recall 0.4 is below 0.5
            • p99 is above 20 ms
            <https://eval.example/t/#/runs/fraud-7/checkpoints/step-16|Open the page>\
            """);
  }

  @Test
  void nothingFromOutsideBecomesMarkupOfSlack() throws Exception {
    webhook(Format.SLACK)
        .deliver(
            List.of(
                stop(
                    "run_id", "<!channel> `x` & |<https://evil|y>",
                    "reason", "a < b\n<@U123>",
                    "value", null)));

    assertThat(slack())
        .startsWith(
            "*STOP* run `&lt;!channel&gt; 'x' &amp; |&lt;https://evil|y&gt;` at step 4,000:"
                + " a &lt; b &lt;@U123&gt;\n")
        .endsWith(
            "<https://eval.example/t/#/runs/%3C%21channel%3E%20%60x%60%20%26%20%7C%3Chttps%3A%2F"
                + "%2Fevil%7Cy%3E|Open the page>");
  }

  @Test
  void longTextsAreCut() throws Exception {
    webhook(Format.SLACK).deliver(List.of(stop("reason", "x".repeat(100_000))));
    assertThat(slack()).contains("x".repeat(500) + "…").hasSizeLessThan(1_000);
  }

  private String slack() throws IOException {
    return Json.MAPPER.readTree(receiver.messages().get(0).bytes()).path("text").asText();
  }

  private Webhook webhook(Format format) {
    return webhook(format, receiver.url());
  }

  private static Webhook webhook(Format format, URI url) {
    var settings =
        new ForwardSettings.Webhook(url.toString(), SECRET, format, Set.of(On.STOP, On.VERDICT));
    return new Webhook(settings, "https://eval.example/t", clock());
  }

  private static Clock clock() {
    return Clock.fixed(NOW, ZoneOffset.UTC);
  }

  private static String hmac(String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
  }
}
