package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;

/** The prediction sets of all folds of a model checkpoint, taken as one. */
final class FoldSets {

  private FoldSets() {}

  /** A set and the attempt that claims it. */
  record Candidate(SetManifest manifest, int attempt) {}

  /**
   * One set a fold, in the order of folds: that of the latest attempt.
   *
   * @param count what k must be; 0: any
   * @return empty while folds are missing: all that are known must be complete, and be 0, 1, … k -
   *     1 for a k of at least 2
   */
  static List<SetManifest> complete(Collection<Candidate> candidates, int count) {
    TreeMap<Integer, Candidate> byFold = new TreeMap<>();
    for (Candidate candidate : candidates) {
      byFold.merge(candidate.manifest().status().set().fold(), candidate, FoldSets::later);
    }
    List<SetManifest> folds = new ArrayList<>();
    for (Candidate candidate : byFold.values()) {
      SetStatus status = candidate.manifest().status();
      if (status.state() != SetState.COMPLETE || status.set().fold() != folds.size()) {
        return List.of();
      }
      folds.add(candidate.manifest());
    }
    return folds.size() < 2 || count > 0 && folds.size() != count ? List.of() : folds;
  }

  /** A complete set before others, a restarted attempt's own before those of an older one. */
  static Candidate later(Candidate a, Candidate b) {
    return Comparator.<Candidate, Boolean>comparing(
                    c -> c.manifest().status().state() == SetState.COMPLETE)
                .thenComparingInt(Candidate::attempt)
                .thenComparing(c -> c.manifest().setKey())
                .compare(a, b)
            > 0
        ? a
        : b;
  }

  /** The key of some sets: of one its own, of several one that they make together. */
  static String key(List<SetManifest> sets) {
    if (sets.size() == 1) {
      return sets.get(0).setKey();
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update("folds".getBytes(StandardCharsets.UTF_8));
      sets.forEach(set -> digest.update(set.setKey().getBytes(StandardCharsets.UTF_8)));
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** What a report says of all folds: sums, and what they have in common. */
  static SetManifest summary(List<SetManifest> folds) {
    SetStatus first = folds.get(0).status();
    List<SetStatus> all = folds.stream().map(SetManifest::status).toList();
    List<SetIdentity> sets = all.stream().map(SetStatus::set).toList();
    SetIdentity set =
        new SetIdentity(
            key(folds),
            common(sets, SetIdentity::modelDigest),
            common(sets, SetIdentity::datasetDigest),
            common(sets, SetIdentity::transformDigest),
            first.set().evaluationSet(),
            first.set().split(),
            null,
            false,
            first.set().task(),
            first.set().outputs());
    List<Claim> claims = first.claims();
    return new SetManifest(
        new SetStatus(
            set,
            SetState.COMPLETE,
            null,
            claims,
            all.stream().mapToLong(SetStatus::rows).sum(),
            null,
            all.stream().mapToLong(SetStatus::positives).sum(),
            all.stream().mapToLong(SetStatus::duplicates).sum(),
            all.stream().mapToLong(SetStatus::conflicts).sum(),
            all.stream().mapToLong(SetStatus::duplicateRows).sum(),
            all.stream().mapToLong(SetStatus::conflictingRows).sum(),
            first.weighted(),
            first.slices().stream()
                .filter(name -> all.stream().allMatch(s -> s.slices().contains(name)))
                .toList(),
            all.stream().mapToLong(SetStatus::rowDigest).sum(),
            false,
            all.stream().mapToInt(SetStatus::revision).sum(),
            all.stream().mapToLong(SetStatus::unknownLabels).sum()),
        List.of());
  }

  private static String common(List<SetIdentity> sets, Function<SetIdentity, String> part) {
    String first = part.apply(sets.get(0));
    return sets.stream().allMatch(set -> Objects.equals(part.apply(set), first)) ? first : null;
  }
}
