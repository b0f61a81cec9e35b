package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Progress;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.settings.EngineSettings.BacklogPolicy;
import dev.touchstone.jobs.settings.EngineSettings.FullSettings;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Decides which evaluation is computed next. All tasks under one key, since the places are counted
 * over all of them.
 *
 * <p>Tasks of one report key go together: the first leads and is computed, the others will share
 * its report. What was led before passes at once. The rest waits for one of a fixed number of
 * places: the highest priority first; among equals the run that was served longest ago; within a
 * run as the policy says. Under SUPERSEDE, a model checkpoint's trigger that has not started gives
 * way to a later model checkpoint of the same run and question; what people asked for never does.
 *
 * <p>A label revision of the set makes the question of a report key new: once those before it have
 * ended it takes a place like any other, in the name of the trigger that was answered first.
 *
 * <p>A place becomes free when the outcome comes back, by its key in the topic {@code reports}:
 * outcomes are written there at least once and before anything else knows them, so that no place is
 * lost over a restart. One that comes back twice, or for what has not started, changes nothing.
 *
 * <p>Who withdraws a trigger that is computed is handed on to where triggers end, since its report
 * may be there already. If others wait for the same report, the next one leads; if nobody does, the
 * place is free at once and the scans are told to stop. Whoever asks for the same in that moment
 * waits until it is known how the withdrawn one ended.
 */
public final class Backlog
    extends KeyedCoProcessFunction<Integer, EvaluationTask, Reported, EvaluationTask> {

  /** The one key. */
  public static final int KEY = 0;

  static final String WITHDRAWN = "withdrawn by request";

  private static final long serialVersionUID = 1L;

  private final FullSettings settings;
  private final LedgerSettings ledger;
  private final OutputTag<Outcome> outcomes;
  private final OutputTag<Progress> queued;
  private final OutputTag<Long> stopped;
  private transient MapState<String, Group> queue;
  private transient MapState<String, Place> running;
  private transient MapState<String, Led> led;
  private transient MapState<String, Long> turns;
  private transient ValueState<Long> counter;
  private transient ValueState<Long> lastRound;

  /**
   * Tasks of one report key that have not started.
   *
   * @param arrival counts up
   */
  public record Group(long arrival, List<EvaluationTask> tasks) {

    int priority() {
      return tasks.stream().mapToInt(t -> t.trigger().priority()).max().orElseThrow();
    }

    String runId() {
      return tasks.get(0).trigger().claim().runId();
    }
  }

  /** The latest revision of a report key that was led, and in whose name its report stands. */
  public record Led(int revision, Trigger first) {}

  /**
   * A report key that is computed.
   *
   * @param leaderId under whose id it ends if there is no report
   * @param waiting those who wait for it, the leader first, under the ids that they end with, so
   *     that one that restates is never withdrawn; empty: nobody does any more
   * @param round grows from one computation to the next, over restarts without state too
   */
  public record Place(
      String leaderId, List<Trigger> waiting, long round, long sinceMillis, boolean restates) {

    boolean isGivenUp() {
      return waiting.isEmpty();
    }

    Place with(Trigger trigger) {
      List<Trigger> more = new ArrayList<>(waiting);
      more.add(trigger);
      return new Place(leaderId, more, round, sinceMillis, restates);
    }

    boolean isAwaitedBy(String id) {
      return waiting.stream().anyMatch(trigger -> trigger.id().equals(id));
    }

    Place without(String id) {
      List<Trigger> rest = waiting.stream().filter(other -> !other.id().equals(id)).toList();
      String leader = rest.isEmpty() ? id : rest.get(0).id();
      return new Place(leader, rest, round, sinceMillis, restates);
    }
  }

  /**
   * @param stopped rounds that nobody waits for
   */
  public Backlog(
      FullSettings settings,
      LedgerSettings ledger,
      OutputTag<Outcome> outcomes,
      OutputTag<Progress> queued,
      OutputTag<Long> stopped) {
    this.settings = settings;
    this.ledger = ledger;
    this.outcomes = outcomes;
    this.queued = queued;
    this.stopped = stopped;
  }

  @Override
  public void open(OpenContext context) {
    var ledState = new MapStateDescriptor<>("ledRevisions", Types.STRING, Types.POJO(Led.class));
    var turnState = new MapStateDescriptor<>("turns", Types.STRING, Types.LONG);
    ledState.enableTimeToLive(ledger.retention());
    turnState.enableTimeToLive(ledger.retention());
    led = getRuntimeContext().getMapState(ledState);
    turns = getRuntimeContext().getMapState(turnState);
    queue =
        getRuntimeContext()
            .getMapState(new MapStateDescriptor<>("queue", Types.STRING, Types.POJO(Group.class)));
    running =
        getRuntimeContext()
            .getMapState(
                new MapStateDescriptor<>("running", Types.STRING, Types.POJO(Place.class)));
    counter = getRuntimeContext().getState(new ValueStateDescriptor<>("counter", Types.LONG));
    lastRound = getRuntimeContext().getState(new ValueStateDescriptor<>("round", Types.LONG));
  }

  @Override
  public void processElement1(EvaluationTask task, Context context, Collector<EvaluationTask> out)
      throws Exception {
    if (task.isWithdrawal()) {
      withdraw(task.trigger(), context, out);
      return;
    }
    Led before = led.get(task.reportKey());
    Place place = running.get(task.reportKey());
    if (before != null
        && task.revision() <= before.revision()
        && (place == null || !place.isGivenUp())) {
      follow(task.sharing(before.revision()), place, out);
      return;
    }
    if (task.restates() && before == null && !queue.contains(task.reportKey())) {
      return; // it was not answered with a report
    }
    if (settings.backlog() == BacklogPolicy.SUPERSEDE && givesWay(task, context)) {
      return;
    }
    Group group = queue.get(task.reportKey());
    List<EvaluationTask> tasks = new ArrayList<>(group == null ? List.of() : group.tasks());
    tasks.add(task);
    EvaluationTask newest =
        tasks.stream().max(Comparator.comparingInt(EvaluationTask::revision)).orElseThrow();
    tasks.replaceAll(one -> one.about(newest));
    queue.put(task.reportKey(), new Group(group == null ? count() : group.arrival(), tasks));
    start(context, out);
    if (queue.contains(task.reportKey()) && !task.restates()) {
      int ahead = underWay() + size(queue.keys()) - 1;
      long now = context.timerService().currentProcessingTime();
      context.output(queued, Progress.queued(task.trigger(), ahead, now));
    }
  }

  @Override
  public void processElement2(Reported end, Context context, Collector<EvaluationTask> out)
      throws Exception {
    if (running.contains(end.key())) {
      running.remove(end.key());
      share(end.key(), out);
    } else {
      String failed = failed(end);
      if (failed == null) {
        return;
      }
      boolean restates = running.get(failed).restates();
      running.remove(failed);
      // without a report, whoever asks again has it computed again
      if (restates) {
        Led last = led.get(failed);
        led.put(failed, new Led(last.revision() - 1, last.first()));
      } else {
        led.remove(failed);
      }
    }
    start(context, out);
  }

  /** Lets those go who asked for a report while it seemed given up, though it was there. */
  private void share(String key, Collector<EvaluationTask> out) throws Exception {
    Group group = queue.get(key);
    Led last = led.get(key);
    // a later revision is computed
    if (group != null && last != null && group.tasks().get(0).revision() <= last.revision()) {
      queue.remove(key);
      for (EvaluationTask task : group.tasks()) {
        follow(task.sharing(last.revision()), null, out);
      }
    }
  }

  /**
   * The report key whose leader ended without a report; null for none. A failure from before the
   * leader began is an old one that is read again: to take it for the leader's own would let a
   * second one begin while the first is under way.
   */
  private String failed(Reported end) throws Exception {
    for (Map.Entry<String, Place> place : running.entries()) {
      if (place.getValue().leaderId().equals(end.key())
          && end.timestampMillis() >= place.getValue().sinceMillis()) {
        return place.getKey();
      }
    }
    return null;
  }

  private void follow(EvaluationTask task, Place place, Collector<EvaluationTask> out)
      throws Exception {
    if (place != null && !task.restates()) {
      running.put(task.reportKey(), place.with(task.trigger()));
    }
    out.collect(task.leading(false, place == null ? 0 : place.round()));
  }

  private void start(Context context, Collector<EvaluationTask> out) throws Exception {
    int free = settings.concurrentEvaluations() - underWay();
    while (free > 0) {
      String key = next();
      if (key == null) {
        return;
      }
      Group group = queue.get(key);
      queue.remove(key);
      List<EvaluationTask> tasks = ledBy(led.get(key), group.tasks());
      if (tasks.isEmpty()) {
        continue;
      }
      EvaluationTask leader = tasks.get(0);
      Led before = led.get(key);
      led.put(key, new Led(leader.revision(), before == null ? leader.trigger() : before.first()));
      turns.put(group.runId(), count());
      long now = context.timerService().currentProcessingTime();
      Place place =
          new Place(
              leader.endingTrigger().id(),
              List.of(leader.endingTrigger()),
              round(now),
              now,
              leader.restates());
      out.collect(leader.leading(true, place.round()));
      for (EvaluationTask task : tasks.subList(1, tasks.size())) {
        place = task.restates() ? place : place.with(task.trigger());
        out.collect(task.leading(false, place.round()));
      }
      running.put(key, place);
      free--;
    }
  }

  /** With the one that leads in front; empty where nobody waits for a first answer. */
  private static List<EvaluationTask> ledBy(Led before, List<EvaluationTask> tasks) {
    List<EvaluationTask> all = new ArrayList<>(tasks);
    if (before != null) {
      // the report stays that trigger's: its outcome is found under the report key alone
      all.add(0, tasks.get(0).restating(before.first()));
      return all;
    }
    all.sort(Comparator.comparing(EvaluationTask::restates));
    return all.get(0).restates() ? List.of() : all;
  }

  private int underWay() throws Exception {
    int underWay = 0;
    for (Place place : running.values()) {
      underWay += place.isGivenUp() ? 0 : 1;
    }
    return underWay;
  }

  /** Greater than all before, those of a life whose state was lost included. */
  private long round(long now) throws Exception {
    Long last = lastRound.value();
    // there are never a thousand starts in a millisecond for long
    long next = Math.max(last == null ? 1 : last + 1, now * 1_000);
    lastRound.update(next);
    return next;
  }

  private static int size(Iterable<String> keys) {
    int size = 0;
    for (String key : keys) {
      size++;
    }
    return size;
  }

  private record Candidate(String key, int priority, long turn, long arrival) {}

  private String next() throws Exception {
    Comparator<Candidate> byArrival = Comparator.comparingLong(Candidate::arrival);
    Comparator<Candidate> order =
        Comparator.comparingInt(Candidate::priority)
            .reversed()
            .thenComparingLong(Candidate::turn)
            .thenComparing(
                settings.backlog() == BacklogPolicy.NEWEST_FIRST
                    ? byArrival.reversed()
                    : byArrival);
    Candidate first = null;
    for (Map.Entry<String, Group> waiting : queue.entries()) {
      Group group = waiting.getValue();
      if (running.contains(waiting.getKey())) {
        continue; // an earlier revision; or it was given up, and its end is not known yet
      }
      Long turn = turns.get(group.runId());
      Candidate candidate =
          new Candidate(
              waiting.getKey(), group.priority(), turn == null ? 0 : turn, group.arrival());
      first = first == null || order.compare(candidate, first) < 0 ? candidate : first;
    }
    return first == null ? null : first.key();
  }

  private long count() throws Exception {
    Long last = counter.value();
    long next = last == null ? 1 : last + 1;
    counter.update(next);
    return next;
  }

  private void withdraw(Trigger trigger, Context context, Collector<EvaluationTask> out)
      throws Exception {
    for (EvaluationTask waiting : waiting()) {
      if (!waiting.restates() && waiting.trigger().id().equals(trigger.id())) {
        end(waiting, Outcome.State.EXPIRED, WITHDRAWN, context);
        return;
      }
    }
    for (Map.Entry<String, Place> entry : running.entries()) {
      if (entry.getValue().isAwaitedBy(trigger.id())) {
        String key = entry.getKey();
        Place left = entry.getValue().without(trigger.id());
        running.put(key, left);
        Led last = led.get(key);
        int revision = last == null ? 0 : last.revision();
        if (last != null && !left.restates() && !left.isGivenUp()) {
          led.put(key, new Led(revision, left.waiting().get(0)));
        }
        out.collect(EvaluationTask.withdrawal(trigger, key, revision));
        if (left.isGivenUp()) {
          context.output(stopped, left.round());
          start(context, out);
        }
        return;
      }
    }
  }

  /** Ends those that give way to {@code task}; true: it gives way itself to one that waits. */
  private boolean givesWay(EvaluationTask task, Context context) throws Exception {
    if (task.trigger().kind() != Trigger.Kind.CHECKPOINT || task.restates()) {
      return false;
    }
    for (EvaluationTask other : waiting()) {
      if (other.restates() || !rivals(task, other)) {
        continue;
      }
      Claim mine = task.trigger().claim();
      Claim theirs = other.trigger().claim();
      boolean later =
          Comparator.comparingInt(Claim::attempt)
                  .thenComparingLong(Claim::step)
                  .compare(mine, theirs)
              >= 0;
      end(
          later ? other : task,
          Outcome.State.SUPERSEDED,
          superseded(later ? mine : theirs),
          context);
      if (!later) {
        return true;
      }
    }
    return false;
  }

  /** Whether both are about the same thing at two model checkpoints of a run. */
  private static boolean rivals(EvaluationTask one, EvaluationTask other) {
    Trigger a = one.trigger();
    Trigger b = other.trigger();
    return b.kind() == Trigger.Kind.CHECKPOINT
        && a.claim().runId().equals(b.claim().runId())
        && !a.claim().checkpoint().equals(b.claim().checkpoint())
        && Objects.equals(a.evaluationSet(), b.evaluationSet())
        && a.split().equals(b.split())
        && Objects.equals(a.fold(), b.fold())
        && one.requestHash().equals(other.requestHash());
  }

  private static String superseded(Claim by) {
    return "model checkpoint "
        + by.checkpoint()
        + " (step "
        + by.step()
        + ") came before this one's turn";
  }

  private List<EvaluationTask> waiting() throws Exception {
    List<EvaluationTask> all = new ArrayList<>();
    for (Group group : queue.values()) {
      all.addAll(group.tasks());
    }
    return all;
  }

  private void end(EvaluationTask task, Outcome.State state, String reason, Context context)
      throws Exception {
    Group group = queue.get(task.reportKey());
    if (group != null) {
      List<EvaluationTask> left =
          group.tasks().stream()
              .filter(t -> t.restates() || !t.trigger().id().equals(task.trigger().id()))
              .toList();
      if (left.isEmpty()) {
        queue.remove(task.reportKey());
      } else {
        queue.put(task.reportKey(), new Group(group.arrival(), left));
      }
    }
    context.output(
        outcomes,
        Outcome.without(
            task.trigger(),
            state,
            reason,
            task.manifest().status().set(),
            task.requestHash(),
            context.timerService().currentProcessingTime()));
  }
}
