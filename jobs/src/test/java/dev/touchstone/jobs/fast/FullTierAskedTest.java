package dev.touchstone.jobs.fast;

import static dev.touchstone.jobs.fast.JudgedRuns.exact;
import static dev.touchstone.jobs.fast.JudgedRuns.standing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Trust;
import dev.touchstone.jobs.model.Vitals;
import dev.touchstone.jobs.model.WantedEvaluation;
import org.junit.jupiter.api.Test;

/** What proxies leave open the full tier is asked, and its answer is judged in their place. */
@SuppressWarnings("try") // a harness may be interrupted while it closes
class FullTierAskedTest {

  private static Standing wide(long step, double value) {
    return sampled(step, value, 0.1);
  }

  private static Standing sampled(long step, double value, double deviation) {
    var vitals = new Vitals(1_000, 50_000, 3, Double.NaN, 0, 0, 0, -1);
    return standing("r", 0, step, "average_precision", value, deviation, Trust.UNKNOWN, vitals);
  }

  private static JudgedRuns runs(Object... more) throws Exception {
    Object[] settings = new Object[4 + more.length];
    settings[0] = "signals.metric";
    settings[1] = "average_precision";
    settings[2] = "signals.patience";
    settings[3] = 2;
    System.arraycopy(more, 0, settings, 4, more.length);
    return new JudgedRuns(settings);
  }

  @Test
  void aCheckThatStaysUndecidedIsAskedAboutOnce() throws Exception {
    try (var runs = runs("signals.max_undecided", 3)) {
      for (int step = 1; step <= 3; step++) {
        runs.stand(wide(step, 0.5 - 0.01 * step));
      }
      assertThat(runs.wanted()).isEmpty();
      runs.restart();
      runs.stand(wide(4, 0.46));
      assertThat(runs.wanted())
          .containsExactly(
              new WantedEvaluation(
                  "signals|r/0/step-4", wide(4, 0).claim(), "val", "validation", null, 0),
              new WantedEvaluation(
                  "signals|r/0/step-1", wide(1, 0).claim(), "val", "validation", null, 0));
      assertThat(runs.last().outcome()).isEqualTo("UNDECIDED");
      assertThat(runs.count("full_evaluations_asked")).isEqualTo(2);
      assertThat(runs.count("full_evaluations_avoided")).isZero();
      assertThat(runs.count("inference_avoided")).isEqualTo(4 * 49_000);
    }
  }

  @Test
  void exactValuesDecideWhatTheProxiesLeftOpen() throws Exception {
    try (var runs = runs("signals.ask_full_tier", true)) {
      runs.stand(sampled(1, 0.5, 1e-4)).stand(sampled(2, 0.4, 1e-4));
      assertThat(runs.last().outcome()).isEqualTo("NO_IMPROVEMENT");
      assertThat(runs.wanted()).isEmpty();
      runs.stand(wide(3, 0.45));
      assertThat(runs.last().outcome()).isEqualTo("UNDECIDED");
      assertThat(runs.wanted())
          .extracting(WantedEvaluation::requestId)
          .containsExactly("signals|r/0/step-3", "signals|r/0/step-1");
      double alpha = runs.last().alpha();
      runs.restart();
      runs.report(exact("r", 0, 3, "average_precision", 0.46));
      Signal stop = runs.last();
      assertThat(stop.stop()).isTrue();
      assertThat(stop.reason())
          .isEqualTo(
              "with confidence 0.95 none of the last 2 judged checkpoints beats step-1 by 0.01 or"
                  + " more (judged again with exact values)");
      assertThat(stop.claim().step()).isEqualTo(3);
      assertThat(stop.value()).isEqualTo(0.46);
      assertThat(stop.low()).isNull();
      assertThat(stop.difference()).isCloseTo(-0.04, within(1e-12));
      assertThat(stop.alpha()).as("what was spent stays spent").isLessThan(alpha);
      assertThat(runs.count("full_evaluations_avoided")).isEqualTo(1);
      runs.report(exact("r", 0, 1, "average_precision", 0.5));
      assertThat(runs.signals()).hasSize(4);
    }
  }

  @Test
  void anExactGainMakesTheCheckTheBestAndThoseAfterItAreHeldAgainstIt() throws Exception {
    try (var runs = runs("signals.ask_full_tier", true, "signals.patience", 3)) {
      runs.stand(wide(1, 0.5)).stand(wide(2, 0.48)).stand(sampled(3, 0.3, 1e-4));
      assertThat(runs.last().bestCheckpoint()).isEqualTo("step-1");
      runs.report(exact("r", 0, 1, "average_precision", 0.4));
      // step 2 looks better than that, which is undecided, and advances
      assertThat(runs.last().outcome()).isEqualTo("UNDECIDED");
      assertThat(runs.last().comparedWith()).isEqualTo("step-2");
      runs.report(exact("r", 0, 2, "average_precision", 0.6));
      assertThat(runs.last().claim().step()).isEqualTo(3);
      assertThat(runs.last().bestCheckpoint()).isEqualTo("step-2");
      assertThat(runs.last().comparedWith()).isEqualTo("step-2");
      assertThat(runs.last().difference()).isCloseTo(-0.3, within(1e-12));
      assertThat(runs.last().withoutGain()).isEqualTo(1);
      assertThat(runs.last().checks()).isEqualTo(3);
    }
  }

  @Test
  void anExactValueThatIsThereAlreadyIsTakenAndNotAskedFor() throws Exception {
    try (var runs = runs("signals.ask_full_tier", true)) {
      runs.report(exact("r", 0, 1, "average_precision", 0.5));
      runs.report(exact("r", 0, 2, "average_precision", 0.4));
      runs.stand(wide(1, 0.9)).stand(wide(2, 0.9));
      assertThat(runs.last().value()).isEqualTo(0.4);
      assertThat(runs.last().outcome()).isEqualTo("NO_IMPROVEMENT");
      assertThat(runs.count("full_evaluations_avoided")).isZero();
      runs.stand(wide(3, 0.45));
      assertThat(runs.wanted())
          .extracting(WantedEvaluation::requestId)
          .containsExactly("signals|r/0/step-3");
      // of another attempt: another model
      runs.report(exact("r", 1, 3, "average_precision", 0.1));
      assertThat(runs.last().stop()).isFalse();
      runs.report(exact("r", 0, 3, "average_precision", 0.45));
      assertThat(runs.last().stop()).isTrue();
    }
  }

  @Test
  void theBudgetIsKept() throws Exception {
    try (var runs = runs("signals.max_undecided", 1, "signals.full_evaluations", 3)) {
      for (int step = 1; step <= 12; step++) {
        runs.stand(wide(step, 0.5));
      }
      assertThat(runs.wanted())
          .extracting(WantedEvaluation::requestId)
          .containsExactly("signals|r/0/step-2", "signals|r/0/step-1", "signals|r/0/step-3");
    }
  }

  @Test
  void anExactValueDecidesWhereTheProxyIsNotTrusted() throws Exception {
    var vitals = Vitals.of(1_000);
    try (var runs = runs("signals.patience", 1)) {
      for (int step = 1; step <= 2; step++) {
        runs.stand(standing("r", 0, step, "average_precision", 0.5, 1e-4, Trust.UNTRUSTED, vitals));
      }
      assertThat(runs.last().outcome()).isEqualTo("NOT_JUDGED");
      runs.report(exact("r", 0, 2, "average_precision", 0.3));
      assertThat(runs.last().outcome()).as("the best is still a guess").isEqualTo("NOT_JUDGED");
      runs.report(exact("r", 0, 1, "average_precision", 0.4));
      assertThat(runs.last().stop()).isTrue();
    }
  }

  @Test
  void aWholeSetBesideItsSampleSparedNothing() throws Exception {
    try (var runs = runs()) {
      runs.stand(wide(1, 0.5));
      assertThat(runs.count("inference_avoided")).isEqualTo(49_000);
      runs.stand(
          standing("r", 0, 1, "average_precision", 0.5, null, Trust.UNKNOWN, Vitals.of(50_000)));
      runs.stand(wide(2, 0.5));
      assertThat(runs.count("inference_avoided")).isEqualTo(49_000);
    }
  }

  @Test
  void aReportFromAnothersPredictionsSparedAllOfThem() throws Exception {
    Claim other = new Claim("other", 0, "step-9", 9, null);
    try (var runs = runs()) {
      ExactMetrics own = exact("r", 0, 1, "average_precision", 0.5);
      runs.report(own.withClaim(other).withClaim(own.claim()));
      assertThat(runs.count("inference_avoided")).isEqualTo(own.n());
      runs.restart();
      // another question about the same predictions
      runs.report(own.withClaim(other).withClaim(own.claim()));
      assertThat(runs.count("inference_avoided")).isEqualTo(own.n());
      // its own come after all
      runs.stand(
          standing("r", 0, 1, "average_precision", 0.5, null, Trust.UNKNOWN, Vitals.of(50_000)));
      assertThat(runs.count("inference_avoided")).isZero();
      runs.report(own.withClaim(other).withClaim(own.claim()));
      assertThat(runs.count("inference_avoided")).isZero();
    }
  }

  @Test
  void aReportOfItsOwnPredictionsAskedAgainSparedNothing() throws Exception {
    try (var runs = runs()) {
      ExactMetrics own = exact("r", 0, 1, "average_precision", 0.5);
      runs.report(own.withClaim(own.claim()));
      runs.stand(wide(2, 0.5));
      assertThat(runs.count("inference_avoided")).isEqualTo(49_000);
    }
  }
}
