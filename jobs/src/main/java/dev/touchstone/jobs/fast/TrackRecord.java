package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Trust;
import dev.touchstone.jobs.settings.EngineSettings.FastSettings;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.sampling.ProxyScore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Holds the proxies of a run against its full reports, and says with every point of the fast tier
 * whether its metric can be trusted. Keyed by run; points pass at once, also where no report ever
 * comes.
 *
 * <p>The complete proxies of a model checkpoint, on all examples, meet the exact values of the same
 * attempt, model checkpoint, evaluation set, split and fold; a prediction set counts once, however
 * many reports and claims there are of it. Whole and sampled sets have records of their own. With
 * each report that tells something new the record of a metric {@code m} is published under the
 * latest model checkpoint in it: {@code m.proxy_bias}, {@code m.proxy_absolute_error}, {@code
 * m.proxy_coverage} and {@code m.proxy_kendall_tau}; for samples {@code m.sampled_proxy_bias} and
 * so on. {@code n} is the number of sets behind the value.
 *
 * <p>A promise is an interval at its level, or, of a proxy of a whole set without an interval, to
 * be exact; it is judged by the report of the labels that the proxy has seen. {@link ProxyScore}
 * says when too many are broken. The test takes model checkpoints for independent. Those that share
 * a sample are not: an unlucky sample misses again and again, and loses trust more often than 1 %
 * of the time; one in twenty at 95 % where all its misses come together. It errs on the side of not
 * stopping a run.
 *
 * <p>Kept are the last {@value #MAX_SETS} prediction sets of a run and as many reports whose
 * proxies have not come.
 */
public final class TrackRecord
    extends KeyedCoProcessFunction<String, MetricPoint, TrackRecord.Meeting, MetricPoint> {

  private static final long serialVersionUID = 1L;

  static final int MAX_SETS = 256;

  private static final Comparator<Claim> ORDER =
      Comparator.comparingInt(Claim::attempt).thenComparingLong(Claim::step);

  /** Reports of one model checkpoint that are kept until its proxies come. */
  private static final int MAX_REPORTS = 8;

  private final FastSettings fast;
  private final LedgerSettings ledger;
  private final OutputTag<Standing> standings;
  private transient MapState<String, ProxyHistory> histories;
  private transient MapState<String, List<ExactMetrics>> early;
  private transient MapState<String, Trust> trust;
  private transient MapState<String, List<MetricPoint>> latest;

  /** What meets here: one of the two is null. */
  public record Meeting(String runId, Standing standing, ExactMetrics exact) {

    public static Meeting of(Standing standing) {
      return new Meeting(standing.runId(), standing, null);
    }

    public static Meeting of(ExactMetrics exact) {
      return new Meeting(exact.runId(), null, exact);
    }
  }

  /**
   * @param standings where standings go on to, with the trust that their metrics have
   */
  public TrackRecord(FastSettings fast, LedgerSettings ledger, OutputTag<Standing> standings) {
    this.fast = fast;
    this.ledger = ledger;
    this.standings = standings;
  }

  @Override
  public void open(OpenContext context) {
    histories = map("histories", Types.POJO(ProxyHistory.class));
    early = map("early", Types.LIST(Types.POJO(ExactMetrics.class)));
    trust = map("trust", Types.ENUM(Trust.class));
    latest = map("latest", Types.LIST(Types.POJO(MetricPoint.class)));
  }

  private <T> MapState<String, T> map(String name, TypeInformation<T> type) {
    var state = new MapStateDescriptor<>(name, Types.STRING, type);
    state.enableTimeToLive(ledger.retention());
    return getRuntimeContext().getMapState(state);
  }

  @Override
  public void processElement1(MetricPoint point, Context context, Collector<MetricPoint> out)
      throws Exception {
    out.collect(stamped(point));
  }

  @Override
  public void processElement2(Meeting meeting, Context context, Collector<MetricPoint> out)
      throws Exception {
    long now = context.timerService().currentProcessingTime();
    if (meeting.standing() != null) {
      stand(meeting.standing(), now, out);
      List<MetricPoint> points = new ArrayList<>();
      for (MetricPoint point : meeting.standing().points()) {
        points.add(stamped(point));
      }
      context.output(standings, meeting.standing().withPoints(points));
    } else {
      report(meeting.exact(), now, out);
    }
  }

  private MetricPoint stamped(MetricPoint point) throws Exception {
    Trust known =
        trust.get(track(point.evaluationSet(), point.split(), point.sampled()) + point.metric());
    return known == null ? point : point.withTrust(known);
  }

  private void stand(Standing standing, long now, Collector<MetricPoint> out) throws Exception {
    SetIdentity set = standing.set();
    ProxyHistory history = ProxyHistory.of(standing);
    if (history.metrics.length == 0) {
      return;
    }
    String track = track(set.evaluationSet(), set.split(), set.sampled());
    List<MetricPoint> shown = latest.get(track);
    if (shown == null || ORDER.compare(shown.get(0).claim(), standing.claim()) <= 0) {
      latest.put(track, standing.points());
      String forgotten = forget(latest, points -> points.get(0).claim());
      if (forgotten != null) {
        List<String> metrics = new ArrayList<>();
        trust.keys().forEach(metrics::add);
        for (String metric : metrics) {
          if (metric.startsWith(forgotten)) {
            trust.remove(metric);
          }
        }
      }
    }
    String place = place(standing.claim(), set.fold());
    ProxyHistory known = histories.get(track + place);
    if (known != null && known.setKey.equals(history.setKey)) {
      return; // said again
    }
    boolean changed = false;
    String at = track(set.evaluationSet(), set.split(), false) + place;
    List<ExactMetrics> kept = new ArrayList<>();
    for (ExactMetrics report : reports(at)) {
      changed |= history.take(report, fast.decisionThreshold());
      kept.add(report.whole(Set.copyOf(List.of(history.metrics))));
    }
    if (!kept.isEmpty()) {
      early.put(at, kept);
    }
    histories.put(track + place, history);
    forget(histories, one -> one.claim);
    if (changed) {
      publish(history, now, out);
    }
  }

  private void report(ExactMetrics exact, long now, Collector<MetricPoint> out) throws Exception {
    String place = place(exact.claim(), exact.fold());
    keep(exact, track(exact.evaluationSet(), exact.split(), false) + place);
    for (boolean sampled : new boolean[] {false, true}) {
      String at = track(exact.evaluationSet(), exact.split(), sampled) + place;
      ProxyHistory history = histories.get(at);
      if (history != null && history.take(exact, fast.decisionThreshold())) {
        histories.put(at, history);
        publish(history, now, out);
      }
    }
  }

  /** For proxies that come later: after a new start, or of a sample that is sent after the set. */
  private void keep(ExactMetrics exact, String at) throws Exception {
    Set<String> wanted = new HashSet<>();
    for (boolean sampled : new boolean[] {false, true}) {
      List<MetricPoint> shown = latest.get(track(exact.evaluationSet(), exact.split(), sampled));
      (shown == null ? List.<MetricPoint>of() : shown).forEach(p -> wanted.add(p.metric()));
    }
    List<ExactMetrics> kept = new ArrayList<>();
    for (ExactMetrics report : reports(at)) {
      if (!report.reportKey().equals(exact.reportKey()) || report.revision() != exact.revision()) {
        kept.add(report);
      }
    }
    kept.add(exact.whole(wanted));
    early.put(
        at, new ArrayList<>(kept.subList(Math.max(0, kept.size() - MAX_REPORTS), kept.size())));
    forget(early, reports -> reports.get(0).claim());
  }

  private List<ExactMetrics> reports(String at) throws Exception {
    List<ExactMetrics> known = early.get(at);
    return known == null ? List.of() : known;
  }

  /** Drops what is oldest beyond the bound; its key, or null. */
  private static <T> String forget(MapState<String, T> state, Function<T, Claim> claim)
      throws Exception {
    String oldest = null;
    Claim ofOldest = null;
    int count = 0;
    for (Map.Entry<String, T> entry : state.entries()) {
      count++;
      Claim own = claim.apply(entry.getValue());
      if (ofOldest == null || ORDER.compare(own, ofOldest) < 0) {
        oldest = entry.getKey();
        ofOldest = own;
      }
    }
    if (count <= MAX_SETS) {
      return null;
    }
    state.remove(oldest);
    return oldest;
  }

  /** Says the record of every metric that the history has, and again what it turns. */
  private void publish(ProxyHistory news, long now, Collector<MetricPoint> out) throws Exception {
    String track = track(news.evaluationSet, news.split, news.sampled);
    Collection<ProxyHistory> scored = scored(track);
    Claim last = news.claim;
    for (ProxyHistory history : scored) {
      last = ORDER.compare(last, history.claim) <= 0 ? history.claim : last;
    }
    boolean turns = false;
    for (String metric : news.metrics) {
      List<ProxyScore.Pair> pairs =
          scored.stream().map(h -> h.pair(metric)).filter(Objects::nonNull).toList();
      if (!pairs.isEmpty()) {
        ProxyScore score = ProxyScore.of(pairs);
        Trust verdict = Trust.valueOf(score.verdict().name());
        Trust before = trust.get(track + metric);
        turns |= verdict != (before == null ? Trust.UNKNOWN : before);
        trust.put(track + metric, verdict);
        tell(news, last, metric, score, verdict, now, out);
      }
    }
    List<MetricPoint> shown = latest.get(track);
    if (turns && shown != null) {
      for (MetricPoint point : shown) {
        out.collect(stamped(point));
      }
    }
  }

  /** Those with exact values, each prediction set once. */
  private Collection<ProxyHistory> scored(String track) throws Exception {
    Map<String, ProxyHistory> bySet = new TreeMap<>();
    for (Map.Entry<String, ProxyHistory> entry : histories.entries()) {
      ProxyHistory history = entry.getValue();
      if (entry.getKey().startsWith(track) && history.isScored()) {
        bySet.merge(
            history.setKey, history, (a, b) -> ORDER.compare(a.claim, b.claim) >= 0 ? a : b);
      }
    }
    return bySet.values();
  }

  private static void tell(
      ProxyHistory of,
      Claim claim,
      String metric,
      ProxyScore score,
      Trust trust,
      long now,
      Collector<MetricPoint> out) {
    String name = metric + (of.sampled ? ".sampled_proxy_" : ".proxy_");
    MetricValue coverage =
        score.promises() == 0
            ? MetricValue.undefined("coverage", "no_promises")
            : MetricValue.defined("coverage", (double) score.kept() / score.promises());
    List<MetricValue> values =
        List.of(
            MetricValue.defined("bias", score.bias()),
            MetricValue.defined("absolute_error", score.meanAbsoluteError()),
            coverage,
            score.kendallTau());
    for (MetricValue value : values) {
      out.collect(
          new MetricPoint(
              now,
              claim,
              null,
              MetricPoint.Tier.PROXY,
              of.evaluationSet,
              of.split,
              "",
              name + value.name(),
              value.isDefined() ? value.value() : null,
              null,
              null,
              null,
              null,
              value == coverage ? score.promises() : score.n(),
              0,
              true,
              value.reason(),
              0,
              "", // of many sets
              trust));
    }
  }

  private static String track(String evaluationSet, String split, boolean sampled) {
    return evaluationSet + '\n' + split + '\n' + sampled + '\n';
  }

  private static String place(Claim claim, Integer fold) {
    return claim.attempt() + "\n" + claim.checkpoint() + '\n' + fold;
  }
}
