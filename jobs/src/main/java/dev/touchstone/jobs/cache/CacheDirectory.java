package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * The prediction cache as people look after it: what is there, whether it is sound, what may go.
 * Works beside a running engine.
 */
public final class CacheDirectory {

  private final CacheLayout layout;

  /**
   * @param directory as in the setting {@code cache.directory}
   */
  public CacheDirectory(String directory) {
    this.layout = new CacheLayout(directory);
  }

  CacheLayout layout() {
    return layout;
  }

  /** All sets, the newest first; none where the directory is not there. */
  public List<CachedSet> sets() throws IOException {
    List<CachedSet> sets = new ArrayList<>();
    for (String key : keys()) {
      sets.add(set(key));
    }
    sets.sort(
        Comparator.comparingLong(CachedSet::modifiedMillis)
            .reversed()
            .thenComparing(CachedSet::setKey));
    return sets;
  }

  private List<String> keys() throws IOException {
    List<String> keys = new ArrayList<>();
    for (FileStatus directory : list(new Path(layout.root()))) {
      if (directory.isDir() && CacheLayout.isSetKey(directory.getPath().getName())) {
        keys.add(directory.getPath().getName());
      }
    }
    return keys;
  }

  /**
   * The one set whose key starts with {@code prefix}.
   *
   * @throws IllegalArgumentException if there is none, or more than one
   */
  public CachedSet find(String prefix) throws IOException {
    // by name alone: a large cache has many manifests
    List<String> found = keys().stream().filter(key -> key.startsWith(prefix)).limit(2).toList();
    if (prefix.isEmpty() || found.size() != 1) {
      throw new IllegalArgumentException(
          "set must be the key of one set, or its beginning; "
              + (found.isEmpty() ? "none starts" : "several start")
              + " with \""
              + prefix
              + "\"");
    }
    return set(found.get(0));
  }

  private CachedSet set(String setKey) throws IOException {
    List<FileStatus> files = new ArrayList<>(List.of(list(layout.directory(setKey))));
    SetManifest manifest = null;
    String problem = null;
    boolean pinned = false;
    long bytes = 0;
    long newest = 0;
    Long written = null;
    for (FileStatus file : files) {
      String name = file.getPath().getName();
      bytes += file.getLen();
      newest = Math.max(newest, file.getModificationTime());
      pinned |= name.equals(CacheLayout.PIN);
      if (name.equals(CacheLayout.MANIFEST)) {
        written = file.getModificationTime();
        try {
          manifest = ManifestFile.read(layout, setKey, file);
        } catch (CorruptSegmentException e) {
          problem = e.rule();
        }
      }
    }
    return new CachedSet(
        setKey,
        manifest,
        problem,
        pinned,
        bytes,
        written == null ? newest : written,
        leftOvers(files, manifest, problem, manifest == null ? 0 : written));
  }

  /** A file may have counted until the manifest was written: somebody may still read it. */
  private static List<CachedSet.LeftOver> leftOvers(
      List<FileStatus> files, SetManifest manifest, String problem, long manifestWritten) {
    if (problem != null) {
      return List.of(); // nobody knows what its manifest listed
    }
    Set<String> counts = new HashSet<>(Set.of(CacheLayout.MANIFEST, CacheLayout.PIN));
    if (manifest != null) {
      manifest.segments().forEach(segment -> counts.add(segment.file()));
    }
    return files.stream()
        .filter(file -> !counts.contains(file.getPath().getName()))
        .map(
            f ->
                new CachedSet.LeftOver(
                    f.getPath().getName(),
                    f.getLen(),
                    Math.max(f.getModificationTime(), manifestWritten)))
        .sorted(Comparator.comparing(CachedSet.LeftOver::file))
        .toList();
  }

  private static FileStatus[] list(Path directory) throws IOException {
    FileSystem files = directory.getFileSystem();
    if (!files.exists(directory)) {
      return new FileStatus[0];
    }
    FileStatus[] found = files.listStatus(directory);
    return found == null ? new FileStatus[0] : found;
  }

  /**
   * Something in the cache that is not as promised.
   *
   * @param offset of the first byte of the file that can't be trusted
   */
  public record Damage(String setKey, String file, long offset, String rule) {}

  /** Reads every byte of a set; gives each damaged file once. Nothing for a set that arrives. */
  public void verify(CachedSet set, Consumer<Damage> damages) throws IOException {
    if (set.problem() != null) {
      damages.accept(new Damage(set.setKey(), CacheLayout.MANIFEST, 0, set.problem()));
    }
    if (set.manifest() == null) {
      return;
    }
    SetStatus status = set.manifest().status();
    long digest = 0;
    long positives = 0;
    boolean whole = true;
    for (Segment segment : set.manifest().segments()) {
      try {
        for (PredictionBatch batch : SegmentRows.read(layout, status, segment)) {
          digest += RowDigest.of(batch);
          positives += status.set().task() == Task.BINARY ? positives(batch) : 0;
        }
      } catch (CorruptSegmentException e) {
        damages.accept(new Damage(set.setKey(), e.file(), e.offset(), e.rule()));
        whole = false;
      }
    }
    if (whole && positives != status.positives()) {
      damages.accept(
          new Damage(
              set.setKey(),
              CacheLayout.MANIFEST,
              0,
              "positives must be " + status.positives() + ", got " + positives));
    }
    if (whole && digest != status.rowDigest()) {
      damages.accept(
          new Damage(
              set.setKey(),
              CacheLayout.MANIFEST,
              0,
              String.format("digest must be %016x, got %016x", status.rowDigest(), digest)));
    }
  }

  private static long positives(PredictionBatch batch) {
    long positives = 0;
    for (byte label : batch.labels()) {
      positives += label;
    }
    return positives;
  }

  /** Keeps the set from being pruned, or lets it go again. */
  public void pin(CachedSet set, boolean pinned) throws IOException {
    Path pin = new Path(layout.directory(set.setKey()), CacheLayout.PIN);
    if (pinned) {
      ImmutableFiles.replace(pin, new byte[0]);
    } else {
      pin.getFileSystem().delete(pin, false);
    }
  }

  /** Deletes a whole set, its manifest first: half a set is never taken for one. */
  void delete(String setKey) throws IOException {
    Path directory = layout.directory(setKey);
    FileSystem files = directory.getFileSystem();
    files.delete(layout.manifest(setKey), false);
    files.delete(directory, true);
  }

  void delete(String setKey, CachedSet.LeftOver leftOver) throws IOException {
    Path directory = layout.directory(setKey);
    directory.getFileSystem().delete(new Path(directory, leftOver.file()), false);
  }
}
