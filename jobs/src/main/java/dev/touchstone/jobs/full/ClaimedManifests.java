package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.SetManifest;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/** One manifest → one copy for each model checkpoint that claims it. */
public final class ClaimedManifests implements FlatMapFunction<SetManifest, ClaimedManifest> {

  private static final long serialVersionUID = 1L;

  @Override
  public void flatMap(SetManifest manifest, Collector<ClaimedManifest> out) {
    manifest.status().claims().forEach(claim -> out.collect(new ClaimedManifest(claim, manifest)));
  }
}
