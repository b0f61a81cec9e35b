package dev.touchstone.cli.plan;

import dev.touchstone.jobs.cache.CacheDirectory;
import dev.touchstone.jobs.cache.CacheRows;
import dev.touchstone.jobs.cache.CachedSet;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.metrics.sampling.PlanMaker;
import dev.touchstone.metrics.sampling.PlanTask;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;

/** Examples of a cached prediction set, its scores being the reference scores of binary labels. */
final class CachedExamples implements PlanMaker.Examples<IOException> {
  private final CacheDirectory cache;
  private final CachedSet set;
  private final PlanTask task;
  private final String segment;

  private CachedExamples(CacheDirectory cache, CachedSet set, PlanTask task, String segment) {
    this.cache = cache;
    this.set = set;
    this.task = task;
    this.segment = segment;
  }

  /**
   * Nothing is read yet.
   *
   * @param segment slice that tells segments apart, or null
   * @throws IllegalArgumentException for a set that a plan can't be made from
   */
  static CachedExamples of(CacheDirectory cache, CachedSet set, String segment) {
    if (set.manifest() == null) {
      throw new IllegalArgumentException(
          "set must be COMPLETE for a plan, got " + set.state() + " (" + set.setKey() + ")");
    }
    var status = set.manifest().status();
    if (status.set().sampled()) {
      throw new IllegalArgumentException(
          "set must hold all examples for a plan, got a sample (" + set.setKey() + ")");
    }
    if (status.set().task() == Task.MULTILABEL) {
      throw new IllegalArgumentException(
          "task must be binary, multiclass or regression for a plan, got multilabel");
    }
    if (segment != null && !status.slices().contains(segment)) {
      throw new IllegalArgumentException(
          "--segment-column must be a slice of the set, one of "
              + status.slices()
              + ", got "
              + segment);
    }
    return new CachedExamples(cache, set, PlanTask.valueOf(status.set().task().name()), segment);
  }

  /**
   * The one complete set of a model checkpoint.
   *
   * @throws IllegalArgumentException if there is none, or more than one
   */
  static CachedSet find(CacheDirectory cache, String run, String checkpoint) throws IOException {
    List<CachedSet> found =
        cache.sets().stream()
            .filter(set -> set.manifest() != null && !set.manifest().status().set().sampled())
            .filter(
                set ->
                    set.manifest().status().claims().stream()
                        .anyMatch(
                            claim ->
                                Objects.equals(claim.runId(), run)
                                    && Objects.equals(claim.checkpoint(), checkpoint)))
            .toList();
    if (found.size() != 1) {
      throw new IllegalArgumentException(
          "--run and --checkpoint must name one complete set of the cache, "
              + (found.isEmpty()
                  ? "got none (see `touchstone cache ls`)"
                  : "got " + found.size() + ": say which with --set-key")
              + ": "
              + (run + ", " + checkpoint).replaceAll("\\p{Cntrl}", "?"));
    }
    return found.get(0);
  }

  PlanTask task() {
    return task;
  }

  @Override
  public void forEach(PlanMaker.Example to) throws IOException {
    new CacheRows(cache).forEach(set, batch -> rows(batch, to));
  }

  private void rows(PredictionBatch batch, PlanMaker.Example to) {
    ByteBuffer labels = ByteBuffer.wrap(batch.labels()).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer scores = ByteBuffer.wrap(batch.scores()).order(ByteOrder.LITTLE_ENDIAN);
    SliceColumn slice = null;
    for (SliceColumn column : batch.slices()) {
      slice = column.name().equals(segment) ? column : slice;
    }
    for (int row = 0; row < batch.count(); row++) {
      double number = number(labels, batch.labelEncoding(), row);
      to.accept(
          RowDigest.id(batch, row),
          task == PlanTask.REGRESSION ? null : Integer.toString((int) number),
          task == PlanTask.BINARY ? scores.getFloat(4 * row) : number,
          slice == null ? null : slice.dictionary().get(slice.codes()[row] & 0xFF));
    }
  }

  private static double number(ByteBuffer labels, LabelEncoding encoding, int row) {
    if (encoding == LabelEncoding.F32) {
      return labels.getFloat(4 * row);
    }
    return encoding.bytes() == 1 ? labels.get(row) & 0xFF : labels.getInt(4 * row);
  }
}
