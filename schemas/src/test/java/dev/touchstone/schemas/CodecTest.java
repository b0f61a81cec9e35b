package dev.touchstone.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.InferenceStats;
import dev.touchstone.schemas.avro.LabelEncoding;
import dev.touchstone.schemas.avro.ModelCheckpoint;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SliceColumn;
import dev.touchstone.schemas.avro.Task;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;

class CodecTest {

  private final Codec<PredictionBatch> codec = Codec.of(PredictionBatch.class);

  static PredictionBatch batch() {
    ByteBuffer scores = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    scores.putFloat(0.25f).putFloat(0.75f).flip();
    return PredictionBatch.newBuilder()
        .setRunId("r1")
        .setCheckpoint(ModelCheckpoint.newBuilder().setId("step-8").setStep(8).build())
        .setEvaluationSet(EvaluationSet.newBuilder().setId("val").setSize(2L).build())
        .setSequence(0)
        .setLastOfShard(true)
        .setTask(Task.BINARY)
        .setCount(2)
        .setExampleIds(100L)
        .setLabels(ByteBuffer.wrap(new byte[] {0, 1}))
        .setLabelEncoding(LabelEncoding.U8)
        .setScores(scores)
        .setSlices(
            List.of(
                SliceColumn.newBuilder()
                    .setName("country")
                    .setDictionary(List.of("DE", "BR"))
                    .setCodes(ByteBuffer.wrap(new byte[] {1, 0}))
                    .build()))
        .setEmittedAt(Instant.ofEpochMilli(1_700_000_000_123L))
        .build();
  }

  @Test
  void singleObjectEncodingReachesTheSameRecord() throws Exception {
    assertThat(codec.decode(codec.encode(batch()))).isEqualTo(batch());
  }

  @Test
  void jsonReachesTheSameRecord() throws Exception {
    assertThat(codec.decode(codec.encodeJson(batch()))).isEqualTo(batch());
  }

  @Test
  void jsonWrittenByHandReachesTheSameRecord() throws Exception {
    String byHand =
        """
        {"run_id": "r1", "checkpoint": {"id": "step-8", "step": 8},
         "evaluation_set": {"id": "val", "size": 2},
         "sequence": 0, "last_of_shard": true, "count": 2, "example_ids": 100,
         "labels": [0, 1], "scores": [0.25, 0.75],
         "slices": [{"name": "country", "dictionary": ["DE", "BR"], "codes": [1, 0]}],
         "emitted_at": 1700000000123}
        """;
    assertThat(codec.decode(byHand.getBytes(StandardCharsets.UTF_8))).isEqualTo(batch());
  }

  @Test
  void jsonNamesFieldRuleAndValue() {
    assertMalformed("{\"run_id\": 7}", "PredictionBatch.run_id must be a string, got 7");
    assertMalformed("{\"runid\": \"r\"}", "PredictionBatch.run_id is required");
    assertMalformed("{\"run_id\": ", "JSON can't be parsed");
    String good = new String(codec.encodeJson(batch()), StandardCharsets.UTF_8);
    assertMalformed(good.replace("\"shard\":", "\"shrad\":"), "PredictionBatch has no field shrad");
    assertMalformed(
        good.replace("\"BINARY\"", "\"TRINARY\""),
        "PredictionBatch.task must be one of [BINARY, MULTICLASS, MULTILABEL, REGRESSION], got \"TRINARY\"");
    assertMalformed(
        good.replaceFirst("\"labels\":\"[^\"]*\"", "\"labels\":[0,256]"),
        "PredictionBatch.labels[1] must be an integer in [0, 255], got 256");
  }

  @Test
  void jsonThatHoldsMoreThanOneAnswerIsRefused() {
    String good = new String(codec.encodeJson(batch()), StandardCharsets.UTF_8);
    assertMalformed(good + "\n" + good, "JSON can't be parsed: Trailing token");
    assertMalformed(
        good.replaceFirst("\\{", "{\"shard\":3,"), "JSON can't be parsed: Duplicate field 'shard'");
  }

  @Test
  void jsonNumbersAreNotCutToTheirLowestBits() {
    String good = new String(codec.encodeJson(batch()), StandardCharsets.UTF_8);
    // 2^64 + 1
    assertMalformed(
        good.replaceFirst("\"labels\":\"[^\"]*\"", "\"labels\":[0,18446744073709551617]"),
        "PredictionBatch.labels[1] must be an integer in [0, 255], got 18446744073709551617");
  }

  @Test
  void foreignBytesAreRefusedWithTheFirstByteNamed() {
    assertThatThrownBy(() -> codec.decode(new byte[] {0x42, 1, 2}))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(
            "first byte must be C3 (Avro single object), 00 (schema registry) or 7B (JSON), got 42");
    assertThatThrownBy(() -> codec.decode(new byte[0])).hasMessage("message is empty");
    assertThatThrownBy(() -> codec.decode(new byte[] {0, 0, 0, 0, 1, 9}))
        .hasMessage("first byte 00 is schema-registry framing, but no registry is configured");
  }

  @Test
  void unknownFingerprintIsNamed() {
    byte[] bytes = codec.encode(batch());
    Arrays.fill(bytes, 2, 10, (byte) 0x11);
    assertThatThrownBy(() -> codec.decode(bytes))
        .hasMessage("no PredictionBatch schema has the fingerprint 1111111111111111");
  }

  @Test
  void randomBodiesAndCutOffBodiesAreMalformedAndNothingElse() {
    byte[] good = codec.encode(batch());
    for (long seed = 0; seed < 20_000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] bad = Arrays.copyOf(good, random.nextInt(10, good.length + 20));
      for (int i = random.nextInt(1, 8); i > 0; i--) {
        bad[random.nextInt(10, bad.length + 1) % bad.length] = (byte) random.nextInt();
      }
      try {
        codec.decodeWithoutBytes(bad);
        codec.decode(bad);
      } catch (MalformedMessageException e) {
        assertThat(e.getMessage()).as("seed %d", seed).isNotBlank();
      } catch (Exception e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void columnsCanBeSkipped() throws Exception {
    PredictionBatch batch = batch();
    batch.setExampleIds(ByteBuffer.allocate(16));
    ByteBuffer none = ByteBuffer.allocate(0);
    PredictionBatch without = PredictionBatch.newBuilder(batch).build();
    without.setExampleIds(none);
    without.setLabels(none);
    without.setScores(none);
    without.getSlices().forEach(slice -> slice.setCodes(none));
    assertThat(codec.decodeWithoutBytes(codec.encode(batch))).isEqualTo(without);
  }

  @Test
  void hugeClaimedLengthsAllocateNothing() {
    // run_id claims 2^31 - 2 bytes that are not there
    byte[] claim = Arrays.copyOf(codec.encode(batch()), 16);
    byte[] varint = {(byte) 0xFC, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x0F};
    System.arraycopy(varint, 0, claim, 10, varint.length);
    assertThatThrownBy(() -> codec.decode(claim)).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void hugeClaimedArraysAllocateNothing() throws Exception {
    // a latency array of 2^31 - 9 entries, of which one is there; as longs it would take 16 GiB
    PredictionBatch batch = batch();
    batch.setInference(
        InferenceStats.newBuilder().setLatencyMicros(List.of(0x1234567890ABL)).build());
    byte[] good = codec.encode(batch);
    ByteArrayOutputStream latency = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(latency, null);
    encoder.writeLong(1);
    encoder.writeLong(0x1234567890ABL);
    int at = indexOf(good, latency.toByteArray());
    ByteArrayOutputStream bad = new ByteArrayOutputStream();
    bad.write(good, 0, at);
    EncoderFactory.get().directBinaryEncoder(bad, null).writeLong(Integer.MAX_VALUE - 8L);
    bad.write(good, at + 1, good.length - at - 1);
    assertThatThrownBy(() -> codec.decode(bad.toByteArray()))
        .isInstanceOf(MalformedMessageException.class);
  }

  private static int indexOf(byte[] all, byte[] part) {
    for (int at = 0; at <= all.length - part.length; at++) {
      if (Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    throw new AssertionError("not there");
  }

  @Test
  void registryFramingReachesTheSameRecord() throws Exception {
    HttpServer registry =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String schema = PredictionBatch.getClassSchema().toString();
    String quoted = new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(schema);
    registry.createContext(
        "/schemas/ids/",
        exchange -> {
          boolean known = exchange.getRequestURI().getPath().endsWith("/7");
          byte[] body = ("{\"schema\":" + quoted + "}").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(known ? 200 : 404, known ? body.length : -1);
          if (known) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    registry.start();
    try {
      URI url = URI.create("http://127.0.0.1:" + registry.getAddress().getPort());
      Codec<PredictionBatch> framed = Codec.of(PredictionBatch.class, new SchemaRegistry(url));
      byte[] single = codec.encode(batch());
      ByteBuffer message = ByteBuffer.allocate(single.length - 5).put((byte) 0).putInt(7);
      message.put(single, 10, single.length - 10);
      assertThat(framed.decode(message.array())).isEqualTo(batch());
      message.putInt(1, 8);
      assertThatThrownBy(() -> framed.decode(message.array()))
          .hasMessage("the schema registry has no schema 8");
    } finally {
      registry.stop(0);
    }
  }

  private void assertMalformed(String json, String message) {
    assertThatThrownBy(() -> codec.decode(json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining(message);
  }
}
