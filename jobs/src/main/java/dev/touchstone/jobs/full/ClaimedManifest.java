package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.SetManifest;

/** A manifest on its way to the triggers of one of the model checkpoints that claim it. */
public record ClaimedManifest(Claim claim, SetManifest manifest) {

  public String checkpointKey() {
    return claim.runId() + '\u0000' + claim.checkpoint();
  }
}
