package dev.touchstone.server.kafka;

import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.TopicRecord;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads topics from their beginning and then follows them, in a thread of its own. No consumer
 * group: every server sees every record, and there are no offsets to keep.
 *
 * <p>Topics may come into being later and partitions may be added: both are looked for as long as
 * the feed runs. A broker that is away is waited for.
 */
public final class TopicFeed implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TopicFeed.class);

  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration ASK = Duration.ofSeconds(5);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);
  // while topics are still missing, as on the first start of everything, they may come any moment
  private static final Duration LOOK_AGAIN_SOON = Duration.ofSeconds(1);
  private static final Duration CLOSE = Duration.ofSeconds(2);

  private final Set<String> topics;
  private final Consumer<TopicRecord> sink;
  private final Clock clock;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Thread thread;
  private final Map<TopicPartition, Long> startEnds = new HashMap<>();
  private boolean caughtUp;
  private volatile boolean stopping;
  private volatile FeedStatus status;

  private TopicFeed(
      String bootstrap, Collection<String> topics, Consumer<TopicRecord> sink, Clock clock) {
    this.topics = Set.copyOf(topics);
    this.sink = sink;
    this.clock = clock;
    this.status = new FeedStatus("CONNECTING", clock.millis(), false, Map.of(), null);
    this.consumer =
        new KafkaConsumer<>(
            properties(bootstrap), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.thread = new Thread(this::run, "topic-feed");
    thread.setDaemon(true);
  }

  /**
   * Starts to read.
   *
   * @param sink gets every record, in each partition's order, from one thread
   * @throws KafkaException if {@code bootstrap} is not a list of addresses
   */
  public static TopicFeed start(
      String bootstrap, Collection<String> topics, Consumer<TopicRecord> sink, Clock clock) {
    TopicFeed feed = new TopicFeed(bootstrap, topics, sink, clock);
    feed.thread.start();
    return feed;
  }

  /** How the feed stands. */
  public FeedStatus status() {
    return status;
  }

  private static Properties properties(String bootstrap) {
    var p = new Properties();
    p.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    p.put(ConsumerConfig.CLIENT_ID_CONFIG, "touchstone-server");
    p.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    p.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // a topic whose data was lost or expired under us is read from what is left of it
    p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    p.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    p.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
    p.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2_000);
    return p;
  }

  private void run() {
    try (consumer) {
      long lookAt = Long.MIN_VALUE;
      while (!stopping) {
        if (System.nanoTime() >= lookAt || lookAt == Long.MIN_VALUE) {
          boolean all = lookForPartitions();
          lookAt = System.nanoTime() + (all ? LOOK_AGAIN : LOOK_AGAIN_SOON).toNanos();
        }
        read();
      }
    } catch (WakeupException e) {
      // close() asked for it
    } catch (RuntimeException e) {
      LOG.error("the feed of the topics has ended", e);
      status = new FeedStatus("STOPPED", clock.millis(), caughtUp, Map.of(), e.getMessage());
      return;
    }
    status = new FeedStatus("STOPPED", clock.millis(), caughtUp, Map.of(), null);
  }

  private void read() {
    if (consumer.assignment().isEmpty()) {
      pause();
      return;
    }
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      sink.accept(Records.convert(record));
    }
    if (!caughtUp && hasCaughtUp()) {
      caughtUp = true;
      say("CONNECTED", null);
    }
  }

  /** Nothing to poll yet; still let close() interrupt the wait. */
  private void pause() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      stopping = true;
    }
  }

  /**
   * @return whether every topic is there
   */
  private boolean lookForPartitions() {
    Map<String, List<PartitionInfo>> existing;
    try {
      existing = consumer.listTopics(ASK);
    } catch (WakeupException e) {
      throw e;
    } catch (KafkaException e) {
      say("CONNECTING", e.getMessage());
      return false;
    }
    Set<TopicPartition> wanted = new HashSet<>();
    for (String topic : topics) {
      for (PartitionInfo p : existing.getOrDefault(topic, List.of())) {
        wanted.add(new TopicPartition(topic, p.partition()));
      }
    }
    List<TopicPartition> added = new ArrayList<>(wanted);
    added.removeAll(consumer.assignment());
    if (!consumer.assignment().equals(wanted)) {
      consumer.assign(wanted);
      consumer.seekToBeginning(added);
    }
    try {
      startEnds.putAll(consumer.endOffsets(added, ASK));
    } catch (WakeupException e) {
      throw e;
    } catch (KafkaException e) {
      say("CONNECTING", e.getMessage());
      return false;
    }
    // where there is no topic, there is nothing to catch up with
    caughtUp = caughtUp || wanted.isEmpty();
    say("CONNECTED", null);
    return existing.keySet().containsAll(topics);
  }

  private boolean hasCaughtUp() {
    return startEnds.entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey(), ASK) >= end.getValue());
  }

  private void say(String state, String error) {
    long since = status.state().equals(state) ? status.since() : clock.millis();
    if (!status.state().equals(state)) {
      LOG.info("topic feed: {}{}", state, error == null ? "" : " (" + error + ")");
    }
    status = new FeedStatus(state, since, caughtUp, lag(), error);
  }

  private Map<String, Long> lag() {
    Map<String, Long> lag = new HashMap<>();
    for (TopicPartition p : consumer.assignment()) {
      // unknown before the first fetch of a partition
      lag.merge(p.topic(), consumer.currentLag(p).orElse(0), Long::sum);
    }
    return lag;
  }

  /** Ends the thread; returns once it has ended or after a few seconds. */
  @Override
  public void close() {
    stopping = true;
    consumer.wakeup();
    thread.interrupt();
    try {
      thread.join(CLOSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
