package dev.touchstone.server.forward.remotewrite;

import dev.touchstone.server.forward.Result;
import dev.touchstone.server.view.MetricPoint;
import dev.touchstone.server.view.Signal;
import dev.touchstone.server.view.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The samples of a result. No label is named after a model checkpoint, an attempt or a model's
 * digest: each would make a series of every single value. The step is a series of its own instead.
 */
final class ResultSamples {

  static final String METRIC = "touchstone_metric";
  static final String STEP = "touchstone_eval_step";

  // what a signal may say; a newer engine's further word is shown too, if it is a word
  private static final List<String> OUTCOMES =
      List.of("IMPROVED", "NO_IMPROVEMENT", "UNDECIDED", "NOT_JUDGED");
  private static final Pattern WORD = Pattern.compile("[A-Z_]{1,40}");
  private static final String OTHER = "OTHER";

  private ResultSamples() {}

  /** In a fixed order; empty where there is nothing to say, as for a report. */
  static List<Sample> of(Result result) {
    if (result instanceof Result.PointResult r) {
      return point(r.point());
    }
    if (result instanceof Result.SignalResult r) {
      return signal(r.signal());
    }
    if (result instanceof Result.VerdictResult r) {
      return verdict(r.verdict());
    }
    return List.of();
  }

  private static List<Sample> point(MetricPoint p) {
    Map<String, String> where = new LinkedHashMap<>();
    where.put("run_id", p.runId());
    where.put("evaluation_set", p.evaluationSet());
    where.put("split", p.split());
    where.put("tier", p.tier());
    if (!p.sample().isEmpty()) {
      where.put("sample", p.sample());
    }
    List<Sample> samples = new ArrayList<>();
    if (p.slice().isEmpty()) {
      samples.add(new Sample(Series.of(STEP, where), p.step(), p.ts()));
    }
    where.put("slice", p.slice());
    where.put("metric", p.metric());
    add(samples, METRIC, where, p.value(), p.ts());
    add(samples, METRIC + "_ci_low", where, p.ciLow(), p.ts());
    add(samples, METRIC + "_ci_high", where, p.ciHigh(), p.ts());
    add(samples, METRIC + "_n", where, (double) p.n(), p.ts());
    if (p.tier().equals("proxy")) {
      add(samples, METRIC + "_trust", where, trust(p.trust()), p.ts());
    }
    return samples;
  }

  /** What is undefined is no sample. */
  private static void add(
      List<Sample> samples, String name, Map<String, String> labels, Double value, long ts) {
    if (value != null) {
      samples.add(new Sample(Series.of(name, labels), value, ts));
    }
  }

  private static double trust(String trust) {
    return switch (String.valueOf(trust)) {
      case "TRUSTED" -> 1;
      case "UNTRUSTED" -> -1;
      default -> 0;
    };
  }

  private static List<Sample> signal(Signal s) {
    List<Sample> samples = new ArrayList<>();
    String said = s.outcome() == null ? "NOT_JUDGED" : s.outcome();
    String outcome = WORD.matcher(said).matches() ? said : OTHER;
    Set<String> words = new LinkedHashSet<>(OUTCOMES);
    words.add(outcome);
    // all of them each time: the one before is 0 again also when nobody remembers which it was
    for (String word : words) {
      samples.add(
          new Sample(
              Series.of("touchstone_signal", Map.of("run_id", s.runId(), "outcome", word)),
              word.equals(outcome) ? 1 : 0,
              s.ts()));
    }
    samples.add(
        new Sample(
            Series.of("touchstone_signal_stop", Map.of("run_id", s.runId())),
            s.decision().equals("STOP") ? 1 : 0,
            s.ts()));
    return samples;
  }

  private static List<Sample> verdict(Verdict v) {
    double value =
        switch (v.outcome()) {
          case "PASS" -> 1;
          case "FAIL" -> 0;
          default -> -1;
        };
    return List.of(
        new Sample(
            Series.of("touchstone_verdict", Map.of("run_id", v.runId(), "gate", v.gate())),
            value,
            v.ts()));
  }
}
