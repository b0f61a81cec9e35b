package dev.touchstone.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads the output topics from their beginning into a {@link DemoReportCollector}, in a thread of
 * its own, until it is closed. Without a consumer group: it leaves no trace in the broker.
 */
final class ReportFollower implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(200);

  /**
   * A replayed batch changes nothing but the count of duplicates, which the engine publishes each
   * second: silence for longer means that all are counted.
   */
  private static final Duration QUIET = Duration.ofMillis(2_500);

  private final DemoReportCollector collector;
  private final Consumer<String, byte[]> consumer;
  private final Thread thread;
  private final Object progress = new Object();
  private final Set<String> assigned = new HashSet<>();
  private RuntimeException failure; // guarded by progress
  private boolean ended; // guarded by progress

  private ReportFollower(DemoReportCollector collector, Consumer<String, byte[]> consumer) {
    this.collector = collector;
    this.consumer = consumer;
    this.thread = new Thread(this::follow, "demo-report-follower");
    this.thread.setDaemon(true);
  }

  static ReportFollower start(DemoReportCollector collector, String bootstrap) {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            ConsumerConfig.CLIENT_ID_CONFIG,
            "touchstone-demo-reports",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false,
            ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
            false,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");
    return start(
        collector,
        new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer()));
  }

  static ReportFollower start(DemoReportCollector collector, Consumer<String, byte[]> consumer) {
    ReportFollower follower = new ReportFollower(collector, consumer);
    follower.thread.start();
    return follower;
  }

  /**
   * Waits until everything of the run has ended, last proxies and counts of duplicates included.
   *
   * @param grace how long after the last outcome it still waits for those
   * @param tick called several times a second while it waits
   * @return what had not ended at the deadline, in words; empty when all had
   * @throws IllegalStateException if the topics could not be read
   */
  List<String> await(TrainingRun.Summary run, Duration deadline, Duration grace, Runnable tick)
      throws InterruptedException {
    long end = System.nanoTime() + deadline.toNanos();
    boolean graceBegan = false;
    long setMessages = -1;
    long quietSince = System.nanoTime();
    while (true) {
      List<String> missing = collector.missing(run);
      long now = System.nanoTime();
      if (missing.isEmpty() && !graceBegan) {
        graceBegan = true;
        end = now + grace.toNanos();
      }
      if (collector.setMessages() != setMessages) {
        setMessages = collector.setMessages();
        quietSince = now;
      }
      boolean settled =
          collector.isFinal(run) && (run.attempt() == 0 || now - quietSince >= QUIET.toNanos());
      if ((missing.isEmpty() && settled) || now - end >= 0) {
        return missing;
      }
      tick.run();
      synchronized (progress) {
        if (failure != null) {
          throw new IllegalStateException("could not read the results: " + failure, failure);
        }
        progress.wait(POLL.toMillis());
      }
    }
  }

  private void follow() {
    try {
      while (true) {
        assignNewPartitions();
        var messages = consumer.poll(POLL);
        messages.forEach(collector::accept);
        if (!messages.isEmpty()) {
          synchronized (progress) {
            progress.notifyAll();
          }
        }
        synchronized (progress) {
          if (ended) {
            return;
          }
        }
      }
    } catch (WakeupException | InterruptException e) {
      // closed
    } catch (RuntimeException e) {
      synchronized (progress) {
        failure = e;
        progress.notifyAll();
      }
    } finally {
      consumer.close();
    }
  }

  /** Topics may be made after the start; their number of partitions is taken as fixed. */
  private void assignNewPartitions() {
    if (assigned.size() == collector.topics().size()) {
      return;
    }
    List<TopicPartition> all = new ArrayList<>(consumer.assignment());
    List<TopicPartition> fresh = new ArrayList<>();
    for (String topic : collector.topics()) {
      List<PartitionInfo> partitions =
          assigned.contains(topic) ? List.of() : consumer.partitionsFor(topic);
      if (partitions != null && !partitions.isEmpty()) {
        assigned.add(topic);
        partitions.forEach(p -> fresh.add(new TopicPartition(topic, p.partition())));
      }
    }
    if (!fresh.isEmpty()) {
      all.addAll(fresh);
      consumer.assign(all);
      consumer.seekToBeginning(fresh);
    }
  }

  @Override
  public void close() {
    synchronized (progress) {
      ended = true;
    }
    consumer.wakeup();
  }
}
