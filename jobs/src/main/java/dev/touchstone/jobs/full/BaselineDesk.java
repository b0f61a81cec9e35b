package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Brings tasks and the baselines that they name together, whichever comes first. Keyed by {@link
 * AddressedManifest#of}; tasks without a baseline pass.
 *
 * <p>A task waits for its baseline as long as its trigger would wait for predictions; then it ends
 * FAILED and names what is missing.
 */
public final class BaselineDesk
    extends KeyedCoProcessFunction<String, EvaluationTask, AddressedManifest, EvaluationTask> {

  private static final long serialVersionUID = 1L;

  private final LedgerSettings ledger;
  private final OutputTag<Outcome> outcomes;
  private transient MapState<String, Waiting> waiting;
  private transient MapState<String, AddressedManifest> manifests;

  /** A task without its baseline. */
  public record Waiting(EvaluationTask task, long deadlineMillis) {}

  public BaselineDesk(LedgerSettings ledger, OutputTag<Outcome> outcomes) {
    this.ledger = ledger;
    this.outcomes = outcomes;
  }

  @Override
  public void open(OpenContext context) {
    var manifestState =
        new MapStateDescriptor<>("manifests", Types.STRING, Types.POJO(AddressedManifest.class));
    manifestState.enableTimeToLive(ledger.retention());
    manifests = getRuntimeContext().getMapState(manifestState);
    waiting =
        getRuntimeContext()
            .getMapState(
                new MapStateDescriptor<>("waiting", Types.STRING, Types.POJO(Waiting.class)));
  }

  @Override
  public void processElement1(EvaluationTask task, Context context, Collector<EvaluationTask> out)
      throws Exception {
    if (task.isWithdrawal()) {
      withdraw(task, context, out);
      return;
    }
    if (answer(task, out)) {
      return;
    }
    long deadline = context.timerService().currentProcessingTime() + task.trigger().waitMillis();
    waiting.put(task.trigger().id(), new Waiting(task, deadline));
    context.timerService().registerProcessingTimeTimer(deadline);
  }

  private void withdraw(EvaluationTask withdrawal, Context context, Collector<EvaluationTask> out)
      throws Exception {
    String id = withdrawal.trigger().id();
    Waiting waits = waiting.get(id);
    if (waits == null || waits.task().restates()) {
      out.collect(withdrawal);
      return;
    }
    waiting.remove(id);
    context.output(
        outcomes,
        Outcome.without(
            waits.task().trigger(),
            Outcome.State.EXPIRED,
            Backlog.WITHDRAWN,
            waits.task().manifest().status().set(),
            waits.task().requestHash(),
            context.timerService().currentProcessingTime()));
  }

  @Override
  public void processElement2(
      AddressedManifest addressed, Context context, Collector<EvaluationTask> out)
      throws Exception {
    manifests.put(addressed.manifest().setKey(), addressed);
    List<EvaluationTask> tasks = new ArrayList<>();
    waiting.values().forEach(one -> tasks.add(one.task()));
    for (EvaluationTask task : tasks) {
      if (answer(task, out)) {
        waiting.remove(task.trigger().id());
      }
    }
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<EvaluationTask> out)
      throws Exception {
    List<EvaluationTask> due = new ArrayList<>();
    for (Waiting one : waiting.values()) {
      if (one.deadlineMillis() <= timestamp) {
        due.add(one.task());
      }
    }
    for (EvaluationTask task : due) {
      waiting.remove(task.trigger().id());
      context.output(
          outcomes,
          Outcome.without(
              task.endingTrigger(),
              Outcome.State.FAILED,
              missing(task),
              task.manifest().status().set(),
              task.requestHash(),
              timestamp));
    }
  }

  private boolean answer(EvaluationTask task, Collector<EvaluationTask> out) throws Exception {
    if (task.trigger().question().baseline() == null) {
      out.collect(task);
      return true;
    }
    List<SetManifest> found = find(task);
    if (found.isEmpty()) {
      return false;
    }
    out.collect(task.against(found));
    return true;
  }

  private List<SetManifest> find(EvaluationTask task) throws Exception {
    List<FoldSets.Candidate> candidates = new ArrayList<>();
    for (AddressedManifest one : manifests.values()) {
      if (matches(task, one.manifest())) {
        candidates.add(new FoldSets.Candidate(one.manifest(), one.attempt()));
      }
    }
    if (!task.folds().isEmpty()) {
      return FoldSets.complete(candidates, task.folds().size());
    }
    return candidates.stream()
        .reduce(FoldSets::later)
        .map(FoldSets.Candidate::manifest)
        .filter(manifest -> manifest.status().state() == SetState.COMPLETE)
        .map(List::of)
        .orElse(List.of());
  }

  private static boolean matches(EvaluationTask task, SetManifest manifest) {
    SetIdentity set = manifest.status().set();
    SetIdentity own = task.manifest().status().set();
    if (set.sampled() || set.task() != own.task()) {
      return false;
    }
    boolean byKey = task.trigger().question().baseline().setKey() != null;
    boolean sameFold =
        task.folds().isEmpty() ? Objects.equals(set.fold(), own.fold()) : set.fold() != null;
    return byKey
        || set.evaluationSet().equals(own.evaluationSet())
            && set.split().equals(own.split())
            && sameFold;
  }

  private static String missing(EvaluationTask task) {
    Question.Baseline baseline = task.trigger().question().baseline();
    SetIdentity own = task.manifest().status().set();
    String where =
        baseline.setKey() != null
            ? ""
            : " on "
                + own.evaluationSet()
                + ", split "
                + own.split()
                + (own.fold() == null ? "" : ", fold " + own.fold())
                + (task.folds().isEmpty() ? "" : ", all " + task.folds().size() + " folds");
    return "baseline must be in the cache: "
        + baseline
        + where
        + " was not complete within "
        + task.trigger().waitMillis() / 1000
        + " s";
  }
}
