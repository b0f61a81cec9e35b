package dev.touchstone.cli.runtime;

import dev.touchstone.jobs.settings.EngineSettings.KafkaSettings;
import dev.touchstone.schemas.Topics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/** Creates the topics that are missing; leaves those that are there as they are. */
public final class TopicSetup {

  private static final int TIMEOUT_SECONDS = 30;

  private TopicSetup() {}

  /**
   * @throws UsageException if no broker answers
   */
  public static void create(KafkaSettings kafka) throws InterruptedException {
    Map<String, Object> properties = new HashMap<>(kafka.client());
    properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
    try (Admin admin = Admin.create(properties)) {
      Set<String> there = admin.listTopics().names().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      Topics topics = kafka.topics();
      List<NewTopic> missing = new ArrayList<>();
      for (String name : topics.all()) {
        if (!there.contains(name)) {
          missing.add(topic(name, topics, kafka));
        }
      }
      admin.createTopics(missing).all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw new UsageException(
            "topics can't be created at " + kafka.bootstrapServers() + ": " + e.getCause());
      }
    } catch (TimeoutException e) {
      throw new UsageException(
          "no Kafka answers at " + kafka.bootstrapServers() + " within " + TIMEOUT_SECONDS + " s");
    }
  }

  private static NewTopic topic(String name, Topics topics, KafkaSettings kafka) {
    Map<String, String> config = new HashMap<>();
    if (topics.compacted().contains(name)) {
      config.put("cleanup.policy", "compact");
    }
    if (topics.passing().contains(name)) {
      config.put("cleanup.policy", "compact,delete");
      config.put("retention.ms", "3600000");
      // only closed segments are cleaned
      config.put("segment.ms", "600000");
    }
    // a dead letter must fit wherever its original did
    config.put("max.message.bytes", "8388608");
    return new NewTopic(name, kafka.partitions(), kafka.replicationFactor()).configs(config);
  }
}
