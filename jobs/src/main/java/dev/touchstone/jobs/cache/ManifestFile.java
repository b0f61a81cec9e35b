package dev.touchstone.jobs.cache;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Task;
import java.io.IOException;
import java.util.List;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/** The manifest beside the segments: what tools and people without Kafka read. */
final class ManifestFile {

  /** A million segments; more is no manifest of ours. */
  private static final long MAX_BYTES = 128 << 20;

  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(SerializationFeature.INDENT_OUTPUT);

  private ManifestFile() {}

  /** The file's content, key by key; the same names as on the topic. */
  private record Content(
      String setKey,
      SetState state,
      List<Claim> claims,
      String modelDigest,
      String datasetDigest,
      String transformDigest,
      String evaluationSet,
      String split,
      Integer fold,
      boolean sampled,
      Task task,
      int outputs,
      long rows,
      Long expectedRows,
      long positives,
      long duplicates,
      long conflicts,
      long duplicateRows,
      long conflictingRows,
      int revision,
      long unknownLabels,
      boolean weighted,
      List<String> slices,
      String digest,
      List<Segment> segments) {}

  static void write(CacheLayout layout, SetManifest manifest) throws IOException {
    SetStatus status = manifest.status();
    SetIdentity set = status.set();
    Content content =
        new Content(
            manifest.setKey(),
            status.state(),
            status.claims(),
            set.modelDigest(),
            set.datasetDigest(),
            set.transformDigest(),
            set.evaluationSet(),
            set.split(),
            set.fold(),
            set.sampled(),
            set.task(),
            set.outputs(),
            status.rows(),
            status.expectedRows(),
            status.positives(),
            status.duplicates(),
            status.conflicts(),
            status.duplicateRows(),
            status.conflictingRows(),
            status.revision(),
            status.unknownLabels(),
            status.weighted(),
            status.slices(),
            String.format("%016x", status.rowDigest()),
            manifest.segments());
    ImmutableFiles.replace(layout.manifest(manifest.setKey()), MAPPER.writeValueAsBytes(content));
  }

  /**
   * Reads and checks the manifest of a set.
   *
   * @throws CorruptSegmentException if it is no manifest of that set
   */
  static SetManifest read(CacheLayout layout, String setKey, FileStatus file) throws IOException {
    Path path = layout.manifest(setKey);
    if (file.getLen() > MAX_BYTES) {
      throw new CorruptSegmentException(
          path, 0, "length must be at most " + MAX_BYTES + " bytes, got " + file.getLen());
    }
    byte[] bytes = ImmutableFiles.read(path, file.getLen());
    Content content;
    try {
      content = MAPPER.readValue(bytes, Content.class);
    } catch (JacksonException e) {
      long offset = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
      throw new CorruptSegmentException(path, offset, "is no manifest: " + e.getOriginalMessage());
    }
    String broken = broken(layout, setKey, content);
    if (broken != null) {
      throw new CorruptSegmentException(path, 0, broken);
    }
    SetIdentity set =
        new SetIdentity(
            content.setKey,
            content.modelDigest,
            content.datasetDigest,
            content.transformDigest,
            content.evaluationSet,
            content.split,
            content.fold,
            content.sampled,
            content.task,
            content.outputs);
    SetStatus status =
        new SetStatus(
            set,
            content.state,
            null,
            content.claims,
            content.rows,
            content.expectedRows,
            content.positives,
            content.duplicates,
            content.conflicts,
            content.duplicateRows,
            content.conflictingRows,
            content.weighted,
            content.slices,
            Long.parseUnsignedLong(content.digest, 16),
            false,
            content.revision,
            content.unknownLabels);
    return new SetManifest(status, content.segments);
  }

  private static String broken(CacheLayout layout, String setKey, Content content) {
    if (content == null || !setKey.equals(content.setKey)) {
      return "set_key must be " + setKey + ", got " + (content == null ? null : content.setKey);
    }
    if (content.state != SetState.COMPLETE) {
      return "state must be COMPLETE, got " + content.state;
    }
    if (content.task == null
        || content.evaluationSet == null
        || content.split == null
        || content.claims == null
        || content.slices == null
        || content.segments == null) {
      return "task, evaluation_set, split, claims, slices and segments must be there";
    }
    if (content.digest == null || !content.digest.matches("[0-9a-f]{16}")) {
      return "digest must be 16 hex digits, got " + content.digest;
    }
    long rows = 0;
    for (Segment segment : content.segments) {
      if (segment == null
          || segment.file() == null
          || segment.rows() < 1
          || segment.bytes() < 1
          || segment.bytes() > Integer.MAX_VALUE) {
        return "segments must have a file, rows and bytes, got " + segment;
      }
      try {
        layout.segment(setKey, segment.file());
      } catch (IllegalArgumentException e) {
        return e.getMessage();
      }
      rows += segment.rows();
    }
    return rows == content.rows
        ? null
        : "rows must be those of the segments, " + rows + ", got " + content.rows;
  }
}
