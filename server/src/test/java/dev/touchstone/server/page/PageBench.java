package dev.touchstone.server.page;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import dev.touchstone.server.ManyRuns;
import dev.touchstone.server.ServerFixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures the page over many runs: how soon it is painted, how soon it answers, what the view
 * holds. A program and no test: its figures are quoted with the machine they are from.
 *
 * <pre>java -cp … dev.touchstone.server.page.PageBench [RUNS METRICS STEPS]</pre>
 */
public final class PageBench {

  private static final int ROUNDS = 5;

  /** Notes when list and chart stand, and how long each input took until its frame was painted. */
  private static final String WATCH =
      """
      window.inputs = [];
      new PerformanceObserver(list => list.getEntries().forEach(e => inputs.push([e.name, e.duration])))
        .observe({ type: 'event', durationThreshold: 16, buffered: true });
      const look = () => {
        const canvas = document.querySelector('.plot canvas');
        if (document.querySelector('a.run')) window.listAt ??= performance.now();
        if (canvas && window.listAt) window.chartAt ??= performance.now();
        if (!window.chartAt) requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
      """;

  private PageBench() {}

  public static void main(String[] args) {
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
      new ManyRuns(runs, metrics, steps).feed(fixture);
      long points = (long) runs * metrics * steps;
      double bytes = used() - before;
      say("fed %,d points in %.1f s", points, (System.nanoTime() - began) / 1e9);
      say("heap %.0f MB more, %.0f bytes a point", bytes / 1e6, bytes / points);
      Browser browser =
          playwright
              .chromium()
              .launch(
                  new BrowserType.LaunchOptions()
                      .setExecutablePath(Path.of("/usr/bin/chromium"))
                      .setArgs(List.of("--no-sandbox", "--disable-gpu")));
      for (String view : List.of("#/", "#/runs/sweep-100", "#/overlay")) {
        paint(browser, fixture.server.url(), view);
      }
      interact(browser, fixture.server.url());
    }
  }

  /** Its scripts wait for expressions, which the page's content security policy forbids. */
  private static BrowserContext context(Browser browser) {
    return browser.newContext(new Browser.NewContextOptions().setBypassCSP(true));
  }

  private static void paint(Browser browser, String home, String view) {
    double[] list = new double[ROUNDS];
    double[] chart = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      try (var context = context(browser)) {
        context.addInitScript(WATCH);
        Page page = context.newPage();
        page.navigate(home + view);
        page.waitForFunction(view.equals("#/") ? "window.listAt" : "window.chartAt");
        list[round] = number(page, "window.listAt");
        chart[round] = view.equals("#/") ? Double.NaN : number(page, "window.chartAt");
      }
    }
    say("%-18s list after %s", view, spread(list));
    if (!view.equals("#/")) {
      say("%-18s chart after %s", view, spread(chart));
    }
  }

  private static void interact(Browser browser, String home) {
    try (var context = context(browser)) {
      context.addInitScript(WATCH);
      Page page = context.newPage();
      page.navigate(home + "#/");
      page.waitForFunction("window.listAt");
      measure(
          page, "type into the search", () -> page.locator("#search").pressSequentially("sweep-1"));
      page.locator("#search").fill("");
      page.navigate(home + "#/runs/sweep-100");
      page.waitForFunction("window.chartAt");
      measure(
          page,
          "j to the next run, 10 times",
          () -> {
            for (int i = 0; i < 10; i++) {
              page.keyboard().press("j");
              page.waitForTimeout(300);
            }
          });
      measure(page, "x to the next axis", () -> page.keyboard().press("x"));
      page.navigate(home + "#/overlay");
      page.waitForFunction("document.querySelectorAll('.overlay-runs tbody tr').length > 100");
      page.waitForTimeout(3_000);
      var box = page.locator("#chart .u-over").boundingBox();
      measure(
          page,
          "point along the overlay",
          () -> {
            for (int i = 1; i < 40; i++) {
              page.mouse().move(box.x + box.width * i / 40, box.y + box.height / 2);
            }
          });
      measure(page, "click: logarithmic overlay", () -> page.locator(".toggle").click());
      measure(page, "x in the overlay", () -> page.keyboard().press("x"));
      page.locator(".smoothing input").focus();
      measure(
          page,
          "smooth the overlay, 10 steps",
          () -> {
            for (int i = 0; i < 10; i++) {
              page.keyboard().press("ArrowRight");
            }
          });
    }
  }

  private static void measure(Page page, String what, Runnable action) {
    page.evaluate("inputs.length = 0");
    action.run();
    page.waitForTimeout(500);
    double worst = number(page, "Math.max(0, ...inputs.map(i => i[1]))");
    say("%-30s worst %s", what, worst < 16 ? "below 16 ms" : String.format("%.0f ms", worst));
  }

  private static String spread(double[] values) {
    java.util.Arrays.sort(values);
    return String.format(
        Locale.ROOT, "%.0f ms (%.0f to %.0f)", values[ROUNDS / 2], values[0], values[ROUNDS - 1]);
  }

  private static double number(Page page, String script) {
    return ((Number) page.evaluate(script)).doubleValue();
  }

  private static void say(String format, Object... values) {
    System.out.printf(Locale.ROOT, format + "%n", values);
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
