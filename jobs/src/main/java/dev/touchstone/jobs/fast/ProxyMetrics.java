package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.DecisionSample;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.SamplingPlan;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.model.Vitals;
import dev.touchstone.jobs.settings.EngineSettings.FastSettings;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryProxy;
import dev.touchstone.metrics.shared.TaskReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Folds accepted batches into the proxy metrics of their set and of its slices. Keyed by set key;
 * state of fixed size.
 *
 * <p>Points go out at intervals while the set arrives, as PARTIAL, and at once when it ends, as
 * COMPLETE. Then only the final points are kept, and those only of a set that is known by content:
 * a later claim on it (a restarted attempt, another run of the same model) gets them under its own
 * name. Of a set that only its own model checkpoint can claim nothing is kept.
 */
public final class ProxyMetrics extends KeyedProcessFunction<String, LedgerUpdate, MetricPoint> {

  private static final long serialVersionUID = 1L;
  private static final String UNLABELLED = "labels have not arrived";

  /** What has arrived is no random part of the set, so nothing is said of the rest. */
  private static final String ARRIVAL_ORDER = "arrival_order";

  /** The metrics of the binary task. */
  static final List<String> BINARY =
      List.of(
          "average_precision",
          "roc_auc",
          "log_loss",
          "brier",
          "accuracy",
          "precision",
          "recall",
          "f1");

  /** The slice that points of strata go under, unless the client has one of that name. */
  private static final String STRATUM = "stratum";

  private final FastSettings settings;
  private final LedgerSettings ledger;
  private final OutputTag<Standing> standings;
  private transient ValueState<BinaryProxy> proxy;
  private transient ValueState<SetStatus> latest;
  private transient FinalPoints finals;
  private transient ValueState<Long> emitAt;
  private transient ValueState<SamplingPlan> plan;
  private transient ValueState<SampledProxy> sampled;
  private transient ValueState<OrderedRows> ordered;
  private transient ValueState<SetWatch> watched;
  private transient ValueState<Vitals> vitals;
  private transient SliceProxies slices;
  private transient TaskProxies tasks;

  /**
   * @param standings where the proxies of complete sets go too, in one piece
   */
  public ProxyMetrics(FastSettings settings, LedgerSettings ledger, OutputTag<Standing> standings) {
    this.settings = settings;
    this.ledger = ledger;
    this.standings = standings;
  }

  @Override
  public void open(OpenContext context) {
    var proxyState = new ValueStateDescriptor<>("proxy", BinaryProxySerializer.INSTANCE);
    var latestState = new ValueStateDescriptor<>("latest", Types.POJO(SetStatus.class));
    var finalState =
        new ValueStateDescriptor<>("finals", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    proxyState.enableTimeToLive(ledger.retention());
    latestState.enableTimeToLive(ledger.retention());
    finalState.enableTimeToLive(ledger.retention());
    proxy = getRuntimeContext().getState(proxyState);
    latest = getRuntimeContext().getState(latestState);
    finals =
        new FinalPoints(
            getRuntimeContext().createSerializer(Types.POJO(MetricPoint.class)),
            getRuntimeContext().getState(finalState));
    var sliceState =
        new MapStateDescriptor<>(
            "slices", StringSerializer.INSTANCE, BinaryProxySerializer.INSTANCE);
    sliceState.enableTimeToLive(ledger.retention());
    slices = new SliceProxies(settings, getRuntimeContext().getMapState(sliceState));
    var taskState =
        new MapStateDescriptor<>("tasks", StringSerializer.INSTANCE, TaskProxySerializer.INSTANCE);
    taskState.enableTimeToLive(ledger.retention());
    tasks = new TaskProxies(settings, getRuntimeContext().getMapState(taskState));
    var planState = new ValueStateDescriptor<>("plan", Types.POJO(SamplingPlan.class));
    var sampledState = new ValueStateDescriptor<>("sampled", SampledProxySerializer.INSTANCE);
    planState.enableTimeToLive(ledger.retention());
    sampledState.enableTimeToLive(ledger.retention());
    plan = getRuntimeContext().getState(planState);
    sampled = getRuntimeContext().getState(sampledState);
    var orderedState = new ValueStateDescriptor<>("ordered", OrderedRowsSerializer.INSTANCE);
    orderedState.enableTimeToLive(ledger.retention());
    ordered = getRuntimeContext().getState(orderedState);
    var watchState = new ValueStateDescriptor<>("watched", Types.POJO(SetWatch.class));
    var vitalState = new ValueStateDescriptor<>("vitals", Types.POJO(Vitals.class));
    watchState.enableTimeToLive(ledger.retention());
    vitalState.enableTimeToLive(ledger.retention());
    watched = getRuntimeContext().getState(watchState);
    vitals = getRuntimeContext().getState(vitalState);
    emitAt = getRuntimeContext().getState(new ValueStateDescriptor<>("emitAt", Types.LONG));
  }

  @Override
  public void processElement(LedgerUpdate update, Context context, Collector<MetricPoint> out)
      throws Exception {
    SetStatus before = latest.value();
    latest.update(update.status());
    if (update.batch() == null) {
      newClaims(before, update.status(), context, out);
      return;
    }
    if (!update.batch().bringsLabelsAlone()) {
      watch(update.batch());
      fold(update.batch());
    } else if (nothingSeen()) {
      newClaims(before, update.status(), context, out);
      return;
    }
    long now = context.timerService().currentProcessingTime();
    if (update.status().state() == SetState.COMPLETE) {
      List<MetricPoint> last = emit(update.status(), now, out);
      boolean known = update.status().set().isByContent();
      if (known) {
        finals.update(last);
      }
      DecisionSample rows = decisionSample();
      if (watched.value() != null) {
        vitals.update(watched.value().vitals(update.status().rows()));
        watched.clear();
      }
      for (Claim claim : update.status().claims()) {
        stand(update.status(), claim, last, rows, context);
      }
      proxy.clear();
      plan.clear();
      sampled.clear();
      ordered.clear();
      slices.clear();
      tasks.clear();
      if (!known) {
        vitals.clear();
        latest.clear();
      }
    } else if (emitAt.value() == null) {
      long at = now + settings.emitIntervalMillis();
      context.timerService().registerProcessingTimeTimer(at);
      emitAt.update(at);
    }
  }

  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<MetricPoint> out)
      throws Exception {
    emitAt.clear();
    SetStatus status = latest.value();
    if (status != null && status.state() != SetState.COMPLETE && !nothingSeen()) {
      emit(status, timestamp, out);
    }
  }

  private void watch(PredictionBatch batch) throws Exception {
    SetWatch seen = watched.value();
    if (seen == null) {
      seen = new SetWatch();
    }
    seen.accept(batch);
    watched.update(seen);
  }

  private boolean nothingSeen() throws Exception {
    return proxy.value() == null && tasks.isEmpty();
  }

  private void fold(PredictionBatch batch) throws Exception {
    if (batch.plan() != null && plan.value() == null) {
      plan.update(batch.plan());
    }
    if (batch.set().task() != Task.BINARY) {
      if (!batch.lacksLabels() && TaskProxy.refusal(batch.set()) == null && batch.count() > 0) {
        tasks.fold(batch);
      }
      return;
    }
    BinaryProxy state = proxy.value();
    if (state == null) {
      state = BinaryProxy.of(settings.decisionThreshold());
    }
    if (batch.lacksLabels()) {
      // only the scores are looked at
      state.accept(batch.scores(), 0, new byte[batch.count()], 0, batch.count());
    } else {
      slices.fold(batch, RowWeights.of(batch), state);
      if (batch.plan() != null) {
        foldSample(batch);
      }
      foldOrdered(batch);
    }
    proxy.update(state);
  }

  private void foldSample(PredictionBatch batch) throws Exception {
    SampledProxy state = sampled.value();
    if (state == null) {
      state =
          SampledProxy.of(
              batch.plan().strata().size(), settings.decisionThreshold(), settings.sampleRows());
    }
    state.fold(batch);
    sampled.update(state);
  }

  private void foldOrdered(PredictionBatch batch) throws Exception {
    OrderedRows rows = ordered.value();
    if (rows == null) {
      double threshold = settings.decisionThreshold();
      rows =
          batch.plan() == null
              ? OrderedRows.of(threshold)
              : OrderedRows.ofSample(threshold, batch.plan().strata().size());
    } else if (!rows.inOrder()) {
      return;
    }
    rows.fold(batch);
    ordered.update(rows);
  }

  private DecisionSample decisionSample() throws Exception {
    SampledProxy state = sampled.value();
    return state == null ? null : state.sample(plan.value());
  }

  private void stand(
      SetStatus status,
      Claim claim,
      Iterable<MetricPoint> points,
      DecisionSample rows,
      Context context)
      throws Exception {
    List<MetricPoint> whole = new ArrayList<>();
    for (MetricPoint point : points) {
      if (point.slice().isEmpty()) {
        whole.add(point.withClaim(claim));
      }
    }
    if (!whole.isEmpty()) {
      context.output(standings, new Standing(claim, status.set(), whole, rows, vitalsOf(status)));
    }
  }

  private Vitals vitalsOf(SetStatus status) throws Exception {
    Vitals known = vitals.value();
    return known == null ? Vitals.of(status.rows()) : known;
  }

  private void newClaims(
      SetStatus before, SetStatus after, Context context, Collector<MetricPoint> out)
      throws Exception {
    for (Claim claim : after.claims()) {
      if (before == null || !before.claims().contains(claim)) {
        for (MetricPoint point : finals.get()) {
          out.collect(point.withClaim(claim));
        }
        stand(after, claim, finals.get(), null, context);
      }
    }
  }

  private List<MetricPoint> points(SetStatus status, Claim claim, long now) throws Exception {
    List<MetricPoint> points =
        status.set().task() == Task.BINARY
            ? binaryPoints(status, claim, now)
            : taskPoints(status, claim, now);
    SamplingPlan known = plan.value();
    if (known == null) {
      return points;
    }
    String sample = known.id();
    return points.stream().map(point -> point.withSample(sample)).toList();
  }

  private List<MetricPoint> taskPoints(SetStatus status, Claim claim, long now) throws Exception {
    String refusal = TaskProxy.refusal(status.set());
    if (refusal != null) {
      MetricValue none = MetricValue.undefined(TaskProxy.mainMetric(status.set().task()), refusal);
      return List.of(point(status, claim, none, status.rows(), 0, now));
    }
    List<MetricPoint> points = new ArrayList<>();
    for (Map.Entry<String, TaskReport> found : tasks.results().entrySet()) {
      TaskReport report = found.getValue();
      for (MetricValue metric : report.metrics()) {
        points.add(point(status, claim, metric, report.n(), 0, now).withSlice(found.getKey()));
      }
    }
    return points;
  }

  private List<MetricPoint> binaryPoints(SetStatus status, Claim claim, long now) throws Exception {
    BinaryProxy.Result result = proxy.value().result();
    boolean complete = status.state() == SetState.COMPLETE;
    List<MetricPoint> points = new ArrayList<>();
    OrderedRows.Level level = complete ? null : level(status);
    for (MetricValue metric : metrics(result, complete)) {
      MetricValue known =
          status.unlabelled() ? MetricValue.undefined(metric.name(), UNLABELLED) : metric;
      MetricValue random = level == null ? null : level.metric(metric.name());
      points.add(
          random == null
              ? point(status, claim, known, result, now)
              : point(status, claim, random, level.n(), level.positives(), now));
    }
    for (Map.Entry<String, BinaryProxy.Result> slice : slices.results().entrySet()) {
      for (MetricValue metric : slice.getValue().metrics()) {
        MetricValue known = complete ? metric : soFar(metric);
        points.add(point(status, claim, known, slice.getValue(), now).withSlice(slice.getKey()));
      }
    }
    if (complete && sampled.value() != null && !status.slices().contains(STRATUM)) {
      for (SampledProxy.StratumPoint one : sampled.value().byStratum(plan.value())) {
        points.add(
            point(status, claim, one.metric(), one.n(), one.positives(), now)
                .withSlice(STRATUM + "=" + one.stratum()));
      }
    }
    if (status.state() == SetState.COMPLETE || status.unlabelled()) {
      ScoreHistogram.of(result)
          .forEach(
              (scores, share) ->
                  points.add(point(status, claim, share, result, now).withSlice(scores)));
    }
    return points;
  }

  private OrderedRows.Level level(SetStatus status) throws Exception {
    OrderedRows rows = ordered.value();
    SamplingPlan known = plan.value();
    if (rows == null) {
      return null;
    }
    return known == null ? rows.level(status.expectedRows()) : rows.sampledLevel(known);
  }

  private List<MetricValue> metrics(BinaryProxy.Result result, boolean complete) throws Exception {
    SampledProxy sample = sampled.value();
    if (complete) {
      return sample == null ? result.metrics() : sample.metrics(result.metrics(), plan.value());
    }
    List<MetricValue> soFar = new ArrayList<>();
    for (MetricValue metric : result.metrics()) {
      soFar.add(soFar(sample == null ? metric : sample.supported(metric, plan.value())));
    }
    return soFar;
  }

  private static MetricValue soFar(MetricValue metric) {
    return metric.isDefined()
        ? metric.withoutInterval(ARRIVAL_ORDER).withError(Double.NaN, Double.NaN)
        : metric;
  }

  private static MetricPoint point(
      SetStatus status, Claim claim, MetricValue metric, BinaryProxy.Result result, long now) {
    return point(status, claim, metric, result.n(), result.nPos(), now);
  }

  private static MetricPoint point(
      SetStatus status, Claim claim, MetricValue metric, long n, long positives, long now) {
    return MetricPoint.of(
        metric,
        MetricPoint.Tier.PROXY,
        status.set(),
        claim,
        n,
        positives,
        status.state() == SetState.COMPLETE,
        now);
  }

  /** Collects the current points under every claim; returns those of the first. */
  private List<MetricPoint> emit(SetStatus status, long now, Collector<MetricPoint> out)
      throws Exception {
    List<MetricPoint> points = points(status, status.claims().get(0), now);
    for (Claim claim : status.claims()) {
      points.forEach(point -> out.collect(point.withClaim(claim)));
    }
    return points;
  }
}
