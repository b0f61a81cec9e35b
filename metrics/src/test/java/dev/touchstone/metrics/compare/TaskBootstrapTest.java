package dev.touchstone.metrics.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.binary.BinaryBootstrap;
import dev.touchstone.metrics.shared.ScoreTable;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TaskBootstrapTest {

  private static final int ROWS = 2_000;
  private static final BinaryBootstrap.Options OPTIONS =
      new BinaryBootstrap.Options(1_000, 3, 1, 0.95);

  private final long[] ids = new long[ROWS];
  private final float[] truths = new float[ROWS];
  private final float[] predictions = new float[ROWS];

  TaskBootstrapTest() {
    SplittableRandom random = new SplittableRandom(17);
    for (int i = 0; i < ROWS; i++) {
      ids[i] = random.nextLong();
      truths[i] = (float) random.nextDouble();
      predictions[i] = truths[i] + (float) (random.nextDouble() - 0.3);
    }
  }

  private TaskRows rows(boolean backwards) {
    var rows = TaskRows.regression(ROWS, false);
    for (int i = 0; i < ROWS; i++) {
      int row = backwards ? ROWS - 1 - i : i;
      rows.addErrors(
          new long[] {ids[row]}, new float[] {truths[row]}, new float[] {predictions[row]}, null);
    }
    return rows;
  }

  @Test
  void standardErrorsAreThoseOfTheMean() {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < ROWS; i++) {
      double e = Math.abs((double) predictions[i] - truths[i]);
      sum += e;
      squares += e * e;
    }
    double mean = sum / ROWS;
    double error = Math.sqrt((squares / ROWS - mean * mean) / ROWS);
    var mae = TaskBootstrap.of(rows(false), OPTIONS).get("mae");
    // the relative error of a standard error from 1,000 replicates is 1 / sqrt(2,000): four of them
    assertThat(mae.standardError()).isCloseTo(error, within(4 * error / Math.sqrt(2_000)));
    assertThat(mae.percentile().low()).isCloseTo(mean - 1.96 * error, within(0.4 * error));
    assertThat(mae.percentile().high()).isCloseTo(mean + 1.96 * error, within(0.4 * error));
    assertThat(mae.percentile().method()).isEqualTo("poisson_bootstrap");
    assertThat(mae.used()).isEqualTo(1_000);
  }

  @Test
  void orderOfRowsChangesNothing() {
    assertThat(TaskBootstrap.of(rows(true), OPTIONS))
        .isEqualTo(TaskBootstrap.of(rows(false), OPTIONS));
  }

  @Test
  void aMetricWithoutAFigureHasNoReplicates() {
    var rows = TaskRows.multiclass(2, false);
    rows.addClasses(
        new long[] {1, 2}, ScoreTable.of(new float[] {3, 1, 2, 5}, 2), new int[] {0, 0}, null);
    var spreads = TaskBootstrap.of(rows, OPTIONS);
    assertThat(spreads.get("log_loss").used()).isZero();
    assertThat(spreads.get("log_loss").percentile()).isNull();
    // both rows are left out of about exp(-2) of the replicates
    assertThat(spreads.get("accuracy").dropped()).isBetween(80, 200);
  }
}
