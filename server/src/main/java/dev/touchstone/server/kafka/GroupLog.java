package dev.touchstone.server.kafka;

import dev.touchstone.server.forward.ResultLog;
import dev.touchstone.server.view.TopicRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Topics as one consumer group reads them: its position is in Kafka, so another process with the
 * same group goes on there, and several share the partitions. Starts at the earliest record.
 */
public final class GroupLog implements ResultLog {

  private static final Logger LOG = LoggerFactory.getLogger(GroupLog.class);

  private static final Duration ASK = Duration.ofSeconds(5);
  private static final Duration CLOSE = Duration.ofSeconds(2);
  private static final long LAG_EVERY_NANOS = Duration.ofSeconds(5).toNanos();

  private final KafkaConsumer<byte[], byte[]> consumer;
  // by partition: the first offset that was not delivered
  private final Map<TopicPartition, Long> undelivered = new HashMap<>();
  private long lag;
  private long lagAskedAt = System.nanoTime() - LAG_EVERY_NANOS;

  /**
   * Connects with the first read.
   *
   * @param topics full names; those that don't exist yet are awaited
   * @throws KafkaException if {@code bootstrap} is not a list of addresses
   */
  public GroupLog(String bootstrap, String group, Collection<String> topics) {
    consumer =
        new KafkaConsumer<>(
            properties(bootstrap, group), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    // a pattern takes what is there; a list would complain of each topic that is not there yet
    String names = topics.stream().sorted().map(Pattern::quote).collect(Collectors.joining("|"));
    consumer.subscribe(Pattern.compile(names), new Assigned());
  }

  private static Properties properties(String bootstrap, String group) {
    var p = new Properties();
    p.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    p.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    p.put(ConsumerConfig.CLIENT_ID_CONFIG, group);
    p.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    p.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    p.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    p.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    // one that was killed gives its partitions free soon
    p.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
    // topics that come into being later
    p.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 5_000);
    p.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2_000);
    p.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    return p;
  }

  @Override
  public List<TopicRecord> next(Duration wait) {
    return reading(
        () -> {
          if (!consumer.paused().isEmpty()) {
            consumer.resume(consumer.paused());
          }
          List<TopicRecord> records = new ArrayList<>();
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(wait)) {
            var partition = new TopicPartition(record.topic(), record.partition());
            undelivered.putIfAbsent(partition, record.offset());
            records.add(Records.convert(record));
          }
          return records;
        },
        List.of());
  }

  @Override
  public void delivered() {
    reading(
        () -> {
          try {
            consumer.commitSync();
          } catch (CommitFailedException | RebalanceInProgressException e) {
            // another reader has these partitions now, and will deliver some of it again
            LOG.info("position not kept: {}", e.getMessage());
          }
          for (TopicPartition partition : consumer.assignment()) {
            undelivered.put(partition, consumer.position(partition, ASK));
          }
          return null;
        },
        null);
  }

  /** Takes part in the group without taking records. */
  @Override
  public void keepAlive() {
    reading(
        () -> {
          consumer.pause(consumer.assignment());
          ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ZERO);
          // partitions that were assigned just now were not paused: their records must come again
          for (TopicPartition partition : records.partitions()) {
            consumer.seek(partition, records.records(partition).get(0).offset());
          }
          return null;
        },
        null);
  }

  @Override
  public long lag() {
    long now = System.nanoTime();
    if (now - lagAskedAt < LAG_EVERY_NANOS) {
      return lag;
    }
    lagAskedAt = now;
    try {
      Set<TopicPartition> mine = consumer.assignment();
      Map<TopicPartition, Long> ends = consumer.endOffsets(mine, ASK);
      long sum = 0;
      for (TopicPartition partition : mine) {
        Long from = undelivered.get(partition);
        if (from == null) {
          from = consumer.position(partition, ASK);
          undelivered.put(partition, from);
        }
        sum += Math.max(0, ends.getOrDefault(partition, from) - from);
      }
      lag = sum;
    } catch (WakeupException e) {
      consumer.wakeup(); // it was meant for the next read
    } catch (KafkaException e) {
      LOG.debug("how far behind is not known now: {}", e.getMessage());
    }
    return lag;
  }

  @Override
  public void wakeUp() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    // an interrupt would keep it from saying that it leaves the group
    boolean interrupted = Thread.interrupted();
    try {
      consumer.close(CloseOptions.timeout(CLOSE));
    } catch (KafkaException e) {
      LOG.debug("a consumer did not close cleanly", e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static <T> T reading(Supplier<T> action, T woken) {
    try {
      return action.get();
    } catch (WakeupException e) {
      return woken;
    } catch (KafkaException e) {
      throw new LogException("Kafka: " + e.getMessage(), e);
    }
  }

  /** What was read of a partition that is gone counts for nothing. */
  private final class Assigned implements ConsumerRebalanceListener {

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      undelivered.keySet().removeAll(partitions);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      undelivered.keySet().removeAll(partitions);
    }
  }
}
