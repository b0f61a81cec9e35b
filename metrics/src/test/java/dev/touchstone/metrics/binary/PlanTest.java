package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.metrics.ScorePrecision;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final List<Double> HALF = List.of(0.5);

  private static Questions questions(
      List<Double> precisions,
      List<Double> recalls,
      List<Double> fprs,
      List<Double> fractions,
      List<Long> ks,
      List<Double> betas,
      double maxFpr,
      double cost) {
    return new Questions(precisions, recalls, fprs, fractions, ks, betas, maxFpr, cost, 1, 10);
  }

  @Test
  void questionsOutOfRangeAreRefusedByName() {
    var k = List.of(1L);
    for (double bad : new double[] {0, 1.5, Double.NaN}) {
      var wrong = List.of(bad);
      assertThatThrownBy(() -> questions(wrong, HALF, HALF, HALF, k, HALF, 1, 1))
          .hasMessage("precision must be in (0.0, 1.0], got " + bad);
      assertThatThrownBy(() -> questions(HALF, wrong, HALF, HALF, k, HALF, 1, 1))
          .hasMessage("recall must be in (0.0, 1.0], got " + bad);
      assertThatThrownBy(() -> questions(HALF, HALF, HALF, wrong, k, HALF, 1, 1))
          .hasMessage("fraction must be in (0.0, 1.0], got " + bad);
      assertThatThrownBy(() -> questions(HALF, HALF, HALF, HALF, k, HALF, bad, 1))
          .hasMessage("max FPR must be in (0.0, 1.0], got " + bad);
    }
    assertThatThrownBy(() -> questions(HALF, HALF, List.of(-0.1), HALF, k, HALF, 1, 1))
        .hasMessage("FPR must be in [0.0, 1.0], got -0.1");
    assertThatThrownBy(() -> questions(HALF, HALF, HALF, HALF, k, List.of(0.0), 1, 1))
        .hasMessage("beta must be in (0.0, 1.7976931348623157E308], got 0.0");
    assertThatThrownBy(() -> questions(HALF, HALF, HALF, HALF, k, HALF, 1, -1))
        .hasMessage("cost must be in [0.0, 1.7976931348623157E308], got -1.0");
    assertThatThrownBy(() -> questions(HALF, HALF, HALF, HALF, List.of(3L, 0L), HALF, 1, 1))
        .hasMessage("k must be at least 1, got 0");
    assertThatThrownBy(() -> new Questions(HALF, HALF, HALF, HALF, k, HALF, 1, 0, 0, 0))
        .hasMessage("min true positives must be at least 1, got 0");
    var many = Collections.nCopies(1_001, 0.5);
    assertThatThrownBy(() -> questions(many, HALF, HALF, HALF, k, HALF, 1, 1))
        .hasMessage("at most 1000 of precision can be asked for, got 1001");
    var most = Collections.nCopies(1_000, 0.5);
    assertThat(questions(most, HALF, List.of(0.0, 1.0), HALF, k, HALF, 1, 0).precisions())
        .hasSize(1_000);
  }

  @Test
  void onlyACostAboveZeroIsACost() {
    var none = Questions.defaults();
    assertThat(none.hasCosts()).isFalse();
    assertThat(none.withCosts(1, 0).hasCosts()).isTrue();
    assertThat(none.withCosts(0, 1).hasCosts()).isTrue();
    assertThat(none.withCosts(2, 3).withCosts(0, 0)).isEqualTo(none);
  }

  @Test
  void labelsAndSharesAreDecimal() {
    assertThat(Questions.label(0.10)).isEqualTo("0.1");
    assertThat(Questions.label(2)).isEqualTo("2");
    assertThat(Questions.label(1e-7)).isEqualTo("0.0000001");
    assertThat(Questions.share(0.1, 30, RoundingMode.CEILING)).isEqualTo(3);
    assertThat(Questions.share(0.1, 31, RoundingMode.CEILING)).isEqualTo(4);
    assertThat(Questions.share(0.1, 39, RoundingMode.FLOOR)).isEqualTo(3);
    assertThat(FoldPlan.topOfFraction(0.05, 20)).isEqualTo(1);
    assertThat(FoldPlan.topOfFraction(0.05, 21)).isEqualTo(2);
  }

  @Test
  void questionsSurviveTheirBytes() {
    var asked =
        new Questions(
            List.of(0.25),
            List.of(),
            List.of(0.0, 1.0),
            HALF,
            List.of(7L, 900L),
            List.of(3.0),
            0.75,
            2,
            5,
            12);
    var out = new ByteWriter().writeByte(1).writeByte(2);
    asked.write(out);
    var in = new ByteReader("questions", out.toBytes(), 1, 2);
    assertThat(Questions.read(in)).isEqualTo(asked);
    in.end();
  }

  @Test
  void precisionIsComparedInWholeNumbers() {
    var random = new SplittableRandom(3);
    var billion = BigInteger.valueOf(FoldPlan.BILLION);
    for (int run = 0; run < 2_000; run++) {
      long all = random.nextLong(1, CoarseCounts.MAX_TOTAL);
      long billionths = random.nextLong(1, FoldPlan.BILLION + 1);
      var needed = BigInteger.valueOf(all).multiply(BigInteger.valueOf(billionths));
      long tp = needed.divide(billion).longValueExact();
      for (long t = Math.max(0, tp - 1); t <= tp + 1; t++) {
        assertThat(FoldPlan.reaches(t, all, billionths))
            .isEqualTo(BigInteger.valueOf(t).multiply(billion).compareTo(needed) >= 0);
      }
    }
    assertThat(FoldPlan.reaches(1, 2, FoldPlan.BILLION / 2)).as("exactly so much").isTrue();
  }

  @Test
  void topsOfWeightStayInTheRangeOfCounts() {
    assertThat(FoldPlan.topOfCount(3, 1)).isEqualTo(3);
    assertThat(FoldPlan.topOfCount(3, 0.25)).isEqualTo(12);
    assertThat(FoldPlan.topOfCount(1, 0.3)).isEqualTo(4);
    assertThat(FoldPlan.topOfCount(Long.MAX_VALUE, 1)).isEqualTo(CoarseCounts.MAX_TOTAL);
  }

  @Test
  void aPlanAsksInUnitsOfCounts() {
    var questions =
        new Questions(
            List.of(0.9),
            List.of(0.5),
            List.of(0.1),
            List.of(0.1, 1.0),
            List.of(2L, 5_000L),
            HALF,
            0.2,
            3,
            4,
            10);
    var options = BinaryOptions.defaults().withQuestions(questions);
    var plan = FoldPlan.of(ScorePrecision.FLOAT32, options, false, 41, 79, 0.5);
    assertThat(plan.positives()).isEqualTo(41);
    assertThat(plan.negatives()).isEqualTo(79);
    // a tenth of 120, a weight of 2 is 4 units; 10,000 units are more than there are
    assertThat(plan.topRanks()).containsExactly(4, 12, 120);
    assertThat(plan.partialLimit()).isCloseTo(0.2 * 79, within(1e-12));
    assertThat(plan.precisionBillionths()).containsExactly(900_000_000);
    assertThat(plan.minTruePositives()).isEqualTo(20);
    assertThat(plan.recallNeeds()).containsExactly(21);
    assertThat(plan.fprLimits()).containsExactly(7);
    assertThat(plan.falsePositiveCost()).isEqualTo(3);
    assertThat(plan.falseNegativeCost()).isEqualTo(1 + 3);
    assertThat(plan.suite()).isEqualTo(Suite.FULL);
  }

  @Test
  void marksAreTheGridAndTheDecisionThresholdEachOnce() {
    var precision = ScorePrecision.FLOAT32;
    var marks = Marks.of(precision, 9, 0.5, true, 1_000);
    assertThat(marks.fixedKeys())
        .containsExactly(
            precision.key(0),
            precision.key(0.25),
            precision.key(0.5),
            precision.key(0.75),
            precision.key(1));
    // four of nine rows are at positives
    assertThat(marks.sweepRanks()).containsExactly(250, 500, 750, 1_000);
    assertThat(marks.curveRanks()).startsWith(1, 2, 3).endsWith(995, 998, 1_000).contains(96);
    assertThat(Marks.of(precision, 9, -7, false, 3).fixedKeys()).containsExactly(precision.key(-7));
    assertThat(Marks.of(precision, 9, -7, false, 3).sweepRanks()).containsExactly(1, 2, 3);
    assertThat(Marks.of(precision, 9, -7, true, 0).sweepRanks()).isEmpty();
    assertThat(Marks.of(precision, 9, 0.1, true, 5).fixedKeys()).hasSize(6);
    assertThat(Marks.gridSize(2)).isEqualTo(1);
    assertThat(Marks.gridThreshold(0, 2)).isEqualTo(0.5);
    assertThat(Marks.gridThreshold(2, 5)).isEqualTo(1);
  }

  @Test
  void aMarkAtTheStartOfABinDoesNotSplitIt() {
    var precision = ScorePrecision.FLOAT32;
    var marks = Marks.of(precision, 2, 0.5, true, 1);
    long key = precision.key(0.5);
    assertThat(marks.splits(key, 16)).isFalse();
    assertThat(marks.splits(key - (1 << 16), 16)).isFalse();
    var inside = Marks.of(precision, 2, Math.nextUp(0.5f), false, 1);
    assertThat(inside.splits(key, 16)).isTrue();
    assertThat(inside.splits(key - (1 << 16), 16)).isFalse();
    assertThat(inside.splits(key + (1 << 16), 16)).isFalse();
    assertThat(inside.firstFixedFrom(key + 1)).isZero();
    assertThat(inside.firstFixedFrom(key + 2)).isEqualTo(1);
  }

  @Test
  void everyOptionIsChangedAlone() {
    var o = BinaryOptions.defaults();
    var d = Questions.defaults();
    var q = d.withCosts(1, 2);
    assertThat(o.withThresholds(7))
        .isEqualTo(new BinaryOptions(7, 1, 0.5, 0.95, 24, true, 15, Suite.FULL, d));
    var all =
        o.withThresholds(10_000)
            .withThreads(3)
            .withDecisionThreshold(0.25)
            .withLevel(0.9)
            .withWeightBits(40)
            .withProbabilityMetrics(false)
            .withCalibrationBins(1_000)
            .withSuite(Suite.RANKING)
            .withQuestions(q);
    assertThat(all)
        .isEqualTo(new BinaryOptions(10_000, 3, 0.25, 0.9, 40, false, 1_000, Suite.RANKING, q));
    assertThat(o.withThresholds(2).withWeightBits(0).withCalibrationBins(2))
        .isEqualTo(new BinaryOptions(2, 1, 0.5, 0.95, 0, true, 2, Suite.FULL, d));
    assertThatThrownBy(() -> o.withThresholds(10_001))
        .hasMessage("thresholds must be in [2, 10000], got 10001");
    assertThatThrownBy(() -> o.withWeightBits(-1))
        .hasMessage("weight bits must be in [0, 40], got -1");
    assertThatThrownBy(() -> o.withLevel(0)).hasMessage("level must be in (0, 1), got 0.0");
    for (int bins : new int[] {1, 1_001}) {
      assertThatThrownBy(() -> o.withCalibrationBins(bins)).hasMessageEndingWith("got " + bins);
    }
    assertThatThrownBy(() -> o.withSuite(null)).isInstanceOf(NullPointerException.class);
  }
}
