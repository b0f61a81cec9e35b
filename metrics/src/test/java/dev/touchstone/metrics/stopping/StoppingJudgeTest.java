package dev.touchstone.metrics.stopping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.metrics.sequential.AlphaSpending;
import dev.touchstone.metrics.stopping.Check.Comparison;
import dev.touchstone.metrics.stopping.Decision.Action;
import dev.touchstone.metrics.stopping.Decision.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StoppingJudgeTest {
  private static final StopRule RULE = StopRule.of(Mode.MAX, 0.01, 2);

  /** Feeds differences to the best checkpoint and keeps the decisions. */
  private static final class Run {
    final StopRule rule;
    final List<Decision> decisions = new ArrayList<>();
    RunState state = RunState.START;
    int count;

    Run(StopRule rule) {
      this.rule = rule;
    }

    Decision check(Check check) {
      var decision = StoppingJudge.judge(rule, state, check);
      decisions.add(decision);
      state = decision.after();
      return decision;
    }

    Decision first() {
      return check(Check.of("c" + count++, 0.5, null));
    }

    Decision next(double low, double high) {
      return next(low, high, true);
    }

    Decision next(double low, double high, boolean lastLevel) {
      return check(
          Check.of(
              "c" + count++,
              0.5,
              new Comparison(
                  state.best(),
                  (low + high) / 2,
                  low,
                  high,
                  StoppingJudge.nextAlpha(rule, state),
                  1_000,
                  lastLevel)));
    }
  }

  @Test
  void intervalsDecideAndOnlyConfirmedFailureCountsTowardPatience() {
    var run = new Run(RULE.withUndecided(10, false));
    assertThat(run.first().reason()).isEqualTo("first_checkpoint");
    assertThat(run.next(0.001, 0.02).outcome()).isEqualTo(Outcome.IMPROVED);
    assertThat(run.state.best()).isEqualTo("c1");
    assertThat(run.next(-0.02, 0.005).outcome()).isEqualTo(Outcome.NO_IMPROVEMENT);
    assertThat(run.state.bad()).isEqualTo(1);
    var undecided = run.next(-0.02, 0.02);
    assertThat(undecided.outcome()).isEqualTo(Outcome.UNDECIDED);
    assertThat(undecided.action()).isEqualTo(Action.ASK_FULL_TIER);
    assertThat(undecided.reason()).isEqualTo("sample_exhausted");
    assertThat(run.state.bad()).as("undecided never counts").isEqualTo(1);
    var stop = run.next(-0.03, 0.0099);
    assertThat(stop.action()).isEqualTo(Action.STOP);
    assertThat(stop.reason()).isEqualTo("patience");
    assertThat(stop.claim())
        .isEqualTo(
            "with confidence 0.95 none of the last 2 judged checkpoints beats c1 by 0.01 or more");
    assertThat(run.next(0.5, 0.6).reason()).isEqualTo("already_stopped");
  }

  @Test
  void anImprovementEndsTheWaitAndStrictnessNeedsMinDelta() {
    var run = new Run(RULE);
    run.first();
    run.next(-1, 0);
    run.next(0.005, 0.02);
    assertThat(run.state.bad()).isZero();
    var strict = new Run(RULE.withStrict(true));
    strict.first();
    assertThat(strict.next(0.005, 0.02).outcome()).isEqualTo(Outcome.UNDECIDED);
    assertThat(strict.next(0.011, 0.02).outcome()).isEqualTo(Outcome.IMPROVED);
  }

  @Test
  void lossesAreJudgedUpsideDown() {
    var run = new Run(StopRule.of(Mode.MIN, 0.01, 1));
    run.first();
    assertThat(run.next(-0.02, -0.001).outcome()).isEqualTo(Outcome.IMPROVED);
    assertThat(run.next(-0.005, 0.02).action()).isEqualTo(Action.STOP);
  }

  @Test
  void anUndecidedCheckGrowsTheSampleFirstAndSpendsAlphaOnce() {
    var run = new Run(RULE);
    run.first();
    double alpha = StoppingJudge.nextAlpha(RULE, run.state);
    assertThat(alpha).isCloseTo(0.025, within(1e-17));
    var grow = run.next(-0.1, 0.1, false);
    assertThat(grow.action()).isEqualTo(Action.GROW_SAMPLE);
    assertThat(StoppingJudge.nextAlpha(RULE, run.state)).isEqualTo(alpha);
    assertThat(run.state.checks()).isEqualTo(1);
    run.next(-0.1, 0.1, true);
    assertThat(StoppingJudge.nextAlpha(RULE, run.state)).isCloseTo(0.05 / 6 / 2, within(1e-17));
  }

  @Test
  void anUndecidedGainBecomesTheBestAndPatienceStartsAnew() {
    var run = new Run(RULE);
    run.first();
    run.next(-0.02, 0.001);
    assertThat(run.state.bad()).isEqualTo(1);
    run.next(-0.01, 0.03);
    assertThat(run.state.best()).isEqualTo("c2");
    assertThat(run.state.bad()).isZero();
    run.next(-0.03, 0.011);
    assertThat(run.state.best()).as("a loss does not").isEqualTo("c2");
  }

  @Test
  void afterLongIndecisionTheFullTierIsAskedWithTheTrendAsAdvice() {
    var rule = RULE.withUndecided(12, false);
    for (int slope = -1; slope <= 1; slope++) {
      var run = new Run(rule);
      run.first();
      Decision last = null;
      for (int i = 0; i < 12; i++) {
        double value = 0.5 + slope * 0.01 * i + (slope == 0 ? 0.001 * (i % 2) : 0);
        last =
            run.check(
                Check.of(
                    "c" + i,
                    value,
                    new Comparison(
                        "c0", 0, -0.1, 0.1, StoppingJudge.nextAlpha(rule, run.state), 10, i < 11)));
      }
      assertThat(last.action()).isEqualTo(Action.ASK_FULL_TIER);
      assertThat(last.reason())
          .isEqualTo(
              slope == 0
                  ? "undecided_no_trend"
                  : slope > 0 ? "undecided_improving" : "undecided_worsening");
    }
    var brief = new Run(RULE.withUndecided(1, false));
    brief.first();
    assertThat(brief.next(-0.1, 0.1, false).reason()).isEqualTo("undecided_no_trend_known");
  }

  @Test
  void checksBeforeTheStartDoNotCount() {
    var run = new Run(RULE.withStartFrom(3));
    run.first();
    run.next(-1, 0);
    run.next(-1, 0);
    assertThat(run.state.bad()).isZero();
    run.next(-1, 0);
    assertThat(run.next(-1, 0).action()).isEqualTo(Action.STOP);
  }

  private static Check sick(Health health) {
    return new Check("c", 0.5, null, health, false, null);
  }

  @Test
  void whatIsBrokenStopsAtOnce() {
    assertThat(judge(Health.ofLoss(Double.NaN))).isEqualTo("loss_not_finite");
    assertThat(judge(Health.ofLoss(Double.POSITIVE_INFINITY))).isEqualTo("loss_not_finite");
    assertThat(judge(new Health(1.0, 1, 0, 0, -1, Double.NaN))).isEqualTo("loss_not_finite");
    assertThat(judge(Health.ofScores(10_000, 11, 500, 0.1))).isEqualTo("invalid_scores");
    assertThat(judge(Health.ofScores(10_000, 10, 500, 0.1))).isEqualTo("first_checkpoint");
    assertThat(judge(Health.ofScores(10_000, 0, 2, 0.1))).isEqualTo("scores_collapsed");
    assertThat(judge(Health.ofScores(10_000, 0, -1, 1e-7))).isEqualTo("scores_collapsed");
    assertThat(judge(Health.ofScores(2, 0, 2, 0.1)))
        .as("two examples have at most two scores")
        .isEqualTo("first_checkpoint");
    assertThat(judge(Health.UNKNOWN)).isEqualTo("first_checkpoint");
    var tolerant = RULE.withLimits(new HealthLimits(2, 1, 0, 0, 20, 10, 3));
    assertThat(
            StoppingJudge.judge(tolerant, RunState.START, sick(Health.ofLoss(Double.NaN))).reason())
        .isEqualTo("first_checkpoint");
  }

  private static String judge(Health health) {
    var decision = StoppingJudge.judge(RULE, RunState.START, sick(health));
    assertThat(decision.action() == Action.STOP)
        .isEqualTo(decision.outcome() == Outcome.NOT_JUDGED);
    return decision.reason();
  }

  @Test
  void anExplosionNeedsThreeChecksInARow() {
    var run = new Run(RULE);
    for (int i = 0; i < 20; i++) {
      assertThat(run.check(sick(Health.ofLoss(1 + 0.01 * (i % 3)))).action())
          .isEqualTo(Action.CONTINUE);
    }
    run.check(sick(Health.ofLoss(5)));
    run.check(sick(Health.ofLoss(5)));
    run.check(sick(Health.ofLoss(1)));
    assertThat(run.state.aboveLimit()).isZero();
    run.check(sick(Health.ofLoss(5)));
    run.check(sick(Health.ofLoss(6)));
    var stop = run.check(sick(Health.ofLoss(7)));
    assertThat(stop.reason()).isEqualTo("loss_exploded");
    assertThat(stop.action()).isEqualTo(Action.STOP);
  }

  @Test
  void aConstantLossDoesNotExplodeOverNothing() {
    var run = new Run(RULE);
    for (int i = 0; i < 25; i++) {
      run.check(sick(Health.ofLoss(1)));
    }
    assertThat(run.state.stopped()).isFalse();
  }

  @Test
  void aSpentBudgetStopsWhateverTheOutcome() {
    var run = new Run(RULE);
    var check = new Check("c0", 0.5, null, Health.UNKNOWN, true, "ab12");
    assertThat(run.check(check).reason()).isEqualTo("budget_spent");
    assertThat(run.state.stopped()).isTrue();
    assertThat(run.decisions.get(0).outcome()).isEqualTo(Outcome.IMPROVED);
  }

  @Test
  void recordsReplayToTheSameDecisionsAndForgedOnesDoNot() {
    var random = new SplittableRandom(1);
    var run = new Run(RULE.withAlpha(0.1, AlphaSpending.BASEL));
    run.first();
    while (run.decisions.size() < 60) {
      double middle = 0.02 * random.nextGaussian() - 0.005;
      double half = 0.02 * random.nextDouble();
      run.next(middle - half, middle + half, random.nextInt(3) > 0);
    }
    var inputs = run.decisions.stream().map(Decision::input).toList();
    assertThat(StoppingJudge.replay(run.rule, inputs)).isEqualTo(run.decisions);
    StoppingJudge.verify(run.rule, run.decisions);
    var forged = new ArrayList<>(run.decisions);
    var d = forged.get(1);
    forged.set(
        1,
        new Decision(
            d.ruleVersion(),
            d.input(),
            d.outcome(),
            Action.STOP,
            d.reason(),
            d.claim(),
            d.alpha(),
            d.after()));
    assertThatThrownBy(() -> StoppingJudge.verify(run.rule, forged))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("record 1 (checkpoint c1) is not what its inputs lead to: recorded")
        .hasMessageContaining("/ STOP / ");
  }

  @Test
  void aRecordIsReadyForJsonWithNullsForWhatIsNotKnown() throws Exception {
    var run = new Run(RULE);
    var map = run.first().toMap();
    var json = new ObjectMapper().writeValueAsString(map);
    assertThat(json)
        .isEqualTo(
            "{\"rule_version\":\"confirmed-stopping/2\",\"checkpoint\":\"c0\",\"check\":1,"
                + "\"value\":0.5,\"compared_with\":null,\"difference\":null,\"low\":null,"
                + "\"high\":null,\"n\":null,\"alpha\":null,\"loss\":null,\"plan_digest\":null,"
                + "\"outcome\":\"IMPROVED\",\"action\":\"CONTINUE\","
                + "\"reason\":\"first_checkpoint\",\"claim\":null,\"best\":\"c0\",\"bad\":0}");
    assertThat(run.next(-0.1, 0).toMap())
        .containsEntry("compared_with", "c0")
        .containsEntry("n", 1_000L);
  }

  @Test
  void intervalsThatDoNotFitTheRunAreRefused() {
    var run = new Run(RULE);
    run.first();
    assertThatThrownBy(
            () -> run.check(Check.of("x", 0.5, new Comparison("other", 0, 0, 0, 0.01, 1, true))))
        .hasMessage("comparison must be with the best checkpoint c0, got other");
    assertThatThrownBy(
            () -> run.check(Check.of("x", 0.5, new Comparison("c0", 0, 0, 0, 0.05, 1, true))))
        .hasMessage("interval of comparison 1 must have an error of at most 0.025, got 0.05");
    assertThatThrownBy(() -> new Comparison("c0", 0, 1, 0, 0.05, 1, true))
        .hasMessage("interval ends must be in order, got [1.0, 0.0]");
    assertThatThrownBy(() -> new Comparison("c0", 0, Double.NaN, 0, 0.05, 1, true))
        .hasMessage("interval ends must be in order, got [NaN, 0.0]");
    assertThatThrownBy(() -> new Comparison("c0", Double.NaN, 0, 0, 0.05, 1, true))
        .hasMessage("difference must be a number, got NaN");
    assertThat(run.check(Check.of("x", 0.5, null)).reason()).isEqualTo("nothing_to_compare");
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> StopRule.of(Mode.MAX, 0.01, 0))
        .hasMessage("patience must be at least 1, got 0");
    assertThatThrownBy(() -> StopRule.of(Mode.MAX, -0.01, 1))
        .hasMessage("min delta must be finite and at least 0 whatever the mode, got -0.01");
    assertThatThrownBy(() -> RULE.withStartFrom(-1))
        .hasMessage("start from must be at least 0, got -1");
    assertThatThrownBy(() -> RULE.withAlpha(0, AlphaSpending.BASEL))
        .hasMessage("alpha must be in (0, 1), got 0.0");
    assertThatThrownBy(() -> RULE.withUndecided(0, true))
        .hasMessage("max undecided must be at least 1, got 0");
    assertThatThrownBy(() -> new HealthLimits(0, 0, 0, 0, 20, 10, 3))
        .hasMessage("non-finite losses must be at least 1, got 0");
    assertThatThrownBy(() -> new HealthLimits(1, 2, 0, 0, 20, 10, 3))
        .hasMessage("invalid share must be in [0, 1], got 2.0");
    assertThatThrownBy(() -> new HealthLimits(1, 0, 0, 0, 2, 10, 3))
        .hasMessage("window must be in [3, 1000], got 2");
    assertThatThrownBy(() -> new Health(1.0, 0, 5, 6, 0, 0))
        .hasMessage("counts must be at least 0 and invalid scores at most all, got 0, 6 of 5, 0");
  }
}
