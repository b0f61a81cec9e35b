package dev.touchstone.server.http;

import dev.touchstone.server.forward.ForwardStatus;
import dev.touchstone.server.view.Change;
import dev.touchstone.server.view.EngineView;
import dev.touchstone.server.view.FeedStatus;
import dev.touchstone.server.view.RequestSink;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.compression.Gzip;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.util.JavalinBindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running HTTP side. */
public final class HttpServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

  private static final long MAX_BODY_BYTES = 64 * 1024;
  // five names of 256 characters take 11,520 bytes in a query, where each of their bytes takes
  // three
  private static final int MAX_HEADER_BYTES = 16 * 1024;
  // of digits, which curves are: level 6 makes them 3 % smaller and takes twice as long
  private static final int GZIP_LEVEL = 4;
  // Jetty's own acceptors and selectors, and plain requests while every watcher is seated
  private static final int SPARE_THREADS = 24;

  /**
   * Run ids are text of any kind, slashes and percent signs included. Jetty refuses these encoded
   * in a path, since some programs turn paths into file names. Here a path parameter is only ever a
   * key into a map.
   */
  private static final UriCompliance ANY_TEXT_IN_PARAMETERS =
      UriCompliance.from(
          EnumSet.of(
              UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR,
              UriCompliance.Violation.AMBIGUOUS_PATH_ENCODING,
              UriCompliance.Violation.AMBIGUOUS_PATH_SEGMENT,
              UriCompliance.Violation.AMBIGUOUS_PATH_PARAMETER,
              UriCompliance.Violation.AMBIGUOUS_EMPTY_SEGMENT,
              UriCompliance.Violation.SUSPICIOUS_PATH_CHARACTERS));

  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  private final Javalin javalin;
  private final EventRing ring;
  private final List<Route> routes;

  private HttpServer(Javalin javalin, EventRing ring, List<Route> routes) {
    this.javalin = javalin;
    this.ring = ring;
    this.routes = routes;
  }

  /**
   * Starts listening.
   *
   * @throws IllegalStateException if the port is taken or the address is not this machine's
   */
  public static HttpServer start(
      HttpSettings settings,
      EventBus bus,
      EngineView view,
      Supplier<FeedStatus> feed,
      Supplier<List<ForwardStatus>> forwards,
      RequestSink sink,
      Clock clock) {
    EventRing ring = bus.ring();
    var requests = new RequestCounts();
    var guard = new WriteGuard(settings.host(), isLoopback(settings.host()), settings.token());
    var events = new EventsApi(ring, clock, settings.heartbeat(), settings.maxWatchers());
    var status =
        new StatusApi(
            view, feed, forwards, events::watchers, requests, guard, clock, settings.version());
    List<Route> api = new ArrayList<>();
    api.addAll(new RunsApi(view, clock).routes());
    api.addAll(new CurvesApi(view).routes());
    api.addAll(new PredictionSetsApi(view).routes());
    api.addAll(new EvaluationsApi(view, feed, sink, guard, clock).routes());
    api.addAll(new SamplingPlansApi(guard).routes());
    api.addAll(events.routes());
    api.addAll(status.routes());
    List<Route> all = new ArrayList<>(api);
    all.addAll(Assets.routes());

    Javalin javalin = Javalin.create(config -> configure(config, settings, all, requests, events));
    try {
      javalin.start();
    } catch (JavalinBindException e) {
      javalin.stop();
      throw new IllegalStateException(bindMessage(settings, e), e);
    }
    return new HttpServer(javalin, ring, List.copyOf(api));
  }

  private static void configure(
      JavalinConfig config,
      HttpSettings settings,
      List<Route> routes,
      RequestCounts requests,
      EventsApi events) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.maxRequestSize = MAX_BODY_BYTES;
    config.http.prefer405over404 = true;
    config.http.compressionStrategy = new CompressionStrategy(null, new Gzip(GZIP_LEVEL));
    config.jetty.host = settings.host();
    config.jetty.port = settings.port();
    var threads = new QueuedThreadPool(settings.maxWatchers() + SPARE_THREADS, 4);
    threads.setName("http");
    threads.setDaemon(true);
    config.jetty.threadPool = threads;
    config.jetty.modifyHttpConfiguration(
        http -> {
          http.setUriCompliance(ANY_TEXT_IN_PARAMETERS);
          http.setSendServerVersion(false);
          http.setRequestHeaderSize(MAX_HEADER_BYTES);
          // a Link repeats the query and adds a cursor
          http.setResponseHeaderSize(2 * MAX_HEADER_BYTES);
        });
    config.jetty.modifyServletContextHandler(HttpServer::decodeAnyText);
    config.jetty.modifyServer(server -> server.setErrorHandler(new PlainErrors()));
    config.requestLogger.http((ctx, millis) -> requests.answered(ctx.statusCode()));
    config.routes.before(HttpServer::securityHeaders);
    // before anything is read: who listens from there on misses nothing
    config.routes.before("/v1/*", ctx -> ctx.header("Touchstone-Event", events.position()));
    config.routes.before(HttpServer::readBody);
    for (Route route : routes) {
      config.routes.addHttpHandler(
          HandlerType.findOrCreate(route.method()), route.path(), route.handler());
    }
    config.routes.exception(Problem.class, (e, ctx) -> Answers.problem(ctx, e));
    config.routes.exception(
        HttpResponseException.class,
        (e, ctx) -> {
          e.getDetails().forEach((key, value) -> ctx.header(headerOf(key), value));
          if (e.getStatus() == 413) {
            // the rest of the body stays unread, so the connection can't be used again
            ctx.header("Connection", "close");
          }
          Answers.problem(ctx, describe(e, ctx));
        });
    config.routes.exception(
        Exception.class,
        (e, ctx) -> {
          LOG.error("{} {} failed", ctx.method(), ctx.path(), e);
          Answers.problem(
              ctx, Problem.of(500, "Internal error", "the server failed; its log says why"));
        });
  }

  private static void decodeAnyText(ServletContextHandler context) {
    context.getServletHandler().setDecodeAmbiguousURIs(true);
  }

  /** Reads a body before anything is refused: with one left unread the connection would be cut. */
  private static void readBody(Context ctx) {
    // larger bodies are read by who knows how many may be read at once
    if (ctx.method() == HandlerType.POST && !ctx.path().equals(SamplingPlansApi.PATH)) {
      ctx.bodyAsBytes();
    }
  }

  private static void securityHeaders(Context ctx) {
    ctx.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    ctx.header("X-Content-Type-Options", "nosniff");
    ctx.header("Referrer-Policy", "no-referrer");
    ctx.header("Cross-Origin-Resource-Policy", "same-origin");
  }

  private static String headerOf(String detail) {
    return detail.equals("availableMethods") ? "Allow" : detail;
  }

  private static Problem describe(HttpResponseException e, Context ctx) {
    String what = ctx.method() + " " + ctx.path();
    return switch (e.getStatus()) {
      case 404 -> Problem.of(404, "Not found", "there is no " + what);
      case 405 -> Problem.of(405, "Method not allowed", "there is no " + what);
      case 413 -> Problem.of(413, "Too large", "body must be at most " + MAX_BODY_BYTES + " bytes");
      default -> Problem.of(e.getStatus(), "Request refused", String.valueOf(e.getMessage()));
    };
  }

  private static String bindMessage(HttpSettings settings, JavalinBindException e) {
    String message = String.valueOf(e.getMessage()) + e.getCause();
    if (message.contains("already") || message.contains("in use")) {
      return "server.port must be free: port "
          + settings.port()
          + " is taken on "
          + settings.host()
          + "; choose another one with --port";
    }
    return "server.host and server.port must be an address of this machine that may be bound, got "
        + settings.host()
        + ":"
        + settings.port()
        + " ("
        + message
        + ")";
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** The port it listens on. */
  public int port() {
    return javalin.port();
  }

  /** The API's routes, for the test that holds openapi.json true. */
  List<Route> routes() {
    return routes;
  }

  /** Ends event streams first, so that stopping does not wait for them. */
  @Override
  public void close() {
    ring.close();
    javalin.stop();
  }

  /** Carries changes from the view to the watchers; exists before both. */
  public static final class EventBus implements Consumer<Change> {

    private final EventRing ring;

    /**
     * @param capacity changes kept for watchers that fall behind or reconnect
     */
    public EventBus(int capacity) {
      this.ring = new EventRing(capacity);
    }

    @Override
    public void accept(Change change) {
      ring.append(change);
    }

    EventRing ring() {
      return ring;
    }
  }
}
