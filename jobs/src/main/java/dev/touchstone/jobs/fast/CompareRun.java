package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import dev.touchstone.jobs.settings.RuleSettings;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.sampling.TierOne;
import dev.touchstone.metrics.stopping.Mode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;

/**
 * What changed with each model checkpoint, as points of their own: {@code <metric>_vs_previous} and
 * {@code <metric>_vs_best} are paired differences on the sampled rows, with their 95 % interval for
 * the whole evaluation set; {@code <metric>_reanchored} is the exact value of the previous or the
 * best model checkpoint, where the full tier has reported it, plus the paired difference (methods
 * 3.8): of the two the one with the smaller error. Best is by the value of {@code signals.metric}.
 *
 * <p>Keyed by run and evaluation set; only sets under a sampling plan, whose samples are the same
 * rows. Only a later step than any before is compared; a later attempt starts anew. Exact values
 * that come after the checkpoint that they anchor are used when they come; those of corrected
 * labels, which the sample does not have, never.
 */
public final class CompareRun
    extends KeyedCoProcessFunction<String, Standing, ExactMetrics, MetricPoint> {

  private static final long serialVersionUID = 1L;
  private static final double LEVEL = 0.95;
  private static final int MAX_ANCHORS = 16;

  private final String metric;
  private final double decisionThreshold;
  private final LedgerSettings ledger;
  private transient ValueState<Course> courses;

  /**
   * What is known of a run on one evaluation set.
   *
   * @param latest the last model checkpoint
   * @param previous the one before it, or null
   * @param bestBefore the best one before it, or null
   * @param anchors exact values, oldest first
   */
  public record Course(
      Standing latest, Standing previous, Standing bestBefore, List<Anchor> anchors) {}

  /** Exact values of a model checkpoint by metric, those at another decision threshold left out. */
  public record Anchor(String checkpoint, Map<String, Double> values) {}

  public CompareRun(EngineSettings settings) {
    metric = settings.signals().rule().metric();
    decisionThreshold = settings.fast().decisionThreshold();
    ledger = settings.ledger();
  }

  /** The key of a standing. */
  public static String key(Standing standing) {
    SetIdentity set = standing.set();
    return key(standing.runId(), set.evaluationSet(), set.split(), set.fold());
  }

  /** The key of exact values: that of the standings that they anchor. */
  public static String key(ExactMetrics exact) {
    return key(exact.runId(), exact.evaluationSet(), exact.split(), exact.fold());
  }

  private static String key(String run, String evaluationSet, String split, Integer fold) {
    // names hold no control characters
    return run + "\n" + evaluationSet + "\n" + split + "\n" + fold;
  }

  @Override
  public void open(OpenContext context) {
    var state = new ValueStateDescriptor<>("course", Types.POJO(Course.class));
    state.enableTimeToLive(ledger.retention());
    courses = getRuntimeContext().getState(state);
  }

  @Override
  public void processElement1(Standing standing, Context context, Collector<MetricPoint> out)
      throws Exception {
    if (standing.sample() == null) {
      return;
    }
    Course before = courses.value();
    List<Anchor> anchors = before == null ? new ArrayList<>() : before.anchors();
    Course after = new Course(standing, null, null, anchors);
    if (before != null && before.latest() != null) {
      Claim last = before.latest().claim();
      if (standing.claim().attempt() < last.attempt()
          || standing.claim().attempt() == last.attempt()
              && standing.claim().step() <= last.step()) {
        return;
      }
      if (standing.claim().attempt() == last.attempt()) {
        after =
            new Course(
                standing.withSample(standing.sample().sharing(before.latest().sample())),
                before.latest(),
                best(before),
                anchors);
      }
    }
    courses.update(after);
    long now = context.timerService().currentProcessingTime();
    differences(after.latest(), after.previous(), "_vs_previous", now, out);
    differences(after.latest(), after.bestBefore(), "_vs_best", now, out);
    reanchor(after, now, out);
  }

  @Override
  public void processElement2(ExactMetrics exact, Context context, Collector<MetricPoint> out)
      throws Exception {
    if (exact.revision() > 0) {
      return;
    }
    Map<String, Double> values = new HashMap<>();
    for (String name : ProxyMetrics.BINARY) {
      Double value = exact.value(name);
      if (value != null && exact.comparable(name, decisionThreshold)) {
        values.put(name, value);
      }
    }
    if (values.isEmpty()) {
      return;
    }
    Course course = courses.value();
    List<Anchor> anchors = new ArrayList<>(course == null ? List.of() : course.anchors());
    String checkpoint = exact.claim().checkpoint();
    anchors.removeIf(anchor -> anchor.checkpoint().equals(checkpoint));
    anchors.add(new Anchor(checkpoint, values));
    if (anchors.size() > MAX_ANCHORS) {
      anchors.remove(0);
    }
    Course after =
        course == null
            ? new Course(null, null, null, anchors)
            : new Course(course.latest(), course.previous(), course.bestBefore(), anchors);
    courses.update(after);
    if (is(after.previous(), checkpoint) || is(after.bestBefore(), checkpoint)) {
      reanchor(after, context.timerService().currentProcessingTime(), out);
    }
  }

  private static boolean is(Standing standing, String checkpoint) {
    return standing != null && standing.claim().checkpoint().equals(checkpoint);
  }

  /** The best model checkpoint so far, the latest included. */
  private Standing best(Course course) {
    Standing best = course.bestBefore();
    Standing latest = course.latest();
    MetricPoint of = latest.point(metric);
    MetricPoint known = best == null ? null : best.point(metric);
    if (known == null || known.value() == null) {
      return latest;
    }
    if (of == null || of.value() == null) {
      return best;
    }
    boolean lower = RuleSettings.modeOf(metric) == Mode.MIN;
    return (lower ? of.value() < known.value() : of.value() > known.value()) ? latest : best;
  }

  private static void differences(
      Standing latest, Standing earlier, String suffix, long now, Collector<MetricPoint> out) {
    CompareStandings compared = earlier == null ? null : CompareStandings.paired(earlier, latest);
    if (compared != null) {
      for (String name : ProxyMetrics.BINARY) {
        out.collect(point(compared, compared.value(name, LEVEL).as(name + suffix), latest, now));
      }
    }
  }

  private static MetricPoint point(
      CompareStandings compared, MetricValue value, Standing of, long now) {
    return MetricPoint.of(
            value,
            MetricPoint.Tier.PROXY,
            of.set(),
            of.claim(),
            compared.size(),
            compared.positives(),
            true,
            now)
        .withSample(of.sample().plan().id());
  }

  private void reanchor(Course course, long now, Collector<MetricPoint> out) {
    Map<String, MetricPoint> points = new HashMap<>();
    for (Standing earlier : new Standing[] {course.previous(), course.bestBefore()}) {
      Anchor anchor = anchor(course, earlier);
      CompareStandings compared =
          anchor == null ? null : CompareStandings.paired(earlier, course.latest());
      if (compared == null) {
        continue;
      }
      for (String name : ProxyMetrics.BINARY) {
        MetricValue difference = compared.value(name, LEVEL);
        Double exact = anchor.values().get(name);
        if (exact != null && difference.interval() != null) {
          MetricValue value = TierOne.anchored(name, exact, difference).as(name + "_reanchored");
          MetricPoint point = point(compared, value, course.latest(), now);
          points.merge(name, point, (a, b) -> b.stdError() < a.stdError() ? b : a);
        }
      }
    }
    for (String name : ProxyMetrics.BINARY) {
      if (points.containsKey(name)) {
        out.collect(points.get(name));
      }
    }
  }

  private static Anchor anchor(Course course, Standing earlier) {
    for (Anchor anchor : course.anchors()) {
      if (is(earlier, anchor.checkpoint())) {
        return anchor;
      }
    }
    return null;
  }
}
