package dev.touchstone.jobs;

import dev.touchstone.jobs.cache.CacheWriter;
import dev.touchstone.jobs.fast.CompareRun;
import dev.touchstone.jobs.fast.JudgeRun;
import dev.touchstone.jobs.fast.ProxyMetrics;
import dev.touchstone.jobs.fast.RankSweep;
import dev.touchstone.jobs.fast.ReportedFigures;
import dev.touchstone.jobs.fast.TrackRecord;
import dev.touchstone.jobs.ingest.DecodePredictions;
import dev.touchstone.jobs.ingest.DecodeReports;
import dev.touchstone.jobs.ingest.DecodeRunEvents;
import dev.touchstone.jobs.ingest.DecodeTombstones;
import dev.touchstone.jobs.ingest.FindPredictionSet;
import dev.touchstone.jobs.ingest.KafkaInput;
import dev.touchstone.jobs.ingest.ReusedReports;
import dev.touchstone.jobs.ledger.PredictionLedger;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.Judgement;
import dev.touchstone.jobs.model.KeyedMessage;
import dev.touchstone.jobs.model.LedgerInput;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.RunEvent;
import dev.touchstone.jobs.model.RunInput;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.WantedEvaluation;
import dev.touchstone.jobs.output.KafkaOutput;
import dev.touchstone.jobs.settings.EngineSettings;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamUtils;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.OutputTag;

/**
 * Predictions in, run events, and reports, which proxies are held against; proxy metrics, signals,
 * requests for full evaluations, cached prediction sets and dead letters out.
 */
public final class PredictionsJob {

  public static final String NAME = "touchstone predictions";

  private static final OutputTag<DeadLetter> REFUSED = new OutputTag<>("refused") {};
  private static final OutputTag<DeadLetter> CONFLICTS = new OutputTag<>("conflicts") {};

  private static final OutputTag<MetricPoint> COUNTS = new OutputTag<>("counts") {};
  private static final OutputTag<WantedEvaluation> WANTED = new OutputTag<>("wanted") {};

  private static final OutputTag<Standing> STANDINGS = new OutputTag<>("standings") {};
  private static final OutputTag<Standing> TRUSTED = new OutputTag<>("with trust") {};

  /** What is few and waited for does not wait for a full network buffer. */
  private static final long SOON_MILLIS = 5;

  private PredictionsJob() {}

  public static void main(String[] args) throws Exception {
    EngineSettings settings = JobArguments.parse(args);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    onKafka(env, settings);
    env.execute(NAME);
  }

  /** The dataflow between the topics that the settings name. */
  public static void onKafka(StreamExecutionEnvironment env, EngineSettings settings) {
    topology(
        env,
        settings,
        KafkaInput.of(settings.kafka(), settings.kafka().topics().predictions()),
        KafkaInput.of(
            settings.kafka(), settings.kafka().topics().predictionSets(), "forgotten-sets"),
        KafkaInput.of(settings.kafka(), settings.kafka().topics().reports(), "exact-metrics"),
        KafkaInput.of(settings.kafka(), settings.kafka().topics().runEvents()),
        KafkaOutput.metrics(settings.kafka()),
        KafkaOutput.predictionSets(settings.kafka()),
        KafkaOutput.signals(settings.kafka()),
        KafkaOutput.evaluationRequests(settings.kafka()),
        KafkaOutput.deadLetters(settings.kafka()));
  }

  /** Describes the dataflow. No I/O, no clock, no execute(). */
  public static void topology(
      StreamExecutionEnvironment env,
      EngineSettings settings,
      Source<RawMessage, ?, ?> predictions,
      Source<RawMessage, ?, ?> predictionSets,
      Source<RawMessage, ?, ?> reports,
      Source<RawMessage, ?, ?> runEvents,
      Sink<MetricPoint> metrics,
      Sink<SetManifest> manifests,
      Sink<Signal> signals,
      Sink<WantedEvaluation> requests,
      Sink<DeadLetter> deadLetters) {
    // records are never changed once made, so operators may share them
    env.getConfig().enableObjectReuse();
    var found =
        env.fromSource(predictions, WatermarkStrategy.noWatermarks(), "predictions")
            .uid("ingest.predictions")
            .process(new FindPredictionSet(REFUSED, settings.kafka().schemaRegistryUrl()))
            .name("find prediction set")
            .uid("ingest.find-prediction-set");
    DataStream<KeyedMessage> forgotten =
        env.fromSource(predictionSets, WatermarkStrategy.noWatermarks(), "forgotten sets")
            .uid("ingest.forgotten-sets")
            .flatMap(new DecodeTombstones())
            .name("decode tombstones")
            .uid("ingest.decode-tombstones");
    SingleOutputStreamOperator<ExactMetrics> told =
        env.fromSource(reports, WatermarkStrategy.noWatermarks(), "reports")
            .uid("ingest.reports")
            .process(new DecodeReports(REFUSED))
            .name("decode reports")
            .uid("ingest.decode-reports");
    DataStream<ExactMetrics> exact =
        told.keyBy(ExactMetrics::reportKey)
            .process(new ReusedReports(settings.ledger()))
            .name("reused reports")
            .uid("ingest.reused-reports");
    var batches =
        found
            .union(forgotten)
            .keyBy(KeyedMessage::setKey)
            .process(new DecodePredictions(REFUSED, settings.kafka().schemaRegistryUrl()))
            .name("decode and check")
            .uid("ingest.decode-predictions");
    SingleOutputStreamOperator<LedgerUpdate> updates =
        DataStreamUtils.reinterpretAsKeyedStream(batches, LedgerInput::setKey)
            .process(new PredictionLedger(settings.ledger(), CONFLICTS, settings.cache().enabled()))
            .name("ledger")
            .uid("ledger.predictions");
    // one chain from here on: a batch is shuffled once, as the message it came in
    KeyedStream<LedgerUpdate, String> bySet =
        DataStreamUtils.reinterpretAsKeyedStream(updates, LedgerUpdate::setKey);
    var proxies =
        bySet
            .process(new ProxyMetrics(settings.fast(), settings.ledger(), STANDINGS))
            .name("proxy metrics")
            .uid("fast.proxy-metrics")
            .setBufferTimeout(SOON_MILLIS);
    SingleOutputStreamOperator<MetricPoint> points =
        proxies
            .keyBy(point -> point.claim().runId())
            .connect(
                meetings(proxies.getSideOutput(STANDINGS), exact).keyBy(TrackRecord.Meeting::runId))
            .process(new TrackRecord(settings.fast(), settings.ledger(), TRUSTED))
            .name("track record")
            .uid("fast.track-record");
    points.sinkTo(metrics).name("metrics").uid("output.proxy-metrics");
    proxies
        .getSideOutput(STANDINGS)
        .keyBy(CompareRun::key)
        .connect(exact.keyBy(CompareRun::key))
        .process(new CompareRun(settings))
        .name("compare run")
        .uid("fast.compare-run")
        .sinkTo(metrics)
        .name("differences")
        .uid("output.differences");
    SingleOutputStreamOperator<RunEvent> events =
        env.fromSource(runEvents, WatermarkStrategy.noWatermarks(), "run events")
            .uid("ingest.run-events")
            .process(new DecodeRunEvents(REFUSED, settings.kafka().schemaRegistryUrl()))
            .name("decode run events")
            .uid("ingest.decode-run-events");
    DataStream<MetricPoint> figures =
        events.flatMap(new ReportedFigures()).name("figures").uid("fast.reported-figures");
    DataStream<DeadLetter> refused =
        found
            .getSideOutput(REFUSED)
            .union(
                batches.getSideOutput(REFUSED),
                updates.getSideOutput(CONFLICTS),
                told.getSideOutput(REFUSED),
                events.getSideOutput(REFUSED));
    if (settings.signals().enabled()) {
      DataStream<RunInput> heard =
          heard(points.getSideOutput(TRUSTED), RunInput::of, "standings")
              .union(heard(events, RunInput::of, "events"), heard(exact, RunInput::of, "exact"));
      SingleOutputStreamOperator<Judgement> judged =
          heard
              .keyBy(RunInput::runId)
              .process(new JudgeRun(settings, new JudgeRun.Outputs(COUNTS, WANTED, REFUSED)))
              .name("judge run")
              .uid("fast.judge-run");
      signals(judged, settings).sinkTo(signals).name("signals").uid("output.signals");
      judged
          .getSideOutput(WANTED)
          .sinkTo(requests)
          .name("evaluation requests")
          .uid("output.evaluation-requests");
      figures = figures.union(judged.getSideOutput(COUNTS));
      refused = refused.union(judged.getSideOutput(REFUSED));
    }
    figures.sinkTo(metrics).name("figures").uid("output.figures");
    if (settings.cache().enabled()) {
      bySet
          .process(new CacheWriter(settings.cache(), settings.ledger()))
          .name("prediction cache")
          .uid("cache.writer")
          .sinkTo(manifests)
          .name("prediction sets")
          .uid("output.prediction-sets");
    }
    refused.sinkTo(deadLetters).name("dead letters").uid("output.refused-predictions");
  }

  private static <T> DataStream<RunInput> heard(
      DataStream<T> of, MapFunction<T, RunInput> input, String name) {
    return of.map(input)
        .returns(RunInput.class)
        .name("hear " + name)
        .uid("fast.hear-" + name)
        .setBufferTimeout(SOON_MILLIS);
  }

  /** Ranked within their sweep where that is asked for. */
  private static DataStream<Signal> signals(DataStream<Judgement> judged, EngineSettings settings) {
    if (!settings.signals().asha().enabled()) {
      return judged.map(Judgement::signal).name("signal").uid("fast.signal");
    }
    return judged
        .keyBy(Judgement::rankedAmong)
        .process(new RankSweep(settings.signals().asha(), settings.ledger()))
        .name("rank sweep")
        .uid("fast.rank-sweep");
  }

  private static DataStream<TrackRecord.Meeting> meetings(
      DataStream<Standing> standings, DataStream<ExactMetrics> exact) {
    return standings
        .map(TrackRecord.Meeting::of)
        .name("standings")
        .uid("fast.meeting-standings")
        .setBufferTimeout(SOON_MILLIS)
        .union(exact.map(TrackRecord.Meeting::of).name("exact values").uid("fast.meeting-reports"));
  }
}
