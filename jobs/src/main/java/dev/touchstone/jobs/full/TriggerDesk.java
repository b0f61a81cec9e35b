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
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
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
 * deadline; then it is INCOMPLETE and says how far the set had come. One whose set is inconsistent
 * waits no longer: its last batch has come, so it FAILED. One that was read after its deadline (the
 * engine was down) still gets the time that reading the manifests takes; then it EXPIRED. Each
 * trigger id is answered once, over restarts too.
 *
 * <p>When the labels of a set were corrected, what was asked about it goes on once more.
 */
public final class TriggerDesk
    extends KeyedCoProcessFunction<String, Asked, ClaimedManifest, EvaluationTask> {

  private static final long serialVersionUID = 1L;

  /** After a start without state, triggers and manifests are read side by side. */
  static final long CATCH_UP_MILLIS = 60_000;

  /** In place of a report key: the trigger has ended here. */
  private static final String ENDED = "";

  private final LedgerSettings ledger;
  private final OutputTag<Outcome> outcomes;
  private transient MapState<String, Waiting> waiting;
  private transient MapState<String, ClaimedManifest> manifests;
  private transient MapState<String, String> answered;
  private transient MapState<String, Answered> questions;

  public TriggerDesk(LedgerSettings ledger, OutputTag<Outcome> outcomes) {
    this.ledger = ledger;
    this.outcomes = outcomes;
  }

  /**
   * A trigger without its predictions.
   *
   * @param late it was read after its deadline
   */
  public record Waiting(Trigger trigger, long deadlineMillis, boolean late) {}

  /** What was handed on under a report key first, and the latest revision that it was about. */
  public record Answered(Trigger trigger, int revision) {}

  @Override
  public void open(OpenContext context) {
    var waitingState = new MapStateDescriptor<>("waiting", Types.STRING, Types.POJO(Waiting.class));
    var manifestState =
        new MapStateDescriptor<>("manifests", Types.STRING, Types.POJO(ClaimedManifest.class));
    var answeredState = new MapStateDescriptor<>("answered", Types.STRING, Types.STRING);
    var questionState =
        new MapStateDescriptor<>("questions", Types.STRING, Types.POJO(Answered.class));
    questionState.enableTimeToLive(ledger.retention());
    questions = getRuntimeContext().getMapState(questionState);
    manifestState.enableTimeToLive(ledger.retention());
    answeredState.enableTimeToLive(ledger.retention());
    waiting = getRuntimeContext().getMapState(waitingState);
    manifests = getRuntimeContext().getMapState(manifestState);
    answered = getRuntimeContext().getMapState(answeredState);
  }

  @Override
  public void processElement1(Asked asked, Context context, Collector<EvaluationTask> out)
      throws Exception {
    Trigger trigger = asked.trigger();
    long now = context.timerService().currentProcessingTime();
    if (asked.withdrawn()) {
      withdraw(trigger, now, context, out);
      return;
    }
    if (answered.contains(trigger.id()) || waiting.contains(trigger.id())) {
      return;
    }
    if (!answer(trigger, now, context, out)) {
      boolean late =
          trigger.triggeredAtMillis() > 0
              && trigger.triggeredAtMillis() + trigger.waitMillis() < now;
      long wait = late ? Math.min(trigger.waitMillis(), CATCH_UP_MILLIS) : trigger.waitMillis();
      waiting.put(trigger.id(), new Waiting(trigger, now + wait, late));
      context.timerService().registerProcessingTimeTimer(now + wait);
    }
  }

  private void withdraw(Trigger trigger, long now, Context context, Collector<EvaluationTask> out)
      throws Exception {
    if (answered.contains(trigger.id())) {
      String reportKey = answered.get(trigger.id());
      if (!reportKey.equals(ENDED)) {
        // it has gone on: perhaps it still waits for its turn
        out.collect(EvaluationTask.withdrawal(trigger, reportKey));
      }
      return;
    }
    waiting.remove(trigger.id());
    end(trigger, Outcome.State.EXPIRED, Backlog.WITHDRAWN, null, now, context);
  }

  @Override
  public void processElement2(
      ClaimedManifest claimed, Context context, Collector<EvaluationTask> out) throws Exception {
    ClaimedManifest known = manifests.get(claimed.manifest().setKey());
    if (known != null && isEarlier(claimed.manifest().status(), known.manifest().status())) {
      return; // told again after a fault
    }
    manifests.put(claimed.manifest().setKey(), claimed);
    if (claimed.manifest().status().state() == SetState.RECEIVING) {
      return;
    }
    long now = context.timerService().currentProcessingTime();
    for (Waiting candidate : due(Long.MAX_VALUE)) {
      if (answer(candidate.trigger(), now, context, out)) {
        waiting.remove(candidate.trigger().id());
      }
    }
    if (claimed.manifest().status().revision() > 0) {
      restate(out);
    }
  }

  private static boolean isEarlier(SetStatus status, SetStatus known) {
    return status.state() == SetState.COMPLETE
        && known.state() == SetState.COMPLETE
        && status.revision() < known.revision();
  }

  /** Hands on again what was asked about an earlier label revision. */
  private void restate(Collector<EvaluationTask> out) throws Exception {
    Map<String, Answered> all = new TreeMap<>();
    questions.entries().forEach(one -> all.put(one.getKey(), one.getValue()));
    for (Map.Entry<String, Answered> one : all.entrySet()) {
      Trigger trigger = one.getValue().trigger();
      List<ClaimedManifest> complete = complete(trigger);
      List<SetManifest> folds = trigger.question().allFolds() ? folds(trigger) : List.of();
      if (complete.isEmpty() || trigger.question().allFolds() && folds.isEmpty()) {
        continue;
      }
      EvaluationTask task = task(trigger, complete, folds);
      if (task.reportKey().equals(one.getKey()) && task.revision() > one.getValue().revision()) {
        questions.put(one.getKey(), new Answered(trigger, task.revision()));
        out.collect(task.restating());
      }
    }
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<EvaluationTask> out)
      throws Exception {
    for (Waiting over : due(timestamp)) {
      Trigger trigger = over.trigger();
      waiting.remove(trigger.id());
      ClaimedManifest nearest = nearest(trigger);
      SetIdentity set = nearest == null ? null : nearest.manifest().status().set();
      if (over.late()) {
        String reason =
            "read after its deadline of " + trigger.waitMillis() / 1000 + " s; " + state(nearest);
        end(trigger, Outcome.State.EXPIRED, reason, set, timestamp, context);
      } else {
        String reason =
            trigger.question().allFolds() ? missingFolds(trigger) : incomplete(trigger, nearest);
        end(trigger, Outcome.State.INCOMPLETE, reason, set, timestamp, context);
      }
    }
  }

  private static String state(ClaimedManifest nearest) {
    return nearest == null ? "no predictions had arrived" : partial(nearest.manifest().status());
  }

  /** The waiting triggers whose deadline has come, oldest first. */
  private List<Waiting> due(long dueBy) throws Exception {
    List<Waiting> due = new ArrayList<>();
    for (Waiting candidate : waiting.values()) {
      if (candidate.deadlineMillis() <= dueBy) {
        due.add(candidate);
      }
    }
    due.sort(Comparator.comparing(w -> w.trigger().triggeredAtMillis()));
    return due;
  }

  /** Starts or refuses the trigger if its set is there; false: it has to wait. */
  private boolean answer(Trigger trigger, long now, Context context, Collector<EvaluationTask> out)
      throws Exception {
    List<ClaimedManifest> complete = complete(trigger);
    if (complete.isEmpty()) {
      return isHopeless(trigger, now, context);
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
    EvaluationTask task = task(trigger, complete, folds);
    answered.put(trigger.id(), task.reportKey());
    if (!questions.contains(task.reportKey())) {
      questions.put(task.reportKey(), new Answered(trigger, task.revision()));
    }
    out.collect(task);
    return true;
  }

  private List<ClaimedManifest> complete(Trigger trigger) throws Exception {
    List<ClaimedManifest> complete = new ArrayList<>();
    for (ClaimedManifest candidate : manifests.values()) {
      if (matches(trigger, candidate)
          && candidate.manifest().status().state() == SetState.COMPLETE) {
        complete.add(candidate);
      }
    }
    return complete;
  }

  private static EvaluationTask task(
      Trigger trigger, List<ClaimedManifest> complete, List<SetManifest> folds) {
    // a restarted attempt's own predictions before those of an older one
    ClaimedManifest found =
        complete.stream()
            .max(
                Comparator.<ClaimedManifest>comparingInt(c -> c.claim().attempt())
                    .thenComparing(c -> c.manifest().setKey()))
            .orElseThrow();
    Trigger known = withClaim(trigger, found.claim());
    String hash = RequestHash.of(trigger);
    return folds.isEmpty()
        ? EvaluationTask.of(known, found.manifest(), hash)
        : EvaluationTask.ofFolds(known, folds, hash);
  }

  /** Ends a trigger whose set can't become complete any more; false: it has to wait. */
  private boolean isHopeless(Trigger trigger, long now, Context context) throws Exception {
    SetStatus inconsistent = null;
    for (ClaimedManifest candidate : manifests.values()) {
      // an older attempt's sets say nothing of what this one will send
      if (matches(trigger, candidate) && candidate.claim().attempt() >= trigger.claim().attempt()) {
        SetStatus status = candidate.manifest().status();
        if (status.state() == SetState.RECEIVING) {
          return false;
        }
        inconsistent = status;
      }
    }
    if (inconsistent == null) {
      return false;
    }
    end(
        trigger,
        Outcome.State.FAILED,
        "the prediction set is inconsistent: " + inconsistent.reason(),
        inconsistent.set(),
        now,
        context);
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
    answered.put(trigger.id(), ENDED);
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
    return partial(nearest.manifest().status()) + waited;
  }

  private static String partial(SetStatus status) {
    return "PARTIAL("
        + status.rows()
        + "/"
        + (status.expectedRows() == null ? "?" : status.expectedRows())
        + "): "
        + (status.reason() == null ? "the prediction set was not complete" : status.reason());
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
        trigger.waitMillis(),
        trigger.priority());
  }
}
