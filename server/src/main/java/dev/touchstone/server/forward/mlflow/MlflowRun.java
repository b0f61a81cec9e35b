package dev.touchstone.server.forward.mlflow;

import java.util.HashMap;
import java.util.Map;

/**
 * The run of MLflow that a run's results go to.
 *
 * @param id MLflow's; null where somebody deleted it
 * @param artifactUri where its artifacts go
 * @param tags that were set, so that none is sent twice
 */
record MlflowRun(String id, String artifactUri, Map<String, String> tags) {

  static final MlflowRun DELETED = new MlflowRun(null, "", Map.of());

  static MlflowRun of(String id, String artifactUri) {
    return new MlflowRun(id, artifactUri, new HashMap<>());
  }

  boolean isDeleted() {
    return id == null;
  }
}
