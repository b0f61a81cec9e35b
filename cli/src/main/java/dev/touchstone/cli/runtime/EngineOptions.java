package dev.touchstone.cli.runtime;

import dev.touchstone.jobs.settings.SettingsSource;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * How to start an engine.
 *
 * @param data directory for everything it keeps
 * @param settings a fresh source of the settings, before what the engine itself decides
 * @param confDirectory holds Flink's config.yaml
 * @param httpPort page and API; 0 for a free one; null: as the settings say
 * @param kafkaPort its own broker; 0: a free one that is kept over restarts
 * @param flinkPort Flink's page; 0: a free one that is kept over restarts
 * @param bootstrap an existing Kafka to use in place of its own broker; null: start one
 */
public record EngineOptions(
    Path data,
    Supplier<SettingsSource> settings,
    Path confDirectory,
    Integer httpPort,
    int kafkaPort,
    int flinkPort,
    String bootstrap) {}
