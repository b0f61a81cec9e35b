package dev.touchstone.server.forward;

import dev.touchstone.schemas.Topics;
import dev.touchstone.server.view.TopicRecord;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Records as the engine writes them. */
public final class Results {

  public static final Topics TOPICS = Topics.withDefaultPrefix();

  private Results() {}

  /** A proxy of average precision over all examples. */
  public static TopicRecord point(String run, long step, String value) {
    return record(
        TOPICS.metrics(),
        """
        {"ts": %d, "run_id": "%s", "attempt": 0, "model": "m1", "checkpoint": "c%d", "step": %d,
         "tier": "proxy", "evaluation_set": "val", "split": "validation", "slice": "",
         "metric": "average_precision", "value": %s, "ci_low": 0.25, "ci_high": 0.75, "n": 1000,
         "n_pos": 10, "state": "COMPLETE", "trust": "TRUSTED", "reason": null, "revision": 0}
        """
            .formatted(1_700_000_000_000L + step, run, step, step, value));
  }

  public static TopicRecord record(String topic, String json) {
    byte[] bytes = json == null ? null : json.getBytes(StandardCharsets.UTF_8);
    return new TopicRecord(topic, "key", bytes, Map.of(), 0);
  }
}
