package dev.touchstone.server.view;

import java.util.Map;

/**
 * How the feed of the view stands.
 *
 * @param state CONNECTED; CONNECTING while the broker does not answer; STOPPED
 * @param since when it came into that state, milliseconds since the epoch
 * @param caughtUp whether everything that was there at the start has been read
 * @param lag messages not read yet, by topic; a topic that does not exist is not listed
 * @param error what the broker said last while CONNECTING; else null
 */
public record FeedStatus(
    String state, long since, boolean caughtUp, Map<String, Long> lag, String error) {

  public FeedStatus {
    lag = Map.copyOf(lag);
  }
}
