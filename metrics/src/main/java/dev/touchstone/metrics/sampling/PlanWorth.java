package dev.touchstone.metrics.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a plan is worth on the counts that it was made from, the reference being evaluated. */
final class PlanWorth {
  private final PlanRule rule;
  private final List<String> segmentNames;
  private final ValueCounts.Cells cells;
  private final RankProfile ranks;

  /** Both labels are there; segments are numbered as their names are. */
  PlanWorth(PlanRule rule, List<String> segmentNames, ValueCounts.Cells cells, RankProfile ranks) {
    this.rule = rule;
    this.segmentNames = segmentNames;
    this.cells = cells;
    this.ranks = ranks;
  }

  private interface Visitor {
    void accept(int stratum, long count, int label, int cell);
  }

  private void forEach(Visitor visitor) {
    for (int cell = 0; cell < cells.size(); cell++) {
      for (int label = 0; label < 2; label++) {
        long count = cells.count(label, cell);
        if (count > 0) {
          visitor.accept(stratum(label, cell), count, label, cell);
        }
      }
    }
  }

  private int stratum(int label, int cell) {
    return rule.stratumOf(
        rule.labelCode(Integer.toString(label)),
        ValueCounts.lowest(cells.bucket()[cell]),
        rule.segmentCode(segmentNames.isEmpty() ? null : segmentNames.get(cells.segment()[cell])));
  }

  List<ExpectedError> errors(boolean probabilities) {
    var influence = new Sums();
    var placement = new Sums();
    var loss = new Sums();
    forEach(
        (h, count, label, cell) -> {
          influence.add(h, count, ranks.influence(label, cell));
          placement.add(h, count, ranks.placement(label, cell));
          loss.add(h, count, loss(label, ValueCounts.middle(cells.bucket()[cell])));
        });
    var errors = new ArrayList<ExpectedError>();
    errors.add(influence.ofTotal("average_precision"));
    errors.add(placement.ofTotal("roc_auc"));
    if (probabilities) {
      errors.add(loss.ofMean("log_loss"));
    }
    return errors;
  }

  double[] influenceShares() {
    double[] shares = new double[rule.strata().size()];
    forEach((h, count, label, cell) -> shares[h] += count * Math.abs(ranks.influence(label, cell)));
    double sum = Arrays.stream(shares).sum();
    return sum == 0 ? shares : Arrays.stream(shares).map(share -> share / sum).toArray();
  }

  private static double loss(int label, double score) {
    // the clip of float32 probabilities
    double p = Math.max(0x1p-23, Math.min(1 - 0x1p-23, score));
    return label == 1 ? -Math.log(p) : -Math.log1p(-p);
  }

  /** Sums of a quantity by stratum. */
  private final class Sums {
    private final double[] count = new double[rule.strata().size()];
    private final double[] mean = new double[count.length];
    private final double[] centred = new double[count.length];
    private final double[] squares = new double[count.length];

    void add(int h, long times, double value) {
      double gap = value - mean[h];
      count[h] += times;
      mean[h] += gap * times / count[h];
      centred[h] += gap * times * (value - mean[h]);
      squares[h] += times * value * value;
    }

    /** What one sampled example adds to the variance of a total, less that of a sure one. */
    private double excess(int h) {
      return 1 / rule.strata().get(h).rate() - 1;
    }

    private double evenExcess() {
      return Math.max(0, rule.population() / rule.expectedSample() - 1);
    }

    /** Of a total of contributions that sum to 0: sum (1 / q - 1) u², as the estimators do it. */
    ExpectedError ofTotal(String metric) {
      double planned = 0;
      for (int h = 0; h < count.length; h++) {
        planned += excess(h) * squares[h];
      }
      double uniform = evenExcess() * Arrays.stream(squares).sum();
      return new ExpectedError(metric, Math.sqrt(planned), Math.sqrt(uniform));
    }

    /** Of a mean: stratified sampling, and simple random sampling (methods 3.3). */
    ExpectedError ofMean(String metric) {
      double n = rule.population();
      double overall = 0;
      for (int h = 0; h < count.length; h++) {
        overall += count[h] * mean[h] / n;
      }
      double planned = 0;
      double total = 0;
      for (int h = 0; h < count.length; h++) {
        planned += excess(h) * centred[h];
        total += centred[h] + count[h] * (mean[h] - overall) * (mean[h] - overall);
      }
      double uniform = evenExcess() * total;
      return new ExpectedError(metric, Math.sqrt(planned) / n, Math.sqrt(uniform) / n);
    }
  }
}
