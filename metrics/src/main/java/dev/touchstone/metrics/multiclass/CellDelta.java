package dev.touchstone.metrics.multiclass;

/**
 * Standard errors of figures of a confusion matrix by the delta method over multinomial cells: with
 * g_ij the derivative of the figure by the share p_ij of a cell, se² = (Σ p_ij g_ij² - (Σ p_ij
 * g_ij)²) / n (Agresti 2013, section 16.1; for kappa Fleiss, Cohen and Everitt 1969, for F1
 * Takahashi et al. 2022).
 *
 * <p>Figures must be defined: callers check. Classes absent from the truth do not enter means. n is
 * the effective number of rows. K² steps a figure.
 */
final class CellDelta {
  private final ConfusionMatrix matrix;
  private final int classes;
  private final double total;
  private final double effectiveRows;
  // shares
  private final double[] truth;
  private final double[] predicted;
  private final double[] hit;
  private final int present;

  CellDelta(ConfusionMatrix matrix, double effectiveRows) {
    this.matrix = matrix;
    this.classes = matrix.classes();
    this.total = matrix.total();
    this.effectiveRows = effectiveRows;
    this.truth = shares(matrix.support());
    this.predicted = shares(matrix.predicted());
    this.hit = new double[classes];
    for (int k = 0; k < classes; k++) {
      hit[k] = matrix.units(k, k) / total;
    }
    this.present = matrix.present();
  }

  private double[] shares(long[] units) {
    double[] shares = new double[units.length];
    for (int k = 0; k < shares.length; k++) {
      shares[k] = units[k] / total;
    }
    return shares;
  }

  /** The derivative by the share of one cell. */
  private interface Gradient {
    double at(int truth, int predicted);
  }

  private double standardError(Gradient gradient) {
    double mean = 0;
    double squares = 0;
    for (int i = 0; i < classes; i++) {
      for (int j = 0; truth[i] > 0 && j < classes; j++) {
        long units = matrix.units(i, j);
        if (units > 0) {
          double g = gradient.at(i, j);
          double share = units / total;
          mean += share * g;
          squares += share * g * g;
        }
      }
    }
    return Math.sqrt(Math.max(0, squares - mean * mean) / effectiveRows);
  }

  /** Mean of recall over present classes: R_k = p_kk / t_k. */
  double macroRecall() {
    return standardError((i, j) -> ((i == j ? 1 : 0) - hit[i] / truth[i]) / truth[i] / present);
  }

  /** Mean of precision over present classes, each of which was predicted: P_k = p_kk / q_k. */
  double macroPrecision() {
    return standardError(
        (i, j) ->
            truth[j] > 0 ? ((i == j ? 1 : 0) - hit[j] / predicted[j]) / predicted[j] / present : 0);
  }

  /** Mean of F1 over present classes: F_k = 2 p_kk / (t_k + q_k). */
  double macroF1() {
    return standardError(
        (i, j) -> {
          double g = (i == j ? 2 / margins(i) : 0) - f1(i) / margins(i);
          return (truth[j] > 0 ? g - f1(j) / margins(j) : g) / present;
        });
  }

  /** Σ t_k P_k. */
  double weightedPrecision() {
    return standardError(
        (i, j) ->
            hit(i)
                + (truth[j] > 0
                    ? truth[j] * ((i == j ? 1 : 0) - hit[j] / predicted[j]) / predicted[j]
                    : 0));
  }

  /** Precision of a class that was predicted. */
  private double hit(int k) {
    return hit[k] / predicted[k];
  }

  /** Σ t_k F_k. */
  double weightedF1() {
    return standardError(
        (i, j) -> {
          double g = f1(i) + truth[i] * ((i == j ? 2 : 0) - f1(i)) / margins(i);
          return truth[j] > 0 ? g - truth[j] * f1(j) / margins(j) : g;
        });
  }

  private double margins(int k) {
    return truth[k] + predicted[k];
  }

  private double f1(int k) {
    return 2 * hit[k] / margins(k);
  }

  /** (p_o - p_e) / (1 - p_e) with p_e = Σ t_k q_k. */
  double kappa() {
    double observed = sum(hit, null);
    double chance = sum(truth, predicted);
    double rest = 1 - chance;
    return standardError(
        (i, j) ->
            (i == j ? 1 / rest : 0) - (1 - observed) / (rest * rest) * (predicted[i] + truth[j]));
  }

  /** N / √(A B) with N = p_o - Σ t_k q_k, A = 1 - Σ t_k², B = 1 - Σ q_k². */
  double mcc() {
    double n = sum(hit, null) - sum(truth, predicted);
    double a = 1 - sum(truth, truth);
    double b = 1 - sum(predicted, predicted);
    double root = Math.sqrt(a) * Math.sqrt(b);
    return standardError(
        (i, j) ->
            ((i == j ? 1 : 0) - predicted[i] - truth[j]) / root
                + n / root * (truth[i] / a + predicted[j] / b));
  }

  private static double sum(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += b == null ? a[k] : a[k] * b[k];
    }
    return sum;
  }
}
