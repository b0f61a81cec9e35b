package dev.touchstone.jobs.cache;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetStatus;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The manifest beside the segments: what tools and people without Kafka read. */
final class ManifestFile {

  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT);

  private ManifestFile() {}

  static void write(CacheLayout layout, SetManifest manifest) throws IOException {
    SetStatus status = manifest.status();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("set_key", manifest.setKey());
    fields.put("state", status.state());
    fields.put("claims", status.claims());
    fields.put("model_digest", status.set().modelDigest());
    fields.put("dataset_digest", status.set().datasetDigest());
    fields.put("transform_digest", status.set().transformDigest());
    fields.put("evaluation_set", status.set().evaluationSet());
    fields.put("split", status.set().split());
    fields.put("fold", status.set().fold());
    fields.put("sampled", status.set().sampled());
    fields.put("task", status.set().task());
    fields.put("outputs", status.set().outputs());
    fields.put("rows", status.rows());
    fields.put("positives", status.positives());
    fields.put("weighted", status.weighted());
    fields.put("slices", status.slices());
    fields.put("digest", String.format("%016x", status.rowDigest()));
    fields.put("segments", manifest.segments());
    ImmutableFiles.replace(layout.manifest(manifest.setKey()), MAPPER.writeValueAsBytes(fields));
  }
}
