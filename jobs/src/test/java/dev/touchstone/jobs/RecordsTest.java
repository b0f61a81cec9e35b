package dev.touchstone.jobs;

import dev.touchstone.jobs.cache.Labelling;
import dev.touchstone.jobs.fast.CompareRun;
import dev.touchstone.jobs.fast.ProxyHistory;
import dev.touchstone.jobs.fast.RankSweep;
import dev.touchstone.jobs.fast.RunCourse;
import dev.touchstone.jobs.fast.SetWatch;
import dev.touchstone.jobs.fast.TrackRecord;
import dev.touchstone.jobs.full.AddressedManifest;
import dev.touchstone.jobs.full.Aside;
import dev.touchstone.jobs.full.Asked;
import dev.touchstone.jobs.full.Backlog;
import dev.touchstone.jobs.full.BaselineDesk;
import dev.touchstone.jobs.full.ClaimedManifest;
import dev.touchstone.jobs.full.CombineCounts;
import dev.touchstone.jobs.full.EvaluationTask;
import dev.touchstone.jobs.full.Finding;
import dev.touchstone.jobs.full.FinishEvaluations;
import dev.touchstone.jobs.full.ProgressMeter;
import dev.touchstone.jobs.full.Reported;
import dev.touchstone.jobs.full.Split;
import dev.touchstone.jobs.full.Tick;
import dev.touchstone.jobs.full.TriggerDesk;
import dev.touchstone.jobs.ledger.PredictionLedger;
import dev.touchstone.jobs.ledger.SetAccount;
import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.DeadLetter;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.model.Judgement;
import dev.touchstone.jobs.model.KeyedMessage;
import dev.touchstone.jobs.model.LedgerInput;
import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Progress;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.RawMessage;
import dev.touchstone.jobs.model.RunEvent;
import dev.touchstone.jobs.model.RunInput;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.model.Standing;
import dev.touchstone.jobs.model.Trigger;
import dev.touchstone.jobs.model.Vitals;
import dev.touchstone.jobs.model.WantedEvaluation;
import dev.touchstone.jobs.model.Withdrawal;
import org.apache.flink.types.PojoTestUtils;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever crosses an operator or rests in state is serialized by Flink itself, and can evolve. */
class RecordsTest {

  @ParameterizedTest
  @ValueSource(
      classes = {
        RawMessage.class,
        DeadLetter.class,
        PredictionBatch.class,
        LedgerUpdate.class,
        SetManifest.class,
        Segment.class,
        KeyedMessage.class,
        LedgerInput.class,
        Standing.class,
        ExactMetrics.class,
        Claim.class,
        Signal.class,
        TrackRecord.Meeting.class,
        ProxyHistory.class,
        CompareRun.Course.class,
        RunInput.class,
        RunEvent.class,
        Judgement.class,
        WantedEvaluation.class,
        RunCourse.class,
        RankSweep.Rung.class,
        SetWatch.class,
        Vitals.class,
        MetricPoint.class,
        Trigger.class,
        Question.class,
        Outcome.class,
        SetAccount.class,
        PredictionLedger.ShardAccount.class,
        PredictionLedger.LabelAccount.class,
        Labelling.class,
        TriggerDesk.Answered.class,
        Backlog.Led.class,
        ClaimedManifest.class,
        EvaluationTask.class,
        Split.class,
        Aside.class,
        AddressedManifest.class,
        BaselineDesk.Waiting.class,
        Finding.class,
        Withdrawal.class,
        Asked.class,
        Backlog.Group.class,
        Backlog.Place.class,
        Reported.class,
        Progress.class,
        Tick.class,
        ProgressMeter.Reading.class,
        TriggerDesk.Waiting.class,
        CombineCounts.Sum.class,
        FinishEvaluations.Ending.class
      })
  void serializesAsPojoWithoutKryo(Class<?> type) {
    PojoTestUtils.assertSerializedAsPojoWithoutKryo(type);
  }
}
