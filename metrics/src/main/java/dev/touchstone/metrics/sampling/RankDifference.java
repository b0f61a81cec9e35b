package dev.touchstone.metrics.sampling;

/**
 * The difference of two models in average precision and ROC AUC on the same examples, with the
 * variance of the difference: contributions are subtracted example by example, so what both models
 * share cancels.
 *
 * <pre>
 * Var(dAP)  = sum c_i (u_i^B - u_i^A)²                               c = w² or w (w - 1)
 * Var(dAUC) = S10(V10^B - V10^A) / P + S01(V01^B - V01^A) / N        (paired DeLong)
 * </pre>
 *
 * @param averagePrecision B - A
 * @param rocAuc B - A
 * @param effectivePositives (sum w)² / sum w² of the positives
 * @param effectiveNegatives the same of the negatives
 */
public record RankDifference(
    Estimate averagePrecision,
    Estimate rocAuc,
    double effectivePositives,
    double effectiveNegatives) {

  /**
   * B - A.
   *
   * @throws IllegalArgumentException unless both hold the same labels and weights, row by row
   */
  public static RankDifference of(RankInfluence a, RankInfluence b) {
    if (!a.sameRows(b)) {
      throw new IllegalArgumentException(
          "both models must have the same labels and weights, row by row");
    }
    var precision = Spread.of(a);
    var placement = Spread.of(a);
    double auc = b.rocAuc() - a.rocAuc();
    boolean both = a.rocAucReason() == null;
    for (int i = 0; i < a.size(); i++) {
      precision.accept(i, b.scaledInfluence(i) - a.scaledInfluence(i));
      if (both) {
        placement.accept(i, b.placement(i) - a.placement(i) - auc);
      }
    }
    long rows = a.count(0) + a.count(1);
    double positives = precision.effective(1);
    String reason = a.averagePrecisionReason();
    return new RankDifference(
        reason != null
            ? Estimate.undefined("average_precision_difference", reason, rows)
            : Estimate.of(
                "average_precision_difference",
                b.averagePrecision() - a.averagePrecision(),
                precision.overPositives(true),
                precision.overPositives(false),
                rows,
                positives),
        both
            ? Estimate.of(
                "roc_auc_difference",
                auc,
                placement.placementVariance(true),
                placement.placementVariance(false),
                rows,
                positives)
            : Estimate.undefined("roc_auc_difference", a.rocAucReason(), rows),
        positives,
        precision.effective(0));
  }
}
