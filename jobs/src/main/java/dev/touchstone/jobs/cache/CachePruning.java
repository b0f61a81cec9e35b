package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.settings.EngineSettings.CacheSettings;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What may leave the cache: sets by age, then the oldest until the rest fits; files that count no
 * longer. A pinned set and one whose manifest can't be read stay whole.
 *
 * <p>A file without a manifest may belong to a set that still arrives, so it stays until the ledger
 * has forgotten such a set as well.
 */
public final class CachePruning {

  private final CacheDirectory cache;
  private final CacheSettings settings;
  private final Duration arriving;

  public CachePruning(CacheDirectory cache, CacheSettings settings, LedgerSettings ledger) {
    this.cache = cache;
    this.settings = settings;
    this.arriving = Duration.ofHours(Math.max(settings.leftOverHours(), ledger.retentionHours()));
  }

  /**
   * Something to delete.
   *
   * @param file null: the whole set
   */
  public record Removal(CachedSet set, CachedSet.LeftOver file, String reason) {

    public long bytes() {
      return file == null ? set.bytes() : file.bytes();
    }
  }

  /** What would be deleted at {@code now}, in that order. */
  public List<Removal> plan(Instant now) throws IOException {
    List<Removal> removals = new ArrayList<>();
    List<CachedSet> kept = new ArrayList<>();
    for (CachedSet set : cache.sets()) {
      String reason = set.state() == CachedSet.State.COMPLETE ? tooOld(set, now) : null;
      if (reason != null && !set.pinned()) {
        removals.add(new Removal(set, null, reason));
      } else {
        kept.add(set);
      }
    }
    for (CachedSet set : kept) {
      Duration safe =
          set.state() == CachedSet.State.ARRIVING
              ? arriving
              : Duration.ofHours(settings.leftOverHours());
      for (CachedSet.LeftOver file : set.leftOvers()) {
        Duration age = age(file.modifiedMillis(), now);
        if (age.compareTo(safe) > 0) {
          removals.add(
              new Removal(set, file, "in no manifest for more than " + safe.toHours() + " hours"));
        }
      }
    }
    removals.addAll(tooMuch(kept));
    return removals;
  }

  private String tooOld(CachedSet set, Instant now) {
    return settings.retentionHours() > 0
            && age(set.modifiedMillis(), now).compareTo(Duration.ofHours(settings.retentionHours()))
                > 0
        ? "older than cache.retention_hours, " + settings.retentionHours()
        : null;
  }

  private List<Removal> tooMuch(List<CachedSet> newestFirst) {
    List<Removal> removals = new ArrayList<>();
    long bytes = newestFirst.stream().mapToLong(CachedSet::bytes).sum();
    for (int i = newestFirst.size() - 1; i >= 0 && settings.maxBytes() > 0; i--) {
      CachedSet set = newestFirst.get(i);
      if (bytes <= settings.maxBytes()) {
        break;
      }
      if (set.state() == CachedSet.State.COMPLETE && !set.pinned()) {
        removals.add(
            new Removal(
                set,
                null,
                "the oldest of more than cache.max_bytes, " + settings.maxBytes() + " bytes"));
        bytes -= set.bytes();
      }
    }
    return removals;
  }

  private static Duration age(long modifiedMillis, Instant now) {
    return Duration.between(Instant.ofEpochMilli(modifiedMillis), now);
  }

  /**
   * Deletes what {@link #plan} gave.
   *
   * @param done called after each deletion
   */
  public void carryOut(List<Removal> removals, Consumer<Removal> done) throws IOException {
    for (Removal removal : removals) {
      if (removal.file() == null) {
        cache.delete(removal.set().setKey());
      } else {
        cache.delete(removal.set().setKey(), removal.file());
      }
      done.accept(removal);
    }
  }
}
