package dev.touchstone.server.http;

import java.time.Duration;

/**
 * Where the HTTP side listens and what bounds it.
 *
 * @param host address to bind
 * @param port 0: any free one
 * @param token null: none
 * @param maxWatchers event streams open at once; each holds a thread
 * @param heartbeat an event stream says something at least this often
 * @param version shown in {@code /v1/status}
 */
public record HttpSettings(
    String host, int port, String token, int maxWatchers, Duration heartbeat, String version) {}
