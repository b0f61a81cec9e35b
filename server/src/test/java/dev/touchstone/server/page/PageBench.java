package dev.touchstone.server.page;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.TimeoutError;
import dev.touchstone.server.ManyRuns;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.view.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Measures the page over many runs: how soon a view shows its data, how soon it answers, what the
 * server holds. A program and no test: its figures are quoted with the machine they are from.
 * Prints one JSON object; times are milliseconds.
 *
 * <pre>./touchstone bench page [RUNS METRICS STEPS]</pre>
 */
public final class PageBench {

  private static final int ROUNDS = 5;
  private static final int REPEATS = 10;
  private static final int LIVE = 4;
  private static final int PATIENCE_MILLIS = 10_000;

  /**
   * Notes when a frame was painted in which rows of the list have values, and one in which all
   * lines of the chart are drawn; and how long each input took until the frame that shows what it
   * asked for.
   */
  private static final String WATCH =
      """
      (() => {
        const clear = CanvasRenderingContext2D.prototype.clearRect;
        window.drawn = { chart: 0, top: 0 };
        CanvasRenderingContext2D.prototype.clearRect = function (...box) {
          if (this.canvas.closest?.('#chart')) drawn[this.canvas.className === 'chart-top' ? 'top' : 'chart']++;
          return clear.apply(this, box);
        };
        const painted = then => requestAnimationFrame(() => setTimeout(then));
        const seen = {
          listAt: () => document.querySelector('a.run .c-last b')?.textContent,
          chartAt: () => document.querySelector('#chart canvas') && drawn.chart > 0
            && !/loading/.test(document.querySelector('.card h2').textContent),
        };
        const look = () => {
          for (const [name, test] of Object.entries(seen)) {
            if (!(name in window) && test()) {
              window[name] = 0;
              painted(() => { window[name] = performance.now(); });
            }
          }
          requestAnimationFrame(look);
        };
        requestAnimationFrame(look);

        /** Waits for the next input of that kind, and then for the frame in which `shows` holds. */
        window.expect = (type, shows) => {
          window.took = null;
          const from = { ...drawn };
          addEventListener(type, event => {
            const check = () => {
              if (shows(from)) painted(() => { window.took = performance.now() - event.timeStamp; });
              else requestAnimationFrame(check);
            };
            requestAnimationFrame(check);
          }, { capture: true, once: true });
        };
      })();
      """;

  private final ObjectNode answer = Json.MAPPER.createObjectNode();
  private final ObjectNode paint = answer.putObject("first_paint");
  private final ObjectNode interaction = answer.putObject("interaction");
  private final ServerFixture fixture;
  private final ManyRuns runs;
  private final Browser browser;

  private PageBench(ServerFixture fixture, ManyRuns runs, Browser browser) {
    this.fixture = fixture;
    this.runs = runs;
    this.browser = browser;
  }

  public static void main(String[] args) throws Exception {
    int runs = args.length > 0 ? Integer.parseInt(args[0]) : 200;
    int metrics = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    int steps = args.length > 2 ? Integer.parseInt(args[2]) : 500;
    long before = used();
    try (var fixture = new ServerFixture();
        var playwright =
            Playwright.create(
                new Playwright.CreateOptions()
                    .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")))) {
      long began = System.nanoTime();
      var many = new ManyRuns(runs, metrics, steps);
      many.feed(fixture);
      double seconds = (System.nanoTime() - began) / 1e9;
      Browser browser =
          playwright
              .chromium()
              .launch(
                  new BrowserType.LaunchOptions()
                      .setExecutablePath(Path.of("/usr/bin/chromium"))
                      .setArgs(List.of("--no-sandbox", "--disable-gpu")));
      var bench = new PageBench(fixture, many, browser);
      bench.answer.put("runs", runs).put("metrics", metrics).put("steps", steps);
      bench.answer.put("cores", Runtime.getRuntime().availableProcessors());
      bench.answer.put("browser", browser.version());
      bench.answer.put("fed_seconds", tenth(seconds));
      bench.answer.put("heap_bytes_a_point", (used() - before) / ((long) runs * metrics * steps));
      bench.run();
      System.out.println(
          Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(bench.answer));
    }
  }

  private void run() {
    for (String view : List.of("#/", "#/runs/sweep-100", "#/overlay")) {
      paint(view);
    }
    list();
    aRun();
    overlay();
  }

  // ---------------------------------------------------------------- first paint

  private void paint(String view) {
    // the first is the first that the server answers since it started, and stands for itself
    double[] took = new double[ROUNDS + 1];
    for (int round = 0; round < took.length; round++) {
      try (var context = context()) {
        took[round] = opened(context, view).took;
      }
    }
    double[] later = Arrays.copyOfRange(took, 1, took.length);
    Arrays.sort(later);
    System.err.println(view + ": " + Arrays.toString(took));
    paint
        .putObject(view)
        .put("first", tenth(took[0]))
        .put("median", tenth(later[ROUNDS / 2]))
        .put("least", tenth(later[0]))
        .put("worst", tenth(later[ROUNDS - 1]));
  }

  private record Opened(Page page, double took) {}

  private Opened opened(BrowserContext context, String view) {
    Page page = context.newPage();
    page.navigate(fixture.server.url() + view);
    String at = view.equals("#/") ? "window.listAt" : "window.chartAt";
    page.waitForFunction(at + " > 0");
    return new Opened(page, number(page, at));
  }

  /** Its scripts wait for expressions, which the page's content security policy forbids. */
  private BrowserContext context() {
    BrowserContext context = browser.newContext(new Browser.NewContextOptions().setBypassCSP(true));
    context.addInitScript(WATCH);
    return context;
  }

  // ---------------------------------------------------------------- interaction

  private void list() {
    try (var context = context()) {
      Page page = opened(context, "#/").page;
      page.waitForTimeout(1_500);
      page.locator("#search").focus();
      String count = "document.querySelector('#runs').style.height";
      each(
          page,
          "list: a key in the search",
          "keydown",
          "document.querySelector('#search').value.length === (window.typed = (window.typed ?? 0) + 1)"
              + " && document.querySelectorAll('a.run').length > 0",
          i -> page.keyboard().press("sweep-1".substring(i % 7, i % 7 + 1)),
          7);
      page.evaluate("window.before = " + count);
      each(
          page,
          "list: search emptied",
          "input",
          count + " !== before",
          i -> page.locator("#search").fill(""),
          1);
      String first = "document.querySelector('a.run').textContent";
      each(
          page,
          "list: sort",
          "click",
          first + " !== before",
          i -> {
            page.locator(".heads button").nth(i % 2 == 0 ? 0 : 3).click();
          },
          REPEATS,
          "window.before = " + first);
      each(page, "list: dark or light", "keydown", "true", i -> page.keyboard().press("t"), 4);
    }
  }

  private void aRun() {
    try (var context = context()) {
      Page page = opened(context, "#/runs/sweep-100").page;
      page.waitForTimeout(2_500);
      String another =
          "document.querySelector('h1').textContent !== before && document.querySelector('#chart canvas')"
              + " && drawn.chart > from.chart";
      String h1 = "window.before = document.querySelector('h1').textContent";
      each(page, "run: j", "keydown", another, i -> page.keyboard().press("j"), REPEATS, h1);
      each(page, "run: k", "keydown", another, i -> page.keyboard().press("k"), REPEATS, h1);
      String redrawn = "drawn.chart > from.chart";
      each(page, "run: axis", "keydown", redrawn, i -> page.keyboard().press("x"), 4);
      each(page, "run: logarithmic", "keydown", redrawn, i -> page.keyboard().press("l"), 4);
      smooth(page, "run: smoothing");
      zoom(page, "run: zoom");
      hover(page, "run: pointing");
      each(page, "run: dark or light", "keydown", redrawn, i -> page.keyboard().press("t"), 4);
      each(
          page,
          "run: another metric",
          "click",
          "document.querySelector('.card h2').textContent !== before && drawn.chart > from.chart",
          i -> page.locator(".tile").nth(1 + i % 3).click(),
          REPEATS,
          "window.before = document.querySelector('.card h2').textContent");
      live(page, "run: a point arrives");
    }
  }

  private void overlay() {
    try (var context = context()) {
      Page page = opened(context, "#/overlay").page;
      page.waitForTimeout(6_000);
      String redrawn = "drawn.chart > from.chart";
      hover(page, "overlay: pointing");
      each(page, "overlay: axis", "keydown", redrawn, i -> page.keyboard().press("x"), 4);
      each(page, "overlay: logarithmic", "keydown", redrawn, i -> page.keyboard().press("l"), 4);
      smooth(page, "overlay: smoothing");
      zoom(page, "overlay: zoom");
      each(page, "overlay: dark or light", "keydown", redrawn, i -> page.keyboard().press("t"), 4);
      each(
          page,
          "overlay: a run taken out",
          "click",
          redrawn,
          i -> page.locator(".overlay-runs .act button").nth(i).click(),
          1);
      each(
          page,
          "overlay: another metric",
          "change",
          "document.querySelector('.card h2').textContent !== before && "
              + redrawn
              + " && !/loading/.test(document.querySelector('.card h2').textContent)",
          i -> page.locator(".card select").first().selectOption("metric_0" + (1 + i)),
          3,
          "window.before = document.querySelector('.card h2').textContent");
    }
  }

  private void hover(Page page, String what) {
    var box = page.locator("#chart .u-over").boundingBox();
    each(
        page,
        what,
        "pointermove",
        "drawn.top > from.top",
        i -> page.mouse().move(box.x + box.width * (i + 1) / 12, box.y + box.height / 2),
        10);
  }

  private void smooth(Page page, String what) {
    page.locator(".smoothing input").focus();
    each(
        page,
        what,
        "keydown",
        "drawn.chart > from.chart",
        i -> page.keyboard().press(i < 5 ? "ArrowRight" : "ArrowLeft"),
        REPEATS);
  }

  private void zoom(Page page, String what) {
    var box = page.locator("#chart .u-over").boundingBox();
    double y = box.y + box.height / 2;
    each(
        page,
        what,
        "mouseup",
        "drawn.chart > from.chart",
        i -> {
          page.mouse().move(box.x + box.width * 0.3, y);
          page.mouse().down();
          page.mouse()
              .move(
                  box.x + box.width * 0.7,
                  y,
                  new com.microsoft.playwright.Mouse.MoveOptions().setSteps(4));
          page.mouse().up();
        },
        3);
    page.locator("#chart .u-over").dblclick();
  }

  /** From the record's being read to the frame that shows it, by the clock of this machine. */
  private void live(Page page, String what) {
    double worst = 0;
    for (int i = 0; i < LIVE; i++) {
      page.waitForTimeout(1_200); // the page asks for a run's summary at most so often
      page.evaluate(
          "() => { const from = drawn.chart; window.took = null; const check = () => drawn.chart > from"
              + " ? setTimeout(() => { window.took = performance.timeOrigin + performance.now(); })"
              + " : requestAnimationFrame(check); requestAnimationFrame(check); }");
      String run = (String) page.evaluate("document.querySelector('h1').textContent");
      int number = Integer.parseInt(run.substring(run.indexOf('-') + 1));
      int metric =
          Integer.parseInt(
              ((String) page.evaluate("location.hash"))
                  .replaceAll(".*metric=metric_0?(\\d+).*", "$1"));
      long at = System.currentTimeMillis();
      fixture.feed(runs.point(number, metric, 501 + i));
      page.waitForFunction("window.took > 0");
      worst = Math.max(worst, number(page, "window.took") - at);
    }
    say(what, worst);
  }

  private void say(String what, double worst) {
    interaction.put(what, tenth(worst));
  }

  @FunctionalInterface
  private interface Input {
    void send(int i);
  }

  private void each(Page page, String what, String type, String shows, Input input, int times) {
    each(page, what, type, shows, input, times, "0");
  }

  /** The worst of some inputs of one kind, each after the one before was shown. */
  private void each(
      Page page, String what, String type, String shows, Input input, int times, String before) {
    double worst = 0;
    List<Double> all = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      page.evaluate("() => { " + before + "; expect('" + type + "', from => " + shows + "); }");
      input.send(i);
      try {
        page.waitForFunction(
            "window.took != null",
            null,
            new Page.WaitForFunctionOptions().setTimeout(PATIENCE_MILLIS));
      } catch (TimeoutError e) {
        throw new IllegalStateException(what + " was not shown, input " + i, e);
      }
      double took = number(page, "window.took");
      all.add(tenth(took));
      worst = Math.max(worst, took);
      page.waitForTimeout(150);
    }
    System.err.println(what + ": " + all);
    say(what, worst);
  }

  private static double number(Page page, String script) {
    return ((Number) page.evaluate(script)).doubleValue();
  }

  private static double tenth(double value) {
    return Math.round(value * 10) / 10.0;
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
