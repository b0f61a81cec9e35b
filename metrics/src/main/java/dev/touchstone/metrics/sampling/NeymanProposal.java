package dev.touchstone.metrics.sampling;

import java.util.List;

/**
 * The plan for the next run from what a full report has counted: which bands of scores, at which
 * rates, give average precision the least variance for a budget (Neyman 1934). Strata are label ×
 * band, bands being of the finished set's scores, which the next plan takes as reference scores.
 */
public final class NeymanProposal {
  private NeymanProposal() {}

  /**
   * Strata with rates.
   *
   * <p>The expected variance of average precision, sum (1 / q - 1) u², is at most that of
   * proportional allocation over any strata: every stratum keeps its least sample or the even rate,
   * whichever is less, and the rest goes where it counts.
   *
   * @param scores distinct ones in any order, no NaN
   * @param positives how many positives have each score
   * @param negatives how many negatives have each score
   * @param options budget, least sample of a stratum; the cap on positives is not used
   * @throws IllegalArgumentException for columns of other lengths, negative counts, no examples, or
   *     a budget below the number of strata
   */
  public static PlanRule of(
      double[] scores, long[] positives, long[] negatives, PlanOptions options) {
    if (positives.length != scores.length || negatives.length != scores.length) {
      throw new IllegalArgumentException(
          "counts must be as many as scores ("
              + scores.length
              + "), got "
              + positives.length
              + " and "
              + negatives.length);
    }
    var survey = PlanSurvey.of(PlanTask.BINARY, true);
    for (int i = 0; i < scores.length; i++) {
      if (positives[i] < 0 || negatives[i] < 0) {
        throw new IllegalArgumentException(
            "counts must be at least 0, got " + Math.min(positives[i], negatives[i]));
      }
      if (positives[i] > 0) {
        survey.add(1, scores[i], 0, positives[i]);
      }
      if (negatives[i] > 0) {
        survey.add(0, scores[i], 0, negatives[i]);
      }
    }
    if (survey.rows() == 0) {
      throw new IllegalArgumentException("examples must be at least one, got none");
    }
    return survey.neyman(options);
  }

  /** Expected standard errors of such a proposal, on the counts that it was made from. */
  public static List<ExpectedError> expectedErrors(
      PlanRule rule, double[] scores, long[] positives, long[] negatives) {
    var survey = PlanSurvey.of(PlanTask.BINARY, true);
    for (int i = 0; i < scores.length; i++) {
      if (positives[i] > 0) {
        survey.add(1, scores[i], 0, positives[i]);
      }
      if (negatives[i] > 0) {
        survey.add(0, scores[i], 0, negatives[i]);
      }
    }
    return survey.expectedErrors(rule, List.of());
  }
}
