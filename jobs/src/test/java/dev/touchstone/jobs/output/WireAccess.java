package dev.touchstone.jobs.output;

import dev.touchstone.jobs.model.Outcome;
import dev.touchstone.jobs.model.SetManifest;
import dev.touchstone.jobs.model.WantedEvaluation;
import dev.touchstone.schemas.PlainJson;

/** Opens the package-private wire forms to tests of the whole. */
public final class WireAccess {

  private WireAccess() {}

  public static byte[] json(Outcome outcome) {
    return PlainJson.writeBytes(Wire.of(outcome));
  }

  public static byte[] json(WantedEvaluation wanted) {
    return PlainJson.writeBytes(Wire.of(wanted));
  }

  public static byte[] json(SetManifest manifest) {
    return PlainJson.writeBytes(Wire.of(manifest));
  }
}
