package dev.touchstone.server.forward.webhook;

import dev.touchstone.server.forward.Delivered;
import dev.touchstone.server.forward.Destination;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.ForwardSettings.Webhook.On;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.forward.Kind;
import dev.touchstone.server.forward.Result;
import dev.touchstone.server.forward.calls.HttpCalls;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tells STOPs and verdicts to one address. At least once: a receiver that wants each once looks at
 * the header {@code Touchstone-Delivery}, which is the same whenever the same is told.
 */
public final class Webhook implements Destination {

  static final String DELIVERY = "Touchstone-Delivery";

  /** Nobody wants to be woken by what was true yesterday. */
  static final String TOO_OLD = "too_old";

  /** The receiver failed on it as often as it was tried. */
  static final String FAILED = "receiver_failed";

  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final Duration MAX_AGE = Duration.ofHours(24);
  private static final int MAX_ANSWER = 4096;
  private static final int MAX_FAILURES = 10;
  private static final int NAME_DIGITS = 6;
  private static final int MAX_SETTLED = 10_000;
  private static final String TAKEN = "";

  private final String name;
  private final ForwardSettings.Webhook settings;
  private final URI url;
  private final PageLinks links;
  private final Clock clock;
  private final String home;
  private final HttpCalls calls;
  private final Map<String, Integer> failures = new HashMap<>();
  // what a message came to; so what comes again, as after a failure of a later one, is not told
  // twice
  private final Map<String, String> settled =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MAX_SETTLED;
        }
      };

  /**
   * @param publicUrl of the page, for links; null: none
   */
  public Webhook(ForwardSettings.Webhook settings, String publicUrl, Clock clock) {
    this(settings, publicUrl, clock, DEADLINE);
  }

  Webhook(ForwardSettings.Webhook settings, String publicUrl, Clock clock, Duration deadline) {
    this.settings = settings;
    this.url = URI.create(settings.url());
    this.name = name(url);
    this.links = new PageLinks(publicUrl);
    this.clock = clock;
    this.home = HttpCalls.nameOf(url);
    this.calls = new HttpCalls(home, deadline, MAX_ANSWER);
  }

  /**
   * The host, and a digest that tells it from others there: a place in a list would change with the
   * list, and its position among the results with it.
   */
  private static String name(URI url) {
    String host = url.getHost().replaceAll("[^A-Za-z0-9.-]", "_");
    return "webhook-" + host + "-" + Occasions.digest(url).substring(0, NAME_DIGITS);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Set<Kind> kinds() {
    return Set.of(Kind.SIGNALS, Kind.VERDICTS);
  }

  @Override
  public Delivered deliver(List<Result> results) throws HomeAwayException {
    int taken = 0;
    Map<String, Integer> refused = new HashMap<>();
    for (Result result : results) {
      Optional<On> occasion = Occasions.of(result);
      if (occasion.isEmpty() || !settings.on().contains(occasion.get())) {
        continue;
      }
      String end = settle(result);
      if (end.equals(TAKEN)) {
        taken++;
      } else {
        refused.merge(end, 1, Integer::sum);
      }
    }
    return new Delivered(taken, refused);
  }

  /** {@link #TAKEN}, or why not. */
  private String settle(Result result) throws HomeAwayException {
    String id = Occasions.id(result);
    String end = settled.get(id);
    if (end == null) {
      boolean old = clock.millis() - result.ts() > MAX_AGE.toMillis();
      end = old ? TOO_OLD : tell(result, id);
      settled.put(id, end);
      failures.remove(id);
    }
    return end;
  }

  private String tell(Result result, String id) throws HomeAwayException {
    HttpCalls.Answer answer = calls.send(request(result, id));
    return switch (Reply.classify(answer.status())) {
      case TAKEN -> TAKEN;
      case LATER -> throw new HomeAwayException(home + " answered " + answer.status());
      case FAILED -> {
        int times = failures.merge(id, 1, Integer::sum);
        if (times < MAX_FAILURES) {
          throw new HomeAwayException(
              home + " answered " + answer.status() + ", " + times + " of " + MAX_FAILURES);
        }
        yield FAILED;
      }
      case GONE -> "gone";
      case MOVED -> "moved";
      case UNAUTHORIZED -> "unauthorized";
      case REJECTED -> "rejected";
    };
  }

  private HttpRequest request(Result result, String id) {
    byte[] body = Messages.of(settings.format(), result, links.of(result));
    var request =
        HttpRequest.newBuilder(url)
            .header("Content-Type", "application/json")
            .header("User-Agent", "Touchstone")
            .header(DELIVERY, id)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (settings.secret() != null) {
      long seconds = clock.instant().getEpochSecond();
      request.header(Signature.HEADER, Signature.of(settings.secret(), seconds, body));
    }
    return request.build();
  }
}
