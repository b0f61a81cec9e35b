package dev.touchstone.server.forward;

import dev.touchstone.server.view.MetricPoint;
import dev.touchstone.server.view.Outcome;
import dev.touchstone.server.view.Signal;
import dev.touchstone.server.view.Verdict;

/** A result as it left the engine. */
public sealed interface Result {

  /** When the engine said it, milliseconds since the epoch. */
  long ts();

  /** The run that it is of. */
  String runId();

  /** One value of one metric. */
  record PointResult(MetricPoint point) implements Result {
    @Override
    public long ts() {
      return point.ts();
    }

    @Override
    public String runId() {
      return point.runId();
    }
  }

  /** Go on or stop. */
  record SignalResult(Signal signal) implements Result {
    @Override
    public long ts() {
      return signal.ts();
    }

    @Override
    public String runId() {
      return signal.runId();
    }
  }

  /** A gate's outcome. */
  record VerdictResult(Verdict verdict) implements Result {
    @Override
    public long ts() {
      return verdict.ts();
    }

    @Override
    public String runId() {
      return verdict.runId();
    }
  }

  /**
   * How a trigger of the full tier ended.
   *
   * @param body UTF-8 JSON, {@code touchstone.report/1}; null where the trigger ended without one,
   *     and where another trigger's outcome brought it (REUSED). Not copied: it may be large
   */
  record ReportResult(Outcome outcome, byte[] body) implements Result {
    @Override
    public long ts() {
      return outcome.finishedAt();
    }

    @Override
    public String runId() {
      return outcome.runId();
    }
  }
}
