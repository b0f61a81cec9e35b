package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.settings.RuleSettings;
import dev.touchstone.metrics.stopping.LossSeries;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All that is known of a run: a mutable bean of Flink state. */
public class RunCourse {

  private static final int MAX_KEPT = 32;

  // public: Flink's POJO serializer
  public int attempt;

  /** This attempt, and those before it. */
  public boolean stopped;

  /** Settings of the rule that the run has changed. */
  public Map<String, String> changes = new HashMap<>();

  public String sweep;

  /** By name of the figure. */
  public Map<String, WatchedLoss> losses = new HashMap<>();

  /** Null before the first check. */
  public Judged judged;

  /** Where the checks of {@link #log} began. */
  public Judged base;

  /** Checks that can be judged again: the first of them left something open. */
  public List<Standing> log = new ArrayList<>();

  /** Of the last model checkpoints, oldest first. */
  public List<ExactValues> exact = new ArrayList<>();

  /** Model checkpoints that the full tier was asked about. */
  public List<String> asked = new ArrayList<>();

  /** Checks that were decided without it. */
  public long avoided;

  /** Examples that were not scored, of the last model checkpoints, oldest first. */
  public List<Unscored> unscored = new ArrayList<>();

  /** Those of model checkpoints that are no longer there. */
  public long unscoredBefore;

  public RunCourse() {}

  /**
   * The losses of one name.
   *
   * @param step of the last one
   */
  public record WatchedLoss(int attempt, long step, LossSeries series) {}

  /**
   * Examples of the population that no prediction was made for.
   *
   * @param of model checkpoint, evaluation set, split and fold
   * @param step of the model checkpoint
   */
  public record Unscored(String of, long step, long rows) {}

  /** A later attempt of a stopped run starts anew; its rule, sweep and counts stay. */
  void heardOf(int someAttempt) {
    if (someAttempt > attempt) {
      attempt = someAttempt;
      if (stopped) {
        stopped = false;
        judged = null;
        losses.clear();
        closeLog();
      }
    }
  }

  RuleSettings rule(RuleSettings engines) {
    return changes.isEmpty() ? engines : engines.with(changes);
  }

  void closeLog() {
    base = null;
    log.clear();
  }

  void know(ExactValues values) {
    for (ExactValues known : exact) {
      if (known.about(values) && known.revision() > values.revision()) {
        return;
      }
    }
    exact.removeIf(known -> known.about(values));
    exact.add(values);
    if (exact.size() > MAX_KEPT) {
      exact.remove(0);
    }
  }

  /** The exact value of a standing's metric; null where it is not known. */
  Double exact(Standing standing, String metric) {
    for (ExactValues known : exact) {
      if (known.about(standing)) {
        return known.values().get(metric);
      }
    }
    return null;
  }

  /** Examples that no prediction was made for, of all model checkpoints, with this one. */
  long unscored(Standing standing) {
    String of = standing.claim().checkpoint() + "\n" + On.whole(standing.set());
    long rows = standing.vitals().population() - standing.vitals().rows();
    for (Unscored known : unscored) {
      if (known.of().equals(of)) {
        // the whole set may come beside its sample: then nothing was spared
        rows = Math.min(rows, known.rows());
      }
    }
    return unscored(new Unscored(of, standing.claim().step(), rows));
  }

  /**
   * The same with a report that was answered from another model checkpoint's predictions: none of
   * its examples was scored for this one, unless predictions of its own came, or come yet.
   */
  long unscored(ExactMetrics reused) {
    Claim claim = reused.claim();
    String of =
        claim.checkpoint() + "\n" + On.whole(reused.evaluationSet(), reused.split(), reused.fold());
    boolean known = unscored.stream().anyMatch(one -> one.of().equals(of));
    // those of before are forgotten
    boolean old =
        unscored.size() >= MAX_KEPT && unscored.stream().allMatch(one -> claim.step() < one.step());
    return known || old ? unscored() : unscored(new Unscored(of, claim.step(), reused.n()));
  }

  private long unscored(Unscored one) {
    unscored.removeIf(known -> known.of().equals(one.of()));
    unscored.add(one);
    if (unscored.size() > MAX_KEPT) {
      unscoredBefore += unscored.remove(0).rows();
    }
    return unscored();
  }

  private long unscored() {
    return unscoredBefore + unscored.stream().mapToLong(Unscored::rows).sum();
  }
}
