package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.metrics.sampling.ProxyScore;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The proxies of one prediction set and the exact values that have come for it: of fixed size, a
 * few numbers a metric. A mutable bean of Flink state.
 */
public final class ProxyHistory {

  /** Those that no decision threshold moves, of the tasks that have one. */
  private static final Set<String> WITHOUT_THRESHOLD =
      Set.of("average_precision", "roc_auc", "log_loss", "brier");

  public Claim claim;
  public String setKey;
  public String evaluationSet;
  public String split;
  public Integer fold;
  public boolean sampled;

  /** Whether a decision threshold has a part in its metrics. */
  public boolean decides;

  public String[] metrics;
  public double[] proxies;

  /** Of promised intervals; NaN: none. */
  public double[] levels;

  public double[] lows;
  public double[] highs;

  /** NaN: none yet. */
  public double[] exact;

  /** Label revision of {@code exact}. */
  public int[] revisions;

  /** Whether the promise held: 1, 0, or -1 where nobody knows. */
  public int[] held;

  static ProxyHistory of(Standing standing) {
    List<MetricPoint> points =
        standing.points().stream().filter(point -> point.value() != null).toList();
    int count = points.size();
    var history = new ProxyHistory();
    history.claim = standing.claim();
    history.setKey = standing.set().setKey();
    history.evaluationSet = standing.set().evaluationSet();
    history.split = standing.set().split();
    history.fold = standing.set().fold();
    history.sampled = standing.set().sampled();
    history.decides =
        switch (standing.set().task()) {
          case BINARY, MULTILABEL -> true;
          case MULTICLASS, REGRESSION -> false;
        };
    history.metrics = points.stream().map(MetricPoint::metric).toArray(String[]::new);
    history.proxies = points.stream().mapToDouble(MetricPoint::value).toArray();
    history.levels = new double[count];
    history.lows = new double[count];
    history.highs = new double[count];
    for (int i = 0; i < count; i++) {
      MetricPoint point = points.get(i);
      boolean hasInterval = point.ciLow() != null && point.ciHigh() != null;
      // a proxy of a whole set without interval is the value itself; one of a sample says nothing
      history.levels[i] = hasInterval ? point.level() : point.sampled() ? Double.NaN : 1;
      history.lows[i] = hasInterval ? point.ciLow() : Double.NaN;
      history.highs[i] = hasInterval ? point.ciHigh() : Double.NaN;
    }
    history.exact = new double[count];
    Arrays.fill(history.exact, Double.NaN);
    history.revisions = new int[count];
    history.held = new int[count];
    Arrays.fill(history.held, -1);
    return history;
  }

  /**
   * Takes exact values. Those of the latest labels count for bias, error and order; whether a
   * promise held is told by the labels that the proxy has seen, those of revision 0.
   *
   * @param decisionThreshold of the proxies
   * @return whether anything is new
   */
  boolean take(ExactMetrics report, double decisionThreshold) {
    boolean sameThreshold = report.decidesAt(decisionThreshold);
    boolean changed = false;
    for (int i = 0; i < metrics.length; i++) {
      Double value = report.value(metrics[i]);
      boolean comparable = !decides || sameThreshold || WITHOUT_THRESHOLD.contains(metrics[i]);
      if (value == null || !comparable) {
        continue;
      }
      if (report.revision() == 0 && levels[i] > 0) {
        int now = holds(i, value) ? 1 : 0;
        changed |= held[i] != now;
        held[i] = now;
      }
      if (Double.isNaN(exact[i]) || report.revision() >= revisions[i]) {
        changed |= exact[i] != value || revisions[i] != report.revision();
        exact[i] = value;
        revisions[i] = report.revision();
      }
    }
    return changed;
  }

  private boolean holds(int i, double value) {
    return Double.isNaN(lows[i])
        ? ProxyScore.equal(proxies[i], value)
        : ProxyScore.covers(lows[i], highs[i], value);
  }

  /** Whether any exact value has come. */
  boolean isScored() {
    return Arrays.stream(exact).anyMatch(value -> !Double.isNaN(value));
  }

  /** What the record of a metric counts of this; null: nothing yet. */
  ProxyScore.Pair pair(String metric) {
    int i = Arrays.asList(metrics).indexOf(metric);
    return i < 0 || Double.isNaN(exact[i])
        ? null
        : new ProxyScore.Pair(
            proxies[i],
            exact[i],
            held[i] < 0 ? Double.NaN : levels[i],
            held[i] == 1,
            fold == null ? -1 : fold);
  }
}
