package dev.touchstone.jobs.ingest;

import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.SchemaRegistry;
import dev.touchstone.schemas.avro.PredictionBatch;
import java.net.URI;

/** How messages of the topic {@code predictions} are read. */
final class PredictionCodec {

  private PredictionCodec() {}

  /**
   * @param registryUrl null: registry framing is refused
   */
  static Codec<PredictionBatch> of(String registryUrl) {
    return Codec.of(
        PredictionBatch.class,
        registryUrl == null ? null : new SchemaRegistry(URI.create(registryUrl)));
  }
}
