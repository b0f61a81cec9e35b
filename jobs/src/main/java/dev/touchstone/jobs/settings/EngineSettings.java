package dev.touchstone.jobs.settings;

import dev.touchstone.schemas.Topics;
import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.state.StateTtlConfig;

/** All settings of the engine, one record a room. Made from {@link SettingsSource}. */
public record EngineSettings(
    KafkaSettings kafka,
    LedgerSettings ledger,
    FastSettings fast,
    SignalSettings signals,
    CacheSettings cache,
    FullSettings full,
    ServerSettings server,
    ForwardSettings forward) {

  /**
   * Reads and checks every setting.
   *
   * @throws IllegalArgumentException naming key, rule and value; also for unknown keys
   */
  public static EngineSettings from(SettingsSource source) {
    EngineSettings settings =
        new EngineSettings(
            new KafkaSettings(
                source.string("kafka.bootstrap_servers", "localhost:9092"),
                source.string("kafka.topic_prefix", Topics.DEFAULT_PREFIX),
                source.string("kafka.group_id", "touchstone"),
                source.string("kafka.schema_registry_url", null),
                (int) source.integer("kafka.partitions", 2, 1, 10_000),
                (short) source.integer("kafka.replication_factor", 1, 1, 100),
                source.section("kafka.client")),
            new LedgerSettings(
                source.integer("ledger.retention_hours", 168, 1, 1_000_000),
                source.integer("ledger.progress_interval_millis", 1_000, 10, 3_600_000),
                source.integer("ledger.max_id_bytes", 1L << 30, 1 << 20, 1L << 40),
                source.integer("ledger.max_label_bytes", 1L << 30, 1 << 10, 1L << 33)),
            new FastSettings(
                source.integer("fast.emit_interval_millis", 500, 10, 3_600_000),
                source.number("fast.decision_threshold", 0.5, 0, 1),
                (int) source.integer("fast.max_slices", 10, 0, 10_000),
                (int) source.integer("fast.sample_rows", 8_192, 100, 1 << 20)),
            signals(source),
            new CacheSettings(
                source.flag("cache.enabled", true),
                source.string("cache.directory", "data/cache"),
                source.integer("cache.segment_rows", 1 << 20, 1, 1 << 24),
                source.integer("cache.retention_hours", 0, 0, 1_000_000),
                source.integer("cache.max_bytes", 0, 0, Long.MAX_VALUE),
                source.integer("cache.left_over_hours", 24, 1, 1_000_000)),
            new FullSettings(
                source.integer("full.deadline_seconds", 600, 1, 1_000_000),
                (int) source.integer("full.thresholds", 200, 2, 10_000),
                source.integer("full.rows_per_split", 4L << 20, 1, 1L << 40),
                (int) source.integer("full.rows_per_range", 32 << 20, 1 << 10, 1 << 30),
                source.integer("full.scan_timeout_seconds", 3_600, 1, 1_000_000),
                source.number("full.decision_threshold", 0.5, 0, 1),
                (int) source.integer("full.max_slices", 50, 1, 1_000),
                (int) source.integer("full.min_slice_positives", 10, 0, 1_000_000),
                (int) source.integer("full.max_rows_in_memory", 4_000_000, 1, 1 << 30),
                source.oneOf("full.backlog", BacklogPolicy.FIFO),
                (int) source.integer("full.concurrent_evaluations", 4, 1, 1_000),
                (int) source.integer("full.propose_plan_budget", 0, 0, Integer.MAX_VALUE)),
            new ServerSettings(
                source.string("server.host", "127.0.0.1"),
                (int) source.integer("server.port", 8080, 0, 65_535),
                source.string("server.token", null),
                source.string("server.public_url", null)),
            ForwardSettings.from(source));
    source.rejectUnknown();
    return settings;
  }

  private static SignalSettings signals(SettingsSource source) {
    SignalSettings settings =
        new SignalSettings(
            source.flag("signals.enabled", true),
            RuleSettings.from(source),
            source.string("signals.loss", null),
            source.integer("signals.max_latency_micros", 0, 0, Long.MAX_VALUE),
            source.integer("signals.max_memory_bytes", 0, 0, Long.MAX_VALUE),
            source.flag("signals.ask_full_tier", false),
            (int) source.integer("signals.full_evaluations", 5, 0, 1_000_000),
            new AshaSettings(
                source.flag("signals.asha.enabled", false),
                (int) source.integer("signals.asha.eta", 3, 2, 1_000),
                source.integer("signals.asha.min_step", 1_000, 1, 1L << 60)));
    if (settings.askFullTier() && settings.rule().kind() != RuleSettings.Kind.CONFIRMED) {
      throw new IllegalArgumentException(
          "setting signals.ask_full_tier must be false for rule "
              + settings.rule().kind()
              + ", which has no intervals, got true");
    }
    return settings;
  }

  /** Kafka, as client. */
  public record KafkaSettings(
      String bootstrapServers,
      String topicPrefix,
      String groupId,
      String schemaRegistryUrl,
      int partitions,
      short replicationFactor,
      Map<String, String> client)
      implements Serializable {

    public Topics topics() {
      return new Topics(topicPrefix);
    }
  }

  /**
   * How long what was seen is remembered, and how much of it.
   *
   * @param maxIdBytes what the example ids of one arriving set may take
   * @param maxLabelBytes what the waiting labels of one set may take
   */
  public record LedgerSettings(
      long retentionHours, long progressIntervalMillis, long maxIdBytes, long maxLabelBytes)
      implements Serializable {

    public long retentionMillis() {
      return Duration.ofHours(retentionHours).toMillis();
    }

    /** For all state of a prediction set: forgotten when it was not touched for that long. */
    public StateTtlConfig retention() {
      return StateTtlConfig.newBuilder(Duration.ofHours(retentionHours))
          .setUpdateType(StateTtlConfig.UpdateType.OnReadAndWrite)
          .build();
    }
  }

  /**
   * Cadence and extent of proxies.
   *
   * @param maxSlices of one prediction set: the first that arrive
   * @param sampleRows that are kept of a sampled set, to compare model checkpoints row by row
   */
  public record FastSettings(
      long emitIntervalMillis, double decisionThreshold, int maxSlices, int sampleRows)
      implements Serializable {}

  /**
   * When a run is told to stop.
   *
   * @param rule of runs that don't change it
   * @param loss name of the figure whose series is watched; null: training_loss and validation_loss
   * @param maxLatencyMicros p99 of a model call that stops a run when surely exceeded; 0: none
   * @param maxMemoryBytes peak memory that stops a run; 0: none
   * @param askFullTier whether the full tier is asked where a proxy leaves open if a run has to
   *     stop
   * @param fullEvaluations that may be asked for one run
   */
  public record SignalSettings(
      boolean enabled,
      RuleSettings rule,
      String loss,
      long maxLatencyMicros,
      long maxMemoryBytes,
      boolean askFullTier,
      int fullEvaluations,
      AshaSettings asha)
      implements Serializable {

    /** The names of the figures whose series are watched. */
    public Set<String> losses() {
      return loss == null ? Set.of("training_loss", "validation_loss") : Set.of(loss);
    }
  }

  /**
   * Asynchronous successive halving over the runs of a sweep.
   *
   * @param eta the best 1 / eta of those that have reached a rung go on
   * @param minStep the first rung; each further one is {@code eta} times as far
   */
  public record AshaSettings(boolean enabled, int eta, long minStep) implements Serializable {}

  /**
   * Where and how the prediction cache is written, and what pruning leaves of it.
   *
   * @param enabled false: proxies are all there is, and no full evaluation finds its predictions
   * @param retentionHours 0: a set is never too old
   * @param maxBytes 0: there are never too many
   * @param leftOverHours files that no manifest lists are kept that long
   */
  public record CacheSettings(
      boolean enabled,
      String directory,
      long segmentRows,
      long retentionHours,
      long maxBytes,
      long leftOverHours)
      implements Serializable {}

  /** Full tier. */
  public record FullSettings(
      long deadlineSeconds,
      int thresholds,
      long rowsPerSplit,
      int rowsPerRange,
      long scanTimeoutSeconds,
      double decisionThreshold,
      int maxSlices,
      int minSlicePositives,
      int maxRowsInMemory,
      BacklogPolicy backlog,
      int concurrentEvaluations,
      int proposePlanBudget)
      implements Serializable {}

  /** Which of a run's waiting evaluations comes next. */
  public enum BacklogPolicy {
    FIFO,
    NEWEST_FIRST,
    /** As FIFO; and a later model checkpoint takes the place of an earlier one. */
    SUPERSEDE
  }

  /**
   * HTTP.
   *
   * @param publicUrl where people find the page, for links in messages; null: no links
   */
  public record ServerSettings(String host, int port, String token, String publicUrl)
      implements Serializable {}
}
