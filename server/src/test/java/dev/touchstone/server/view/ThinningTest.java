package dev.touchstone.server.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ThinningTest {

  @Test
  void fewPointsAllStay() {
    assertThat(Thinning.keep(0, i -> 0, 4)).isEmpty();
    assertThat(Thinning.keep(4, i -> i, 4)).containsExactly(0, 1, 2, 3);
  }

  @Test
  void aSpikeOfOnePointSurvivesWhereverItIs() {
    int size = 5_000;
    for (int at = 0; at < size; at += 7) {
      int spike = at;
      assertThat(Thinning.keep(size, i -> i == spike ? 1 : 0, 60))
          .as("spike at %d", at)
          .contains(at);
      assertThat(Thinning.keep(size, i -> i == spike ? -1 : 0, 60))
          .as("dip at %d", at)
          .contains(at);
    }
  }

  @Test
  void noMoreThanAskedForAscendingWithBothEnds() {
    var random = new SplittableRandom(7);
    for (int round = 0; round < 500; round++) {
      int size = 1 + random.nextInt(3_000);
      int max = 4 + random.nextInt(400);
      double[] values = random.doubles(size).toArray();

      int[] kept = Thinning.keep(size, i -> values[i], max);

      assertThat(kept).hasSizeLessThanOrEqualTo(max).startsWith(0).endsWith(size - 1);
      assertThat(kept).isSorted().doesNotHaveDuplicates();
    }
  }

  @Test
  void undefinedValuesGiveWayToDefinedOnes() {
    int[] kept = Thinning.keep(100, i -> i == 50 ? 0.5 : Double.NaN, 10);

    assertThat(kept).contains(50);
  }

  @Test
  void fewerThanFourCannotHoldBothEndsAndASpike() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Thinning.keep(10, i -> 0, 3))
        .withMessage("max_points must be at least 4, got 3");
  }
}
