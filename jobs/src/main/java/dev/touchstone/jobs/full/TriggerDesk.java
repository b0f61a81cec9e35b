package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Brings triggers and complete prediction sets together, whichever comes first. Keyed by run and
 * model checkpoint.
 *
 * <p>A trigger waits until a complete full set of its evaluation set is there, or until its
 * deadline; then it is INCOMPLETE and says how far the set had come. Each trigger id is answered
 * once, over restarts too.
 */
public final class TriggerDesk
    extends KeyedCoProcessFunction<String, Trigger, ClaimedManifest, EvaluationTask> {

  private static final long serialVersionUID = 1L;

  private final LedgerSettings ledger;
  private final OutputTag<Outcome> outcomes;
  private transient MapState<String, Waiting> waiting;
  private transient MapState<String, ClaimedManifest> manifests;
  private transient MapState<String, Boolean> answered;

  public TriggerDesk(LedgerSettings ledger, OutputTag<Outcome> outcomes) {
    this.ledger = ledger;
    this.outcomes = outcomes;
  }

  /** A trigger without its predictions. */
  public record Waiting(Trigger trigger, long deadlineMillis) {}

  @Override
  public void open(OpenContext context) {
    var waitingState = new MapStateDescriptor<>("waiting", Types.STRING, Types.POJO(Waiting.class));
    var manifestState =
        new MapStateDescriptor<>("manifests", Types.STRING, Types.POJO(ClaimedManifest.class));
    var answeredState = new MapStateDescriptor<>("answered", Types.STRING, Types.BOOLEAN);
    manifestState.enableTimeToLive(ledger.retention());
    answeredState.enableTimeToLive(ledger.retention());
    waiting = getRuntimeContext().getMapState(waitingState);
    manifests = getRuntimeContext().getMapState(manifestState);
    answered = getRuntimeContext().getMapState(answeredState);
  }

  @Override
  public void processElement1(Trigger trigger, Context context, Collector<EvaluationTask> out)
      throws Exception {
    if (answered.contains(trigger.id()) || waiting.contains(trigger.id())) {
      return;
    }
    long now = context.timerService().currentProcessingTime();
    if (!answer(trigger, now, context, out)) {
      long deadline = now + trigger.waitMillis();
      waiting.put(trigger.id(), new Waiting(trigger, deadline));
      context.timerService().registerProcessingTimeTimer(deadline);
    }
  }

  @Override
  public void processElement2(
      ClaimedManifest claimed, Context context, Collector<EvaluationTask> out) throws Exception {
    manifests.put(claimed.manifest().setKey(), claimed);
    if (claimed.manifest().status().state() != SetState.COMPLETE) {
      return;
    }
    long now = context.timerService().currentProcessingTime();
    for (Trigger trigger : triggers(Long.MAX_VALUE)) {
      if (answer(trigger, now, context, out)) {
        waiting.remove(trigger.id());
      }
    }
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<EvaluationTask> out)
      throws Exception {
    for (Trigger trigger : triggers(timestamp)) {
      waiting.remove(trigger.id());
      ClaimedManifest nearest = nearest(trigger);
      end(
          trigger,
          Outcome.State.INCOMPLETE,
          trigger.question().allFolds() ? missingFolds(trigger) : incomplete(trigger, nearest),
          nearest == null ? null : nearest.manifest().status().set(),
          timestamp,
          context);
    }
  }

  /** The waiting triggers whose deadline has come, oldest first. */
  private List<Trigger> triggers(long dueBy) throws Exception {
    List<Waiting> due = new ArrayList<>();
    for (Waiting candidate : waiting.values()) {
      if (candidate.deadlineMillis() <= dueBy) {
        due.add(candidate);
      }
    }
    due.sort(Comparator.comparing(w -> w.trigger().triggeredAtMillis()));
    return due.stream().map(Waiting::trigger).toList();
  }

  /** Starts or refuses the trigger if its set is there; false: it has to wait. */
  private boolean answer(Trigger trigger, long now, Context context, Collector<EvaluationTask> out)
      throws Exception {
    List<ClaimedManifest> complete = new ArrayList<>();
    for (ClaimedManifest candidate : manifests.values()) {
      if (matches(trigger, candidate)
          && candidate.manifest().status().state() == SetState.COMPLETE) {
        complete.add(candidate);
      }
    }
    if (complete.isEmpty()) {
      return false;
    }
    List<SetManifest> folds = List.of();
    if (trigger.question().allFolds()) {
      folds = folds(trigger);
      if (folds.isEmpty()) {
        return false;
      }
    }
    TreeSet<String> evaluationSets = new TreeSet<>();
    complete.forEach(c -> evaluationSets.add(c.manifest().status().set().evaluationSet()));
    if (evaluationSets.size() > 1) {
      end(
          trigger,
          Outcome.State.FAILED,
          "evaluation_set must be named, since there are several: "
              + String.join(", ", evaluationSets),
          null,
          now,
          context);
      return true;
    }
    // a restarted attempt's own predictions before those of an older one
    ClaimedManifest found =
        complete.stream()
            .max(
                Comparator.<ClaimedManifest>comparingInt(c -> c.claim().attempt())
                    .thenComparing(c -> c.manifest().setKey()))
            .orElseThrow();
    Trigger known = withClaim(trigger, found.claim());
    answered.put(trigger.id(), true);
    String hash = RequestHash.of(trigger);
    out.collect(
        folds.isEmpty()
            ? EvaluationTask.of(known, found.manifest(), hash)
            : EvaluationTask.ofFolds(known, folds, hash));
    return true;
  }

  private List<SetManifest> folds(Trigger trigger) throws Exception {
    List<FoldSets.Candidate> candidates = new ArrayList<>();
    for (ClaimedManifest candidate : manifests.values()) {
      if (matches(trigger, candidate)) {
        candidates.add(new FoldSets.Candidate(candidate.manifest(), candidate.claim().attempt()));
      }
    }
    return FoldSets.complete(candidates, trigger.question().folds());
  }

  private void end(
      Trigger trigger,
      Outcome.State state,
      String reason,
      SetIdentity set,
      long now,
      Context context)
      throws Exception {
    answered.put(trigger.id(), true);
    context.output(
        outcomes, Outcome.without(trigger, state, reason, set, RequestHash.of(trigger), now));
  }

  private static boolean matches(Trigger trigger, ClaimedManifest candidate) {
    SetIdentity set = candidate.manifest().status().set();
    return !set.sampled()
        && (trigger.evaluationSet() == null || trigger.evaluationSet().equals(set.evaluationSet()))
        && trigger.split().equals(set.split())
        && (trigger.question().allFolds()
            ? set.fold() != null
            : Objects.equals(trigger.fold(), set.fold()));
  }

  private ClaimedManifest nearest(Trigger trigger) throws Exception {
    ClaimedManifest nearest = null;
    for (ClaimedManifest candidate : manifests.values()) {
      if (matches(trigger, candidate)
          && (nearest == null
              || candidate.manifest().status().rows() > nearest.manifest().status().rows())) {
        nearest = candidate;
      }
    }
    return nearest;
  }

  private static String incomplete(Trigger trigger, ClaimedManifest nearest) {
    String waited = " within " + trigger.waitMillis() / 1000 + " s";
    if (nearest == null) {
      return "no predictions of model checkpoint "
          + trigger.claim().checkpoint()
          + (trigger.evaluationSet() == null ? "" : " on " + trigger.evaluationSet())
          + " arrived"
          + waited;
    }
    SetManifest manifest = nearest.manifest();
    SetStatus status = manifest.status();
    return "PARTIAL("
        + status.rows()
        + "/"
        + (status.expectedRows() == null ? "?" : status.expectedRows())
        + "): "
        + (status.reason() == null ? "the prediction set was not complete" : status.reason())
        + waited;
  }

  private String missingFolds(Trigger trigger) throws Exception {
    TreeSet<Integer> complete = new TreeSet<>();
    for (ClaimedManifest candidate : manifests.values()) {
      if (matches(trigger, candidate)
          && candidate.manifest().status().state() == SetState.COMPLETE) {
        complete.add(candidate.manifest().status().set().fold());
      }
    }
    int folds = trigger.question().folds();
    return "folds must be complete, 0 and on"
        + (folds == 0 ? "" : ", " + folds + " of them")
        + ", got "
        + (complete.isEmpty() ? "none" : complete)
        + " within "
        + trigger.waitMillis() / 1000
        + " s";
  }

  private static Trigger withClaim(Trigger trigger, Claim claim) {
    return new Trigger(
        trigger.id(),
        trigger.kind(),
        claim,
        trigger.evaluationSet(),
        trigger.split(),
        trigger.fold(),
        trigger.question(),
        trigger.triggeredAtMillis(),
        trigger.waitMillis());
  }
}
