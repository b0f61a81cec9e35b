package dev.touchstone.jobs.fast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.jobs.fast.TrackRecord.Meeting;
import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.model.Trust;
import dev.touchstone.jobs.model.Vitals;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrackRecordTest {

  private static final OutputTag<Standing> TRUSTED = new OutputTag<>("with trust") {};
  private static final EngineSettings SETTINGS = EngineSettings.from(SettingsSource.empty());
  private static final String AP = "average_precision";

  private KeyedTwoInputStreamOperatorTestHarness<String, MetricPoint, Meeting, MetricPoint> record;
  private int read;
  private int stood;

  @BeforeEach
  void open() throws Exception {
    open(null);
  }

  private void open(OperatorSubtaskState state) throws Exception {
    record =
        new KeyedTwoInputStreamOperatorTestHarness<>(
            new KeyedCoProcessOperator<>(
                new TrackRecord(SETTINGS.fast(), SETTINGS.ledger(), TRUSTED)),
            point -> point.claim().runId(),
            Meeting::runId,
            Types.STRING);
    if (state != null) {
      record.initializeState(state);
    }
    record.open();
    read = 0;
    stood = 0;
  }

  @AfterEach
  void close() throws Exception {
    record.close();
  }

  @Test
  void pointsPassUntouchedWhereNoReportEverComes() throws Exception {
    Standing standing = standing(1, true, metric(AP, 0.5, 0.4, 0.6, 0.95));
    record.processElement1(standing.points().get(0), 0);
    stand(standing);

    assertThat(told()).containsExactly(standing.points().get(0));
    assertThat(stood()).containsExactly(standing);
  }

  @Test
  void aRecordIsBiasErrorCoverageAndOrder() throws Exception {
    stand(standing(1, true, metric(AP, 0.50, 0.45, 0.55, 0.95)));
    stand(standing(2, true, metric(AP, 0.60, 0.55, 0.65, 0.95)));
    stand(standing(3, true, metric(AP, 0.70, 0.65, 0.75, 0.95)));
    report(exact(1, AP, 0.48));
    report(exact(3, AP, 0.74));
    told();
    report(exact(2, AP, 0.75));

    List<MetricPoint> record = told();
    assertThat(record)
        .extracting(MetricPoint::metric)
        .startsWith(
            AP + ".sampled_proxy_bias",
            AP + ".sampled_proxy_absolute_error",
            AP + ".sampled_proxy_coverage",
            AP + ".sampled_proxy_kendall_tau");
    // differences 0.02, -0.15, -0.04; 0.75 is not within [0.55, 0.65]
    assertThat(record.get(0).value()).isCloseTo(-0.17 / 3, within(1e-15));
    assertThat(record.get(1).value()).isCloseTo(0.21 / 3, within(1e-15));
    assertThat(record.get(2).value()).isEqualTo(2.0 / 3);
    // (1,2) and (1,3) in order, (2,3) not
    assertThat(record.get(3).value()).isCloseTo(1.0 / 3, within(1e-15));
    assertThat(record.subList(0, 4))
        .allSatisfy(
            point -> {
              assertThat(point.n()).isEqualTo(3);
              assertThat(point.claim().checkpoint()).isEqualTo("step-3");
              assertThat(point.trust()).isEqualTo(Trust.TRUSTED);
              assertThat(point.tier()).isEqualTo(MetricPoint.Tier.PROXY);
              assertThat(point.complete()).isTrue();
            });
    // and the latest proxies are said again, with what they are taken for now
    assertThat(record).hasSize(5);
    assertThat(record.get(4).metric()).isEqualTo(AP);
    assertThat(record.get(4).claim().checkpoint()).isEqualTo("step-3");
    assertThat(record.get(4).trust()).isEqualTo(Trust.TRUSTED);
  }

  @Test
  void brokenPromisesCostTrustAndEveryLaterPointSaysSo() throws Exception {
    for (int step = 1; step <= 5; step++) {
      stand(
          standing(
              step,
              true,
              metric(AP, 0.5 + step, 0.4 + step, 0.6 + step, 0.95),
              metric("log_loss", 0.1, 0.05, 0.15, 0.95)));
      report(exact(step, AP, 0.9 + step, "log_loss", 0.1));
      if (step == 4) {
        assertThat(value(told(), AP + ".sampled_proxy_coverage").trust()).isEqualTo(Trust.UNKNOWN);
      }
    }

    List<MetricPoint> record = told();
    assertThat(value(record, AP + ".sampled_proxy_coverage").value()).isZero();
    assertThat(value(record, AP + ".sampled_proxy_bias").value()).isCloseTo(-0.4, within(1e-12));
    assertThat(value(record, AP + ".sampled_proxy_kendall_tau").value()).isEqualTo(1);
    assertThat(value(record, AP).trust()).isEqualTo(Trust.UNTRUSTED);
    assertThat(value(record, AP).claim().checkpoint()).isEqualTo("step-5");

    Standing next =
        standing(6, true, metric(AP, 6, 5, 7, 0.95), metric("log_loss", 0.1, 0, 1, 0.95));
    stood();
    stand(next);
    assertThat(stood().get(0).points())
        .extracting(MetricPoint::trust)
        .containsExactly(Trust.UNTRUSTED, Trust.TRUSTED);
    this.record.processElement1(next.points().get(0).withSlice("country=DE"), 0);
    // the proxies of whole sets, and other metrics, have records of their own
    this.record.processElement1(standing(6, false, exactly(AP, 6)).points().get(0), 0);
    assertThat(told())
        .extracting(MetricPoint::trust)
        .containsExactly(Trust.UNTRUSTED, Trust.UNKNOWN);
  }

  @Test
  void whatComesAgainCountsOnce() throws Exception {
    for (int again = 0; again < 3; again++) {
      for (int step = 1; step <= 2; step++) {
        stand(standing(step, false, exactly(AP, 0.5 + 0.1 * step)));
        report(exact(step, AP, 0.5 + 0.1 * step));
      }
    }
    // a restarted attempt claims the set of step 2
    Standing second = standing(2, false, exactly(AP, 0.7));
    Claim restarted = new Claim("run", 1, "step-2", 2, null);
    stand(
        new Standing(
            restarted,
            second.set(),
            second.points().stream().map(point -> point.withClaim(restarted)).toList(),
            null,
            second.vitals()));
    report(exact(2, AP, 0.7).withClaim(restarted));

    List<MetricPoint> record = told();
    assertThat(record)
        .filteredOn(point -> point.metric().equals(AP + ".proxy_bias"))
        .extracting(MetricPoint::n)
        .containsExactly(1L, 2L, 2L);
    assertThat(record.get(record.size() - 1).claim()).isEqualTo(restarted);
  }

  @Test
  void laterLabelsScoreAgainAndBreakNoPromise() throws Exception {
    stand(standing(1, false, metric(AP, 0.5, 0.49, 0.51, 1)));
    report(exact(1, AP, 0.505));
    report(revised(exact(1, AP, 0.8), 1));
    // what an older report says is no news
    report(exact(1, AP, 0.505));

    List<MetricPoint> record = told();
    assertThat(record)
        .filteredOn(point -> point.metric().equals(AP + ".proxy_bias"))
        .hasSize(2)
        .allSatisfy(point -> assertThat(point.n()).isEqualTo(1));
    List<MetricPoint> last = record.subList(record.size() - 4, record.size());
    assertThat(value(last, AP + ".proxy_bias").value()).isCloseTo(-0.3, within(1e-15));
    assertThat(value(last, AP + ".proxy_coverage").value()).isEqualTo(1);
  }

  @Test
  void reportsMayComeFirst() throws Exception {
    report(revised(exact(1, AP, 0.8), 1));
    report(exact(1, AP, 0.7));
    assertThat(told()).isEmpty();
    stand(standing(1, false, exactly(AP, 0.7)));
    stand(standing(1, true, metric(AP, 0.6, 0.5, 0.65, 0.95)));

    List<MetricPoint> record = told();
    assertThat(value(record, AP + ".proxy_bias").value()).isCloseTo(-0.1, within(1e-15));
    assertThat(value(record, AP + ".proxy_coverage").value()).isEqualTo(1);
    assertThat(value(record, AP + ".sampled_proxy_bias").value()).isCloseTo(-0.2, within(1e-15));
    assertThat(value(record, AP + ".sampled_proxy_coverage").value()).isEqualTo(0);
    assertThat(value(record, AP + ".proxy_kendall_tau").value()).isNull();
    assertThat(value(record, AP + ".proxy_kendall_tau").reason()).isEqualTo("fewer_than_2");
  }

  @Test
  void anIntervalThatIsMissingPromisesNothingUnlessTheSetIsWhole() throws Exception {
    stand(standing(1, true, exactly(AP, 0.5)));
    stand(standing(2, false, exactly(AP, 0.5)));
    report(exact(1, AP, 0.9));
    report(exact(2, AP, 0.9));

    List<MetricPoint> record = told();
    MetricPoint sampled = value(record, AP + ".sampled_proxy_coverage");
    assertThat(sampled.value()).isNull();
    assertThat(sampled.reason()).isEqualTo("no_promises");
    assertThat(sampled.n()).isZero();
    assertThat(sampled.trust()).isEqualTo(Trust.UNKNOWN);
    // certain, and wrong: one is enough
    assertThat(value(record, AP + ".proxy_coverage").value()).isZero();
    assertThat(value(record, AP).trust()).isEqualTo(Trust.UNTRUSTED);
  }

  @Test
  void anotherDecisionThresholdIsAnotherMetric() throws Exception {
    stand(standing(1, false, exactly(AP, 0.5), exactly("accuracy", 0.9)));
    ExactMetrics other = exact(1, AP, 0.5, "accuracy", 0.6);
    report(
        new ExactMetrics(
            other.reportKey(),
            other.claim(),
            other.setKey(),
            other.evaluationSet(),
            other.split(),
            null,
            0,
            0.7,
            false,
            other.n(),
            other.values()));

    assertThat(told())
        .extracting(MetricPoint::metric)
        .contains(AP + ".proxy_bias")
        .noneMatch(metric -> metric.startsWith("accuracy"));
  }

  @Test
  void undefinedProxiesAreNotScored() throws Exception {
    stand(standing(1, false, MetricValue.undefined(AP, "no_positives"), exactly("log_loss", 0.2)));
    report(exact(1, AP, 0.5, "log_loss", 0.2));

    assertThat(told())
        .extracting(MetricPoint::metric)
        .allMatch(metric -> metric.startsWith("log_loss."));
  }

  @Test
  void theRecordSurvivesARestart() throws Exception {
    for (int step = 1; step <= 3; step++) {
      stand(standing(step, false, exactly(AP, 0.1 * step)));
      report(exact(step, AP, 0.1 * step));
    }
    OperatorSubtaskState state = record.snapshot(1, 1);
    record.close();
    open(state);
    stand(standing(4, false, exactly(AP, 0.4)));
    report(exact(4, AP, 0.4));

    assertThat(stood().get(0).points().get(0).trust()).isEqualTo(Trust.TRUSTED);
    MetricPoint coverage = value(told(), AP + ".proxy_coverage");
    assertThat(coverage.n()).isEqualTo(4);
    assertThat(coverage.value()).isEqualTo(1);
  }

  @Test
  void theRecordIsOfTheLastSets() throws Exception {
    int sets = TrackRecord.MAX_SETS + 20;
    for (int step = 1; step <= sets; step++) {
      stand(standing(step, false, exactly(AP, 1.0 / step)));
      // the first ones miss, and are forgotten
      report(exact(step, AP, step <= 20 ? 5 : 1.0 / step));
    }

    List<MetricPoint> record = told();
    List<MetricPoint> last = record.subList(record.size() - 5, record.size());
    assertThat(value(last, AP + ".proxy_coverage").n()).isEqualTo(TrackRecord.MAX_SETS);
    assertThat(value(last, AP + ".proxy_coverage").value()).isEqualTo(1);
    assertThat(value(last, AP).trust()).isEqualTo(Trust.TRUSTED);
  }

  private void stand(Standing standing) throws Exception {
    record.processElement2(Meeting.of(standing), 0);
  }

  private void report(ExactMetrics exact) throws Exception {
    record.processElement2(Meeting.of(exact), 0);
  }

  /** What has come out since the last call. */
  private List<MetricPoint> told() {
    List<MetricPoint> all = record.extractOutputValues();
    List<MetricPoint> since = List.copyOf(all.subList(read, all.size()));
    read = all.size();
    return since;
  }

  private List<Standing> stood() {
    List<Standing> all = new ArrayList<>();
    record.getSideOutput(TRUSTED).forEach(element -> all.add(element.getValue()));
    List<Standing> since = List.copyOf(all.subList(stood, all.size()));
    stood = all.size();
    return since;
  }

  private static MetricPoint value(List<MetricPoint> points, String metric) {
    List<MetricPoint> found =
        points.stream().filter(point -> point.metric().equals(metric)).toList();
    assertThat(found).as(metric).isNotEmpty();
    return found.get(found.size() - 1);
  }

  private static MetricValue metric(
      String name, double value, double low, double high, double level) {
    return MetricValue.defined(name, value, new Interval(low, high, "m", level, Target.FINITE));
  }

  private static MetricValue exactly(String name, double value) {
    return MetricValue.defined(name, value, "exact");
  }

  private static Standing standing(int step, boolean sampled, MetricValue... metrics) {
    Claim claim = new Claim("run", 0, "step-" + step, step, null);
    SetIdentity set =
        new SetIdentity(
            (sampled ? "sample-" : "whole-") + step,
            null,
            null,
            null,
            "val",
            "validation",
            null,
            sampled,
            Task.BINARY,
            1);
    List<MetricPoint> points = new ArrayList<>();
    for (MetricValue metric : metrics) {
      points.add(
          MetricPoint.of(metric, MetricPoint.Tier.PROXY, set, claim, 1_000, 10, true, 0)
              .withSample(sampled ? "sample" : ""));
    }
    return new Standing(claim, set, points, null, Vitals.of(1_000));
  }

  private static ExactMetrics exact(int step, Object... namesAndValues) {
    List<ExactMetrics.Value> values = new ArrayList<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.add(
          new ExactMetrics.Value(
              "", (String) namesAndValues[i], ((Number) namesAndValues[i + 1]).doubleValue()));
    }
    return new ExactMetrics(
        "whole-" + step + ":hash",
        new Claim("run", 0, "step-" + step, step, null),
        "whole-" + step,
        "val",
        "validation",
        null,
        0,
        0.5,
        false,
        1_000,
        values);
  }

  private static ExactMetrics revised(ExactMetrics exact, int revision) {
    return new ExactMetrics(
        exact.reportKey(),
        exact.claim(),
        exact.setKey(),
        exact.evaluationSet(),
        exact.split(),
        exact.fold(),
        revision,
        exact.decisionThreshold(),
        false,
        exact.n(),
        exact.values());
  }
}
