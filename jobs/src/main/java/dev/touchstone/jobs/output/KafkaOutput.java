package dev.touchstone.jobs.output;

import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Progress;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.WantedEvaluation;
import dev.touchstone.jobs.settings.EngineSettings.KafkaSettings;
import dev.touchstone.schemas.PlainJson;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Results as Kafka topics. At least once, with keys under which a repeat is an upsert of the same
 * value: so a reader never sees a result of a failed attempt, and needs no transactions.
 */
public final class KafkaOutput {

  private KafkaOutput() {}

  public static Sink<MetricPoint> metrics(KafkaSettings kafka) {
    String topic = kafka.topics().metrics();
    return sink(
        kafka,
        point ->
            new ProducerRecord<>(
                topic, utf8(point.claim().runId()), PlainJson.writeBytes(Wire.of(point))));
  }

  public static Sink<SetManifest> predictionSets(KafkaSettings kafka) {
    String topic = kafka.topics().predictionSets();
    return sink(
        kafka,
        manifest ->
            new ProducerRecord<>(
                topic, utf8(manifest.setKey()), PlainJson.writeBytes(Wire.of(manifest))));
  }

  public static Sink<Signal> signals(KafkaSettings kafka) {
    String topic = kafka.topics().signals();
    return sink(
        kafka,
        signal ->
            new ProducerRecord<>(
                topic, utf8(signal.claim().runId()), PlainJson.writeBytes(Wire.of(signal))));
  }

  public static Sink<WantedEvaluation> evaluationRequests(KafkaSettings kafka) {
    String topic = kafka.topics().evaluationRequests();
    return sink(
        kafka,
        wanted ->
            new ProducerRecord<>(
                topic, utf8(wanted.requestId()), PlainJson.writeBytes(Wire.of(wanted))));
  }

  public static Sink<Outcome> reports(KafkaSettings kafka) {
    String topic = kafka.topics().reports();
    return sink(
        kafka,
        outcome -> {
          boolean holdsReport = outcome.state() == Outcome.State.EVALUATED;
          String key = holdsReport ? outcome.reportKey() : outcome.trigger().id();
          return new ProducerRecord<>(topic, utf8(key), PlainJson.writeBytes(Wire.of(outcome)));
        });
  }

  /** A tombstone where the trigger has ended. */
  public static Sink<Progress> progress(KafkaSettings kafka) {
    String topic = kafka.topics().progress();
    return sink(
        kafka,
        progress ->
            new ProducerRecord<>(
                topic,
                utf8(progress.trigger().id()),
                progress.state() == Progress.State.ENDED
                    ? null
                    : PlainJson.writeBytes(Wire.of(progress))));
  }

  /** The original bytes; where they came from and why they were refused is in the headers. */
  public static Sink<DeadLetter> deadLetters(KafkaSettings kafka) {
    String topic = kafka.topics().deadLetters();
    return sink(
        kafka,
        letter -> {
          RawMessage source = letter.source();
          String key = source.topic() + "/" + source.partition() + "/" + source.offset();
          var message = new ProducerRecord<>(topic, utf8(key), source.value());
          source.headers().forEach((name, value) -> message.headers().add(name, utf8(value)));
          message
              .headers()
              .add("reason", utf8(letter.reason()))
              .add("topic", utf8(source.topic()))
              .add("partition", utf8(Integer.toString(source.partition())))
              .add("offset", utf8(Long.toString(source.offset())));
          return message;
        });
  }

  /** A result as a message. */
  private interface ToMessage<T> extends Serializable {
    ProducerRecord<byte[], byte[]> of(T result);
  }

  private static <T> Sink<T> sink(KafkaSettings kafka, ToMessage<T> message) {
    Properties properties = new Properties();
    properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, "8388608");
    properties.putAll(kafka.client());
    return KafkaSink.<T>builder()
        .setBootstrapServers(kafka.bootstrapServers())
        .setKafkaProducerConfig(properties)
        .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .setRecordSerializer(
            (KafkaRecordSerializationSchema<T>) (result, context, timestamp) -> message.of(result))
        .build();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
