package dev.touchstone.server.kafka;

import dev.touchstone.schemas.PlainJson;
import dev.touchstone.server.view.EvaluationRequest;
import dev.touchstone.server.view.RequestSink;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writes requests to their topic. Connects on the first one. */
public final class RequestTopic implements RequestSink {

  private static final int WAIT_MILLIS = 10_000;
  private static final Duration CLOSE = Duration.ofSeconds(2);

  private final String bootstrap;
  private final String topic;
  private KafkaProducer<String, byte[]> producer;

  public RequestTopic(String bootstrap, String topic) {
    this.bootstrap = bootstrap;
    this.topic = topic;
  }

  @Override
  public void write(EvaluationRequest request) throws IOException {
    send(request.requestId(), PlainJson.writeBytes(toAvro(request)));
  }

  @Override
  public void withdraw(String triggerId) throws IOException {
    send(triggerId, null);
  }

  private void send(String key, byte[] value) throws IOException {
    try {
      producer()
          .send(new ProducerRecord<>(topic, key, value))
          .get(WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the broker", e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer within " + WAIT_MILLIS + " ms", e);
    } catch (KafkaException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private synchronized KafkaProducer<String, byte[]> producer() {
    if (producer == null) {
      var p = new Properties();
      p.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
      p.put(ProducerConfig.CLIENT_ID_CONFIG, "touchstone-server-requests");
      p.put(ProducerConfig.ACKS_CONFIG, "all");
      p.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, WAIT_MILLIS / 2);
      p.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, WAIT_MILLIS / 2);
      p.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, WAIT_MILLIS);
      producer = new KafkaProducer<>(p, new StringSerializer(), new ByteArraySerializer());
    }
    return producer;
  }

  private static dev.touchstone.schemas.avro.EvaluationRequest toAvro(EvaluationRequest r) {
    EvaluationRequest.Baseline baseline = r.baseline();
    return dev.touchstone.schemas.avro.EvaluationRequest.newBuilder()
        .setRequestId(r.requestId())
        .setRunId(r.runId())
        .setCheckpoint(r.checkpoint())
        .setEvaluationSet(r.evaluationSet())
        .setSplit(r.split())
        .setFold(r.fold())
        .setMetrics(r.metrics())
        .setSlices(r.slices())
        .setBaseline(
            baseline == null
                ? null
                : new dev.touchstone.schemas.avro.Baseline(
                    baseline.runId(), baseline.checkpoint(), baseline.setKey()))
        .setDecisionThreshold(r.decisionThreshold())
        .setFalsePositiveCost(r.falsePositiveCost())
        .setFalseNegativeCost(r.falseNegativeCost())
        .setBootstrapReplicates(r.bootstrapReplicates())
        .setBootstrapSeed(r.bootstrapSeed())
        .setAllFolds(r.allFolds())
        .setFolds(r.folds())
        .setHonestPoints(r.honestPoints())
        .setProposePlanBudget(r.proposePlanBudget())
        .setThresholds(r.thresholds())
        .setDeadlineSeconds(r.deadlineSeconds())
        .setPriority(r.priority())
        .setEmittedAt(Instant.ofEpochMilli(r.emittedAt()))
        .build();
  }

  @Override
  public synchronized void close() {
    if (producer != null) {
      producer.close(CLOSE);
    }
  }
}
