package dev.touchstone.jobs.full;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.CoarseCounts;
import dev.touchstone.metrics.binary.RangeResult;
import dev.touchstone.metrics.shared.TaskReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Turns the findings of both passes, and of what was asked beside them, into the report, and
 * answers every task of the report key: the leader EVALUATED, the others REUSED (or all FAILED).
 * Keyed by report key and label revision; findings come in any order.
 *
 * <p>A withdrawn task ends EXPIRED if it is not answered yet. If it led, the next one leads; if it
 * was the last, its round is over and what its scans still find is dropped.
 */
public final class FinishEvaluations
    extends KeyedCoProcessFunction<String, EvaluationTask, Finding, Outcome> {

  private static final long serialVersionUID = 1L;

  private final LedgerSettings ledger;
  private final OutputTag<MetricPoint> points;
  private transient ListState<EvaluationTask> tasks;
  private transient ValueState<Finding> totals;
  private transient ListState<Finding> ranges;
  private transient ListState<Finding> asides;
  private transient ValueState<Ending> ending;
  private transient ValueState<Long> over;

  /** How the report key ended; {@code error} is null where there is a report. */
  public record Ending(String error, List<MetricPoint> points) {}

  public FinishEvaluations(LedgerSettings ledger, OutputTag<MetricPoint> points) {
    this.ledger = ledger;
    this.points = points;
  }

  @Override
  public void open(OpenContext context) {
    var runtime = getRuntimeContext();
    var endingState = new ValueStateDescriptor<>("ending", Types.POJO(Ending.class));
    endingState.enableTimeToLive(ledger.retention());
    ending = runtime.getState(endingState);
    var overState = new ValueStateDescriptor<>("over", Types.LONG);
    overState.enableTimeToLive(ledger.retention());
    over = runtime.getState(overState);
    tasks =
        runtime.getListState(new ListStateDescriptor<>("tasks", Types.POJO(EvaluationTask.class)));
    totals = runtime.getState(new ValueStateDescriptor<>("totals", Types.POJO(Finding.class)));
    ranges = runtime.getListState(new ListStateDescriptor<>("ranges", Types.POJO(Finding.class)));
    asides = runtime.getListState(new ListStateDescriptor<>("asides", Types.POJO(Finding.class)));
  }

  @Override
  public void processElement1(EvaluationTask task, Context context, Collector<Outcome> out)
      throws Exception {
    if (task.isWithdrawal()) {
      withdraw(task.trigger().id(), context, out);
      return;
    }
    Ending end = ending.value();
    if (end != null && !task.leads()) {
      long now = context.timerService().currentProcessingTime();
      share(task, end, now, context, out);
      return;
    }
    // a leader after a failure: whoever follows waits for it
    ending.clear();
    tasks.add(task);
    finish(context, out);
  }

  @Override
  public void processElement2(Finding finding, Context context, Collector<Outcome> out)
      throws Exception {
    Long last = over.value();
    if (last != null && finding.round() <= last) {
      return;
    }
    if (finding.split().aside() != null) {
      asides.add(finding);
    } else if (finding.split().part() == Split.ALL) {
      totals.update(finding);
    } else {
      ranges.add(finding);
    }
    finish(context, out);
  }

  private void withdraw(String id, Context context, Collector<Outcome> out) throws Exception {
    EvaluationTask withdrawn = null;
    List<EvaluationTask> left = new ArrayList<>();
    for (EvaluationTask task : tasks.get()) {
      if (task.trigger().id().equals(id)) {
        withdrawn = task;
      } else {
        left.add(task);
      }
    }
    if (withdrawn == null) {
      return; // it has ended
    }
    EvaluationTask lead = null;
    for (EvaluationTask task : left) {
      // one that restates waits for nothing unless it leads
      lead = task.leads() || lead == null && !task.restates() ? task : lead;
    }
    if (lead == null) {
      over.update(withdrawn.round());
      clear();
    } else {
      left.set(left.indexOf(lead), lead.leading(true, withdrawn.round()));
      tasks.update(left);
    }
    out.collect(
        Outcome.without(
            withdrawn.trigger(),
            Outcome.State.EXPIRED,
            Backlog.WITHDRAWN,
            withdrawn.manifest().status().set(),
            withdrawn.requestHash(),
            context.timerService().currentProcessingTime()));
  }

  private void clear() {
    tasks.clear();
    totals.clear();
    ranges.clear();
    asides.clear();
  }

  private void finish(Context context, Collector<Outcome> out) throws Exception {
    Finding total = totals.value();
    if (total == null) {
      return;
    }
    List<Finding> parts = new ArrayList<>();
    ranges.get().forEach(parts::add);
    EvaluationTask leader = null;
    List<EvaluationTask> followers = new ArrayList<>();
    for (EvaluationTask task : tasks.get()) {
      if (task.leads()) {
        leader = task;
      } else {
        followers.add(task);
      }
    }
    List<Finding> beside = new ArrayList<>();
    asides.get().forEach(beside::add);
    if (leader == null
        || parts.size() < total.split().parts()
        || !areAll(beside, leader.trigger().question())) {
      return;
    }
    long now = context.timerService().currentProcessingTime();
    Ending end = evaluate(leader, total, parts, beside, now, context, out);
    for (EvaluationTask follower : followers) {
      share(follower, end, now, context, out);
    }
    ending.update(end);
    clear();
  }

  private static boolean areAll(List<Finding> asides, Question question) {
    return asides.isEmpty()
        ? !Aside.isAsked(question)
        : asides.size() == asides.get(0).split().parts();
  }

  private Ending evaluate(
      EvaluationTask leader,
      Finding total,
      List<Finding> parts,
      List<Finding> beside,
      long now,
      Context context,
      Collector<Outcome> out) {
    String error = total.error();
    for (Finding part : parts) {
      error = Finding.firstError(error, part.error());
    }
    for (Finding aside : beside) {
      error = Finding.firstError(error, aside.error());
    }
    if (error != null) {
      out.collect(
          Outcome.without(
              leader.endingTrigger(),
              Outcome.State.FAILED,
              error,
              leader.manifest().status().set(),
              leader.requestHash(),
              now));
      return new Ending(error, List.of());
    }
    Answer answer =
        leader.manifest().status().set().task() == Task.BINARY
            ? binary(leader, total, parts, beside, now)
            : other(leader, total, beside, now);
    List<MetricPoint> told =
        answer.points().stream().map(point -> point.withRevision(leader.revision())).toList();
    told.forEach(point -> context.output(points, point));
    out.collect(
        new Outcome(
            leader.trigger(),
            Outcome.State.EVALUATED,
            null,
            leader.manifest().status().set(),
            leader.requestHash(),
            leader.reportKey(),
            answer.reportJson(),
            cost(total, parts, beside).toString(),
            now,
            leader.revision()));
    return new Ending(null, told);
  }

  private record Answer(String reportJson, List<MetricPoint> points) {}

  private static Answer binary(
      EvaluationTask task, Finding total, List<Finding> parts, List<Finding> beside, long now) {
    List<RangeResult> results =
        parts.stream().map(part -> RangeResult.fromBytes(part.payload())).toList();
    Question question = task.trigger().question();
    CoarseCounts counts = CoarseCounts.fromBytes(total.payload());
    Sections sections = Sections.of(Task.BINARY, question, beside);
    if (question.planBudget() > 0 && !question.allFolds()) {
      sections.sections().put("proposed_plan", ProposedPlan.section(counts, question.planBudget()));
    }
    BinaryReport report =
        FullOptions.select(
            BinaryReport.assemble(counts, results, FullOptions.of(question)), question);
    List<MetricPoint> values =
        new ArrayList<>(points(task, report.metrics(), report.n(), report.nPos(), now));
    values.addAll(
        sections.slicePoints(task.manifest().status().set(), task.trigger().claim(), now));
    return new Answer(
        ReportJson.toJson(report, List.of(), sections.additions(), provenance(task), Map.of()),
        values);
  }

  private static Answer other(EvaluationTask task, Finding total, List<Finding> beside, long now) {
    Question question = task.trigger().question();
    TaskPass pass = TaskPass.of(task.manifest().status().set(), question);
    pass.combine(total.payload());
    TaskReport report = pass.report();
    List<MetricValue> metrics =
        report.metrics().stream().filter(metric -> question.asksFor(metric.name())).toList();
    SetIdentity set = task.manifest().status().set();
    Sections sections = Sections.of(set.task(), question, beside);
    List<MetricPoint> values = new ArrayList<>(points(task, metrics, report.n(), 0, now));
    values.addAll(sections.slicePoints(set, task.trigger().claim(), now));
    return new Answer(
        TaskReportJson.toJson(report, metrics, sections.ofTask(), provenance(task)), values);
  }

  /** Where the numbers come from: nothing that depends on arrival order, machines or time. */
  private static Map<String, Object> provenance(EvaluationTask task) {
    SetStatus status = task.manifest().status();
    SetIdentity set = status.set();
    Map<String, Object> provenance = new LinkedHashMap<>();
    provenance.put("set_key", set.setKey());
    provenance.put("request_hash", task.requestHash());
    provenance.put("question", asked(task.trigger().question()));
    provenance.put("model_digest", set.modelDigest());
    provenance.put("dataset_digest", set.datasetDigest());
    provenance.put("transform_digest", set.transformDigest());
    provenance.put("evaluation_set", set.evaluationSet());
    provenance.put("split", set.split());
    if (!task.folds().isEmpty()) {
      provenance.put("fold_set_keys", keys(task.folds()));
    }
    if (!task.baseline().isEmpty()) {
      provenance.put("baseline_set_keys", keys(task.baseline()));
    }
    provenance.put("rows", status.rows());
    provenance.put("rows_digest", String.format("%016x", status.rowDigest()));
    if (task.revision() > 0) {
      provenance.put("label_revision", task.revision());
    }
    provenance.put("status", "FINAL");
    return provenance;
  }

  /** What decides on numbers in the report and can't be seen in it. */
  private static Map<String, Object> asked(Question question) {
    Map<String, Object> asked = new LinkedHashMap<>();
    asked.put("thresholds", question.thresholds());
    asked.put("decision_threshold", question.decisionThreshold());
    asked.put("metrics", question.metrics());
    if (question.costs() != null) {
      asked.put("false_positive_cost", question.costs().falsePositive());
      asked.put("false_negative_cost", question.costs().falseNegative());
    }
    return asked;
  }

  private static List<String> keys(List<SetManifest> sets) {
    return sets.stream().map(SetManifest::setKey).toList();
  }

  private static ObjectNode cost(Finding total, List<Finding> parts, List<Finding> beside) {
    long resolve = parts.stream().mapToLong(Finding::nanos).sum();
    ObjectNode cost =
        JsonNodeFactory.instance
            .objectNode()
            .put("count_seconds", total.nanos() / 1e9)
            .put("resolve_seconds", resolve / 1e9)
            .put("ranges", parts.size());
    return beside.isEmpty()
        ? cost
        : cost.put("beside_seconds", beside.stream().mapToLong(Finding::nanos).sum() / 1e9);
  }

  private static List<MetricPoint> points(
      EvaluationTask task, List<MetricValue> metrics, long n, long positives, long now) {
    SetIdentity set = task.manifest().status().set();
    return metrics.stream()
        .map(
            metric ->
                MetricPoint.of(
                    metric,
                    MetricPoint.Tier.FULL,
                    set,
                    task.trigger().claim(),
                    n,
                    positives,
                    true,
                    now))
        .toList();
  }

  private void share(
      EvaluationTask task, Ending end, long now, Context context, Collector<Outcome> out) {
    boolean failed = end.error() != null;
    // another run's model checkpoint shows the values under its own name
    end.points().forEach(point -> context.output(points, point.withClaim(task.trigger().claim())));
    if (task.restates()) {
      return;
    }
    out.collect(
        new Outcome(
            task.trigger(),
            failed ? Outcome.State.FAILED : Outcome.State.REUSED,
            end.error(),
            task.manifest().status().set(),
            task.requestHash(),
            failed ? null : task.reportKey(),
            null,
            null,
            now,
            failed ? 0 : task.revision()));
  }
}
