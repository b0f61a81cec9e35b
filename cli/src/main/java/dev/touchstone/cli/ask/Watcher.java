package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/** Shows a run that is being watched. */
interface Watcher {

  /** All that is known, at the start and after an outage that the stream could not bridge. */
  void begin(JsonNode detail, JsonNode curves, Instant now);

  /** How the run stands now. */
  void detail(JsonNode detail, Instant now);

  /** Something changed. */
  void event(String type, JsonNode data);

  /** The server is away. */
  void lost(String why);

  /** The server is back. */
  void back();

  /** A moment has gone by. */
  default void tick() {}

  /** The run has ended; its status says how. */
  void end(String status);
}
