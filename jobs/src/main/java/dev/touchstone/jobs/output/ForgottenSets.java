package dev.touchstone.jobs.output;

import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.settings.EngineSettings.KafkaSettings;
import dev.touchstone.schemas.PlainJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Tells the topic {@code prediction-sets} that sets are gone from the cache: a last word that says
 * so, for engines that are running, and a tombstone, so that the topic forgets them.
 */
public final class ForgottenSets implements AutoCloseable {

  private static final int TIMEOUT_SECONDS = 30;

  private final Producer<byte[], byte[]> producer;
  private final String topic;

  private ForgottenSets(Producer<byte[], byte[]> producer, String topic) {
    this.producer = producer;
    this.topic = topic;
  }

  public static ForgottenSets on(KafkaSettings kafka) {
    Map<String, Object> properties = new HashMap<>(kafka.client());
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Integer.toString(TIMEOUT_SECONDS * 1000));
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, "8388608");
    return new ForgottenSets(
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()),
        kafka.topics().predictionSets());
  }

  /**
   * Sends both messages of each set and waits until the brokers have them.
   *
   * @throws IOException if they don't take them in time: nothing may be deleted then
   */
  public void publish(List<SetManifest> sets) throws IOException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try {
      for (SetManifest set : sets) {
        for (ProducerRecord<byte[], byte[]> message : messages(topic, set)) {
          sent.add(producer.send(message));
        }
      }
      for (Future<RecordMetadata> message : sent) {
        message.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      }
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw new IOException("topic " + topic + " takes no messages: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  static List<ProducerRecord<byte[], byte[]>> messages(String topic, SetManifest set) {
    byte[] key = set.setKey().getBytes(StandardCharsets.UTF_8);
    byte[] lastWord = PlainJson.writeBytes(Wire.of(set.deleted()));
    return List.of(
        new ProducerRecord<>(topic, key, lastWord), new ProducerRecord<>(topic, key, null));
  }

  @Override
  public void close() {
    producer.close();
  }
}
