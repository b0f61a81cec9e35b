package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.SetManifest;
import java.util.List;

/**
 * A prediction set as it lies in the cache directory.
 *
 * @param manifest null while the set arrives, and where it can't be read
 * @param problem why the manifest can't be read, or null
 * @param bytes of all files, left-overs included
 * @param modifiedMillis when the manifest was written; without one, when the newest file was
 * @param leftOvers files that count no longer: of restarts, of labels corrected since, and drafts
 */
public record CachedSet(
    String setKey,
    SetManifest manifest,
    String problem,
    boolean pinned,
    long bytes,
    long modifiedMillis,
    List<LeftOver> leftOvers) {

  /**
   * A file that the manifest doesn't list.
   *
   * @param modifiedMillis since when nothing has changed about that: the file's own time, or the
   *     manifest's where that is later
   */
  public record LeftOver(String file, long bytes, long modifiedMillis) {}

  /** What there is of it. */
  public enum State {
    /** With a manifest, to be evaluated. */
    COMPLETE,
    /** Its manifest is not written yet. */
    ARRIVING,
    /** Its manifest can't be read. */
    UNREADABLE
  }

  public State state() {
    if (manifest != null) {
      return State.COMPLETE;
    }
    return problem == null ? State.ARRIVING : State.UNREADABLE;
  }
}
