package dev.touchstone.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.schemas.avro.EvaluationRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class CloudEventsTest {

  private static final Schema REQUEST = EvaluationRequest.getClassSchema();
  private static final Map<String, String> BINARY =
      Map.of(
          "ce_specversion", "1.0",
          "ce_id", "42",
          "ce_source", "/ci",
          "ce_type", "dev.touchstone.EvaluationRequest",
          "ce_time", "2026-01-02T03:04:05.006Z",
          "content-type", "application/json");

  @Test
  void aBinaryEventsIdStandsInForTheRequestsAndItsTimeForTheMessages() throws Exception {
    EvaluationRequest request = request(BINARY, "{\"run_id\":\"r\",\"checkpoint\":\"c\"}");
    assertThat(request.getRequestId()).isEqualTo("/ci#42");
    assertThat(request.getEmittedAt()).isEqualTo(Instant.parse("2026-01-02T03:04:05.006Z"));
    assertThat(request.getCheckpoint()).isEqualTo("c");
  }

  @Test
  void whatTheMessageSaysItselfStays() throws Exception {
    EvaluationRequest request =
        request(
            BINARY,
            "{\"request_id\":\"mine\",\"run_id\":\"r\",\"checkpoint\":\"c\",\"emitted_at\":7}");
    assertThat(request.getRequestId()).isEqualTo("mine");
    assertThat(request.getEmittedAt()).isEqualTo(Instant.ofEpochMilli(7));
    byte[] avro = {(byte) 0xC3, 1, 2, 3};
    assertThat(CloudEvents.unwrap(REQUEST, BINARY, avro)).isSameAs(avro);
  }

  @Test
  void aStructuredEventHoldsTheMessageAsJsonOrBase64() throws Exception {
    Map<String, String> headers =
        Map.of("content-type", "application/cloudevents+json; charset=UTF-8");
    String event =
        "{\"specversion\":\"1.0\",\"id\":\"42\",\"source\":\"/ci\",\"type\":\"t\","
            + "\"time\":\"1970-01-01T00:00:01Z\",";
    EvaluationRequest json =
        request(headers, event + "\"data\":{\"run_id\":\"r\",\"checkpoint\":\"c\"}}");
    assertThat(json.getRequestId()).isEqualTo("/ci#42");
    assertThat(json.getEmittedAt()).isEqualTo(Instant.ofEpochMilli(1_000));
    EvaluationRequest base64 =
        request(
            headers, event + "\"data_base64\":\"eyJydW5faWQiOiJyIiwiY2hlY2twb2ludCI6ImMifQ==\"}");
    assertThat(base64).isEqualTo(json);
  }

  @Test
  void aMessageWithoutEventIsLeftAlone() throws Exception {
    byte[] message = utf8("{\"run_id\":\"r\"}");
    assertThat(CloudEvents.unwrap(REQUEST, Map.of(), message)).isSameAs(message);
    assertThat(CloudEvents.unwrap(REQUEST, Map.of("content-type", "application/json"), message))
        .isSameAs(message);
  }

  @Test
  void aCheckpointEventHasNoIdToFillIn() throws Exception {
    byte[] message =
        CloudEvents.unwrap(
            CheckpointEvent.getClassSchema(),
            BINARY,
            utf8("{\"run_id\":\"r\",\"checkpoint\":\"c\",\"step\":1,\"evaluation_set\":\"v\"}"));
    CheckpointEvent event = Codec.of(CheckpointEvent.class).decode(message);
    assertThat(event.getEmittedAt()).isEqualTo(Instant.parse("2026-01-02T03:04:05.006Z"));
  }

  @Test
  void whatBreaksTheStandardIsNamed() {
    assertBinary("ce_id", null, "CloudEvent attribute ce_id is required");
    assertBinary("ce_source", "", "CloudEvent attribute ce_source is required");
    assertBinary("ce_specversion", "0.3", "CloudEvent specversion must be 1.0, got 0.3");
    assertBinary(
        "ce_time",
        "yesterday",
        "CloudEvent time must be a timestamp as in RFC 3339, got yesterday");
    assertStructured("application/cloudevents+json", "[]", "must be a JSON object");
    assertStructured("application/cloudevents+json", "", "must be a JSON object");
    assertStructured("application/cloudevents+json", "{", "JSON can't be parsed");
    assertStructured(
        "application/cloudevents+json",
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"data\":7}",
        "CloudEvent data must be a JSON object, or data_base64");
    assertStructured(
        "application/cloudevents+json", "{\"data_base64\":\"%\"}", "data_base64 is not Base64");
    assertStructured(
        "application/cloudevents+json",
        "{\"specversion\":\"1.0\",\"source\":\"s\",\"data\":{}}",
        "CloudEvent attribute id is required");
    assertStructured(
        "application/cloudevents-batch+json",
        "[]",
        "content-type of a structured CloudEvent must be application/cloudevents+json, got"
            + " application/cloudevents-batch+json");
  }

  private static void assertBinary(String header, String value, String reason) {
    Map<String, String> headers = new HashMap<>(BINARY);
    if (value == null) {
      headers.remove(header);
    } else {
      headers.put(header, value);
    }
    assertThatThrownBy(() -> CloudEvents.unwrap(REQUEST, headers, utf8("{}")))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(reason);
  }

  private static void assertStructured(String type, String value, String reason) {
    assertThatThrownBy(() -> CloudEvents.unwrap(REQUEST, Map.of("content-type", type), utf8(value)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining(reason);
  }

  private static EvaluationRequest request(Map<String, String> headers, String value)
      throws Exception {
    return Codec.of(EvaluationRequest.class)
        .decode(CloudEvents.unwrap(REQUEST, headers, utf8(value)));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
