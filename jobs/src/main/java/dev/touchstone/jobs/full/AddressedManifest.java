package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetManifest;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/**
 * A manifest on its way to the questions that name it as their baseline.
 *
 * @param address what a question may call it
 * @param attempt of the claim behind the address; 0 for a key
 */
public record AddressedManifest(String address, SetManifest manifest, int attempt) {

  /** What a task waits at: the address of its baseline, or one of its own. */
  public static String of(EvaluationTask task) {
    Question.Baseline baseline = task.trigger().question().baseline();
    if (baseline == null) {
      return "none\u0000" + task.reportKey();
    }
    return baseline.setKey() != null
        ? ofSet(baseline.setKey())
        : ofRun(baseline.runId(), baseline.checkpoint());
  }

  private static String ofSet(String setKey) {
    return "set\u0000" + setKey;
  }

  private static String ofRun(String runId, String checkpoint) {
    return "run\u0000" + runId + '\u0000' + checkpoint;
  }

  /** One manifest → one copy for its key and for each model checkpoint that claims it. */
  public static final class Copies implements FlatMapFunction<SetManifest, AddressedManifest> {

    private static final long serialVersionUID = 1L;

    @Override
    public void flatMap(SetManifest manifest, Collector<AddressedManifest> out) {
      out.collect(new AddressedManifest(ofSet(manifest.setKey()), manifest, 0));
      manifest
          .status()
          .claims()
          .forEach(
              claim ->
                  out.collect(
                      new AddressedManifest(
                          ofRun(claim.runId(), claim.checkpoint()), manifest, claim.attempt())));
    }
  }
}
