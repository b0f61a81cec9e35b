package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.model.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A made-up set of any task, written into a cache directory as the engine would. */
record StoredSet(Path root, List<PredictionBatch> batches, SetManifest manifest) {

  static final int ROWS = 1_000;
  private static final int BATCH = 100;

  static StoredSet write(Path root, String key, Task task, int outputs, LabelEncoding encoding)
      throws IOException {
    SplittableRandom random = new SplittableRandom(task.ordinal());
    SetIdentity set =
        new SetIdentity(key, "model", null, null, "val", "validation", null, true, task, outputs);
    List<PredictionBatch> batches = new ArrayList<>();
    for (int from = 0; from < ROWS; from += BATCH) {
      batches.add(batch(set, encoding, from, random));
    }
    CacheLayout layout = new CacheLayout(root.toUri().toString());
    List<Segment> segments = new ArrayList<>();
    for (List<PredictionBatch> part : List.of(batches.subList(0, 6), batches.subList(6, 10))) {
      SegmentWriter.Finished finished = SegmentWriter.write(part);
      ImmutableFiles.writeOnce(layout.segment(key, finished.segment().file()), finished.content());
      segments.add(finished.segment());
    }
    long positives = 0;
    long digest = 0;
    for (PredictionBatch batch : batches) {
      digest += RowDigest.of(batch);
      for (byte label : task == Task.BINARY ? batch.labels() : new byte[0]) {
        positives += label;
      }
    }
    SetStatus status =
        new SetStatus(
            set,
            SetState.COMPLETE,
            null,
            List.of(new Claim("run", 0, "step-8", 8, null)),
            ROWS,
            (long) ROWS,
            positives,
            0,
            0,
            0,
            0,
            true,
            List.of("country", "score"),
            digest);
    SetManifest manifest = new SetManifest(status, segments);
    ManifestFile.write(layout, manifest);
    return new StoredSet(root, batches, manifest);
  }

  static StoredSet binary(Path root, String key) throws IOException {
    return write(root, key, Task.BINARY, 1, LabelEncoding.U8);
  }

  private static PredictionBatch batch(
      SetIdentity set, LabelEncoding encoding, int from, SplittableRandom random) {
    int labels = set.task() == Task.MULTILABEL ? set.outputs() : 1;
    ByteBuffer ids = buffer(8 * BATCH);
    ByteBuffer labelBytes = buffer(encoding.bytes() * BATCH * labels);
    ByteBuffer scores = buffer(4 * BATCH * set.outputs());
    ByteBuffer weights = buffer(4 * BATCH);
    byte[] strata = new byte[BATCH];
    byte[] countries = new byte[BATCH];
    byte[] levels = new byte[BATCH];
    List<String> dictionary = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      // ten batches of a hundred values each: more in a file than a batch can hold
      dictionary.add("country \"" + (from + i) + "\", 日本");
    }
    for (int i = 0; i < BATCH; i++) {
      ids.putLong(random.nextLong());
      weights.putFloat((float) random.nextInt(4));
      strata[i] = (byte) random.nextInt(2);
      countries[i] = (byte) i;
      levels[i] = (byte) random.nextInt(2);
      for (int j = 0; j < set.outputs(); j++) {
        scores.putFloat((float) random.nextDouble());
      }
      for (int j = 0; j < labels; j++) {
        switch (encoding) {
          case U8 -> labelBytes.put((byte) random.nextInt(2));
          case I32 -> labelBytes.putInt(random.nextInt(set.outputs()));
          case F32 -> labelBytes.putFloat((float) random.nextDouble(-9, 9));
        }
      }
    }
    return new PredictionBatch(
        set,
        new Claim("run", 0, "step-8", 8, null),
        null,
        null,
        0,
        1,
        from / BATCH,
        from + BATCH == ROWS,
        BATCH,
        0,
        ids.array(),
        encoding,
        labelBytes.array(),
        scores.array(),
        weights.array(),
        strata,
        List.of(
            new SliceColumn("country", dictionary, countries),
            new SliceColumn("score", List.of("low", "high"), levels)),
        null,
        null);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  CacheDirectory cache() {
    return new CacheDirectory(root.toUri().toString());
  }

  Path directory() {
    return root.resolve(manifest.setKey());
  }

  Path segment(int index) {
    return directory().resolve(manifest.segments().get(index).file());
  }

  /** Makes every file as old as that. */
  StoredSet modified(Instant when) throws IOException {
    try (var files = Files.list(directory())) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.from(when));
      }
    }
    return this;
  }
}
