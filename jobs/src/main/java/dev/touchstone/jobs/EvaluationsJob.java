package dev.touchstone.jobs;

import dev.touchstone.jobs.full.AddressedManifest;
import dev.touchstone.jobs.full.Asked;
import dev.touchstone.jobs.full.Backlog;
import dev.touchstone.jobs.full.BaselineDesk;
import dev.touchstone.jobs.full.CheckQuestion;
import dev.touchstone.jobs.full.ClaimedManifest;
import dev.touchstone.jobs.full.ClaimedManifests;
import dev.touchstone.jobs.full.CombineCounts;
import dev.touchstone.jobs.full.EvaluationTask;
import dev.touchstone.jobs.full.Finding;
import dev.touchstone.jobs.full.FinishEvaluations;
import dev.touchstone.jobs.full.OnceDecided;
import dev.touchstone.jobs.full.PlanSplits;
import dev.touchstone.jobs.full.ProgressMeter;
import dev.touchstone.jobs.full.Reported;
import dev.touchstone.jobs.full.Scan;
import dev.touchstone.jobs.full.Split;
import dev.touchstone.jobs.full.StopScans;
import dev.touchstone.jobs.full.Tick;
import dev.touchstone.jobs.full.TriggerDesk;
import dev.touchstone.jobs.full.TriggerRegister;
import dev.touchstone.jobs.ingest.DecodeManifests;
import dev.touchstone.jobs.ingest.DecodeTriggers;
import dev.touchstone.jobs.ingest.KafkaInput;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.Progress;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.model.Withdrawal;
import dev.touchstone.jobs.output.KafkaOutput;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.schemas.Topics;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.OutputTag;

/** Triggers and manifests in; one terminal outcome a trigger, reports and their values out. */
public final class EvaluationsJob {

  public static final String NAME = "touchstone evaluations";

  private static final OutputTag<DeadLetter> REFUSED = new OutputTag<>("refused") {};
  private static final OutputTag<Withdrawal> WITHDRAWN = new OutputTag<>("withdrawn") {};
  private static final OutputTag<Outcome> UNANSWERED = new OutputTag<>("without report") {};
  private static final OutputTag<Progress> QUEUED = new OutputTag<>("queued") {};
  private static final OutputTag<Long> STOPPED = new OutputTag<>("stopped") {};
  private static final OutputTag<Finding> TOTALS = new OutputTag<>("totals") {};
  private static final OutputTag<MetricPoint> POINTS = new OutputTag<>("points") {};

  /** Splits under way in one slot: one is scanned, one waits so that no slot idles. */
  private static final int SPLITS_IN_FLIGHT = 2;

  private EvaluationsJob() {}

  public static void main(String[] args) throws Exception {
    EngineSettings settings = JobArguments.parse(args);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    onKafka(env, settings);
    env.execute(NAME);
  }

  /** The dataflow between the topics that the settings name. */
  public static void onKafka(StreamExecutionEnvironment env, EngineSettings settings) {
    Topics topics = settings.kafka().topics();
    topology(
        env,
        settings,
        KafkaInput.of(settings.kafka(), topics.checkpoints()),
        KafkaInput.of(settings.kafka(), topics.evaluationRequests()),
        KafkaInput.of(settings.kafka(), topics.predictionSets()),
        KafkaInput.keys(settings.kafka(), topics.reports()),
        KafkaOutput.reports(settings.kafka()),
        KafkaOutput.metrics(settings.kafka()),
        KafkaOutput.progress(settings.kafka()),
        KafkaOutput.deadLetters(settings.kafka()));
  }

  /**
   * Describes the dataflow. No I/O, no clock, no execute().
   *
   * @param reported the keys of what {@code reports} has taken, so that the next evaluation starts
   *     and a failed one may be tried again; values are not needed
   */
  public static void topology(
      StreamExecutionEnvironment env,
      EngineSettings settings,
      Source<RawMessage, ?, ?> checkpoints,
      Source<RawMessage, ?, ?> requests,
      Source<RawMessage, ?, ?> predictionSets,
      Source<RawMessage, ?, ?> reported,
      Sink<Outcome> reports,
      Sink<MetricPoint> metrics,
      Sink<Progress> progress,
      Sink<DeadLetter> deadLetters) {
    env.getConfig().enableObjectReuse();
    // few records, each waited for: filling network buffers would cost up to 100 ms a hop
    env.setBufferTimeout(0);
    var checkpointTriggers = triggers(env, settings, checkpoints, Trigger.Kind.CHECKPOINT);
    var requestTriggers = triggers(env, settings, requests, Trigger.Kind.REQUEST);
    SingleOutputStreamOperator<SetManifest> manifests =
        env.fromSource(predictionSets, WatermarkStrategy.noWatermarks(), "prediction sets")
            .uid("ingest.prediction-sets")
            .process(new DecodeManifests(REFUSED))
            .name("decode manifests")
            .uid("ingest.decode-manifests");
    DataStream<ClaimedManifest> claimed =
        manifests.flatMap(new ClaimedManifests()).name("claims").uid("full.claims");

    DataStream<Asked> asked =
        checkpointTriggers
            .union(requestTriggers)
            .keyBy(Trigger::id)
            .connect(requestTriggers.getSideOutput(WITHDRAWN).keyBy(Withdrawal::triggerId))
            .process(new TriggerRegister(settings.ledger()))
            .name("register")
            .uid("full.trigger-register");
    SingleOutputStreamOperator<EvaluationTask> tasks =
        asked
            .keyBy(Asked::checkpointKey)
            .connect(claimed.keyBy(ClaimedManifest::checkpointKey))
            .process(new TriggerDesk(settings.ledger(), UNANSWERED))
            .name("triggers meet sets")
            .uid("full.trigger-desk");
    SingleOutputStreamOperator<EvaluationTask> answerable =
        tasks
            .process(new CheckQuestion(UNANSWERED))
            .name("check questions")
            .uid("full.check-question");
    DataStream<AddressedManifest> baselines =
        manifests.flatMap(new AddressedManifest.Copies()).name("baselines").uid("full.baselines");
    SingleOutputStreamOperator<EvaluationTask> ready =
        answerable
            .filter(EvaluationTask::hasBaseline)
            .name("with baseline")
            .uid("full.with-baseline")
            .keyBy(AddressedManifest::of)
            .connect(baselines.keyBy(AddressedManifest::address))
            .process(new BaselineDesk(settings.ledger(), UNANSWERED))
            .name("tasks meet baselines")
            .uid("full.baseline-desk");
    DataStream<Reported> ended =
        env.fromSource(reported, WatermarkStrategy.noWatermarks(), "reported")
            .uid("ingest.reported")
            .map(Reported::of)
            .name("ended")
            .uid("full.reported");
    SingleOutputStreamOperator<EvaluationTask> admitted =
        answerable
            .filter(task -> !task.hasBaseline())
            .name("without baseline")
            .uid("full.without-baseline")
            .union(ready)
            .keyBy(task -> Backlog.KEY)
            .connect(ended.keyBy(key -> Backlog.KEY))
            .process(new Backlog(settings.full(), settings.ledger(), UNANSWERED, QUEUED, STOPPED))
            .name("backlog")
            .uid("full.backlog");

    admitted
        .getSideOutput(STOPPED)
        .broadcast()
        .process(new StopScans())
        .name("stop scans")
        .uid("full.stop-scans");

    DataStream<Split> firstPass =
        admitted
            .flatMap(new PlanSplits(settings.full()))
            // splits wait for slots: the backlog must not wait with them, it hears of withdrawals
            .startNewChain()
            .name("plan first pass")
            .uid("full.plan-splits");
    SingleOutputStreamOperator<Finding> counted = scan(firstPass, settings, "count", "full.count");
    SingleOutputStreamOperator<Split> secondPass =
        counted
            .keyBy(Finding::round)
            .process(new CombineCounts(settings.full(), TOTALS))
            .name("combine counts")
            .uid("full.combine-counts");
    DataStream<Finding> findings =
        scan(secondPass, settings, "resolve", "full.resolve")
            .union(secondPass.getSideOutput(TOTALS));
    DataStream<Tick> ticks =
        counted.union(findings).flatMap(new Tick.Counted()).name("ticks").uid("full.ticks");
    SingleOutputStreamOperator<Outcome> finished =
        admitted
            .keyBy(EvaluationTask::workKey)
            .connect(findings.keyBy(Finding::reportKey))
            .process(new FinishEvaluations(settings.ledger(), POINTS))
            .name("reports")
            .uid("full.finish");

    DataStream<Outcome> without =
        finished
            .filter(outcome -> !outcome.hasReport())
            .name("without report")
            .uid("full.without-report")
            .union(
                tasks.getSideOutput(UNANSWERED),
                answerable.getSideOutput(UNANSWERED),
                ready.getSideOutput(UNANSWERED),
                admitted.getSideOutput(UNANSWERED))
            .transform(
                "once decided",
                TypeInformation.of(Outcome.class),
                new OnceDecided(env.getCheckpointConfig().isCheckpointingEnabled()))
            .uid("full.once-decided");
    DataStream<Outcome> outcomes =
        finished
            .filter(Outcome::hasReport)
            .name("with report")
            .uid("full.with-report")
            .union(without);
    outcomes.sinkTo(reports).name("reports").uid("output.reports");
    admitted
        .keyBy(EvaluationTask::workKey)
        .connect(ticks.keyBy(Tick::reportKey))
        .process(new ProgressMeter(settings.ledger()))
        .name("progress")
        .uid("full.progress")
        .union(
            admitted.getSideOutput(QUEUED),
            outcomes.map(Progress::ended).name("ended").uid("full.ended"))
        .sinkTo(progress)
        .name("progress")
        .uid("output.progress");
    finished.getSideOutput(POINTS).sinkTo(metrics).name("metrics").uid("output.full-metrics");
    checkpointTriggers
        .getSideOutput(REFUSED)
        .union(requestTriggers.getSideOutput(REFUSED), manifests.getSideOutput(REFUSED))
        .sinkTo(deadLetters)
        .name("dead letters")
        .uid("output.refused-triggers");
  }

  private static SingleOutputStreamOperator<Trigger> triggers(
      StreamExecutionEnvironment env,
      EngineSettings settings,
      Source<RawMessage, ?, ?> source,
      Trigger.Kind kind) {
    String name = kind == Trigger.Kind.CHECKPOINT ? "checkpoints" : "evaluation-requests";
    return env.fromSource(source, WatermarkStrategy.noWatermarks(), name)
        .uid("ingest." + name)
        .process(
            new DecodeTriggers(
                kind, REFUSED, WITHDRAWN, settings.full(), settings.kafka().schemaRegistryUrl()))
        .name("decode " + name)
        .uid("ingest.decode-" + name);
  }

  private static SingleOutputStreamOperator<Finding> scan(
      DataStream<Split> splits, EngineSettings settings, String name, String uid) {
    return AsyncDataStream.unorderedWait(
            splits.rebalance(),
            new Scan(settings.cache(), settings.full()),
            settings.full().scanTimeoutSeconds(),
            TimeUnit.SECONDS,
            SPLITS_IN_FLIGHT)
        .name(name)
        .uid(uid);
  }
}
