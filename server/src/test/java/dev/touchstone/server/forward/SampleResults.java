package dev.touchstone.server.forward;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.MetricPoint;
import dev.touchstone.server.view.Outcome;
import dev.touchstone.server.view.Signal;
import dev.touchstone.server.view.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Results made up for tests. */
public final class SampleResults {

  private SampleResults() {}

  /** A complete proxy of all examples at step 40, by the names of the wire. */
  public static Result.PointResult point(Object... changes) {
    ObjectNode p = Json.MAPPER.createObjectNode();
    p.put("ts", 1_700_000_000_123L);
    p.put("run_id", "fraud-7");
    p.put("attempt", 0);
    p.put("model", "m-digest");
    p.put("checkpoint", "step-40");
    p.put("step", 40);
    p.put("tier", "proxy");
    p.put("evaluation_set", "val");
    p.put("split", "validation");
    p.put("slice", "");
    p.put("metric", "average_precision");
    p.put("value", 0.1 + 0.2);
    p.put("state", "COMPLETE");
    p.put("trust", "UNKNOWN");
    return new Result.PointResult(changed(p, MetricPoint.class, changes));
  }

  /** A STOP of run fraud-7 at step 4000. */
  public static Result.SignalResult stop(Object... changes) {
    ObjectNode s = Json.MAPPER.createObjectNode();
    s.put("run_id", "fraud-7");
    s.put("attempt", 1);
    s.put("decision", "STOP");
    s.put("reason", "5 checks brought no gain");
    s.put("checkpoint", "step-4000");
    s.put("step", 4000);
    s.put("best_checkpoint", "step-3000");
    s.put("metric", "average_precision");
    s.put("value", 0.4607);
    s.put("ci_low", 0.45);
    s.put("ci_high", 0.47);
    s.put("compared_with", "step-3000");
    s.put("difference", -0.011);
    s.put("difference_low", -0.02);
    s.put("difference_high", -0.001);
    s.put("ts", 1_700_000_000_123L);
    return new Result.SignalResult(changed(s, Signal.class, changes));
  }

  /** A FAIL of gate release on fraud-7's step 16. */
  public static Result.VerdictResult verdict(String... reasons) {
    return new Result.VerdictResult(
        new Verdict(
            "fraud-7",
            "step-16",
            16,
            "release",
            "FAIL",
            List.of(reasons),
            "set:hash",
            1_700_000_000_123L));
  }

  /** The report of fraud-7's step 40. */
  public static Result.ReportResult report(String body, Object... changes) {
    ObjectNode o = Json.MAPPER.createObjectNode();
    o.put("trigger_id", "t1");
    o.put("trigger", "checkpoint");
    o.put("state", "EVALUATED");
    o.put("run_id", "fraud-7");
    o.put("checkpoint", "step-40");
    o.put("step", 40);
    o.put("evaluation_set", "val");
    o.put("split", "validation");
    o.put("report_key", "0123abcd:4567");
    o.put("finished_at", 1_700_000_000_123L);
    return new Result.ReportResult(
        changed(o, Outcome.class, changes),
        body == null ? null : body.getBytes(StandardCharsets.UTF_8));
  }

  private static <T> T changed(ObjectNode node, Class<T> type, Object... changes) {
    for (int i = 0; i < changes.length; i += 2) {
      node.putPOJO((String) changes[i], changes[i + 1]);
    }
    return Json.MAPPER.convertValue(node, type);
  }
}
