package dev.touchstone.server.http;

import io.javalin.http.Context;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Set;

/**
 * Who may write. On a loopback address without a token: whoever is on this machine, but not a web
 * page from elsewhere that a browser on this machine has open. With a token: who has it. On any
 * other address without a token: nobody.
 */
final class WriteGuard {

  private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final String BEARER = "Bearer ";

  private final String host;
  private final boolean loopback;
  private final byte[] token;

  WriteGuard(String host, boolean loopback, String token) {
    this.host = host;
    this.loopback = loopback;
    this.token = token == null ? null : token.getBytes(StandardCharsets.UTF_8);
  }

  boolean needsToken() {
    return token != null;
  }

  boolean allowsWrites() {
    return token != null || loopback;
  }

  /**
   * @throws Problem 401 or 403 if this client may not write
   */
  void check(Context ctx) {
    if (token == null && !loopback) {
      throw Problem.of(
          403,
          "Writes are off",
          "server.token must be set for writes while the server listens on " + host);
    }
    checkOrigin(ctx);
    if (token == null) {
      checkHost(ctx);
      return;
    }
    String header = ctx.header("Authorization");
    byte[] given =
        header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
            ? header.substring(BEARER.length()).trim().getBytes(StandardCharsets.UTF_8)
            : null;
    // isEqual takes the same time wherever the bytes differ
    if (given == null || !MessageDigest.isEqual(given, token)) {
      ctx.header("WWW-Authenticate", "Bearer realm=\"touchstone\"");
      throw Problem.of(
          401,
          "Token needed",
          given == null
              ? "header Authorization must be \"Bearer <server.token>\", got nothing of the kind"
              : "header Authorization must carry server.token, got another token");
    }
  }

  /** A name that a stranger's DNS points at this machine (rebinding) is not ours. */
  private void checkHost(Context ctx) {
    String name = hostName(ctx.header("Host"));
    if (!LOOPBACK_NAMES.contains(name) && !name.equals(host)) {
      throw Problem.of(
          403, "Not this machine", "header Host must name this machine, got \"" + name + "\"");
    }
  }

  private static void checkOrigin(Context ctx) {
    String origin = ctx.header("Origin");
    if (origin == null) {
      return;
    }
    String authority;
    try {
      authority = URI.create(origin).getRawAuthority();
    } catch (IllegalArgumentException e) {
      authority = null;
    }
    if (authority == null || !authority.equalsIgnoreCase(ctx.header("Host"))) {
      throw Problem.of(403, "Another site", "header Origin must be this server, got " + origin);
    }
  }

  private static String hostName(String header) {
    if (header == null) {
      return "";
    }
    int port = header.lastIndexOf(':');
    String name = port > header.lastIndexOf(']') ? header.substring(0, port) : header;
    return name.toLowerCase(Locale.ROOT);
  }
}
