package dev.touchstone.server.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.touchstone.server.PagePlayground;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.SyntheticRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * A page in a real browser, over a real server on a free port. Every test also fails on a script
 * error, on anything that the content security policy refused, and on any request to elsewhere.
 * Screenshots are kept in {@code target/screenshots}.
 */
abstract class BrowserTest {

  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path SHOTS = Path.of("target", "screenshots");

  private static Playwright playwright;
  private static Browser browser;

  ServerFixture fixture;
  SyntheticRun live;
  BrowserContext context;
  Page page;
  final List<String> complaints = new ArrayList<>();

  @BeforeAll
  static void launch() throws IOException {
    if (!Files.isExecutable(CHROMIUM)) {
      throw new IllegalStateException(
          "the page's test needs a browser at " + CHROMIUM + ": apt-get install -y chromium");
    }
    Files.createDirectories(SHOTS);
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser = browser();
    // a machine that does other things too is slow, and no reason to fail
    PlaywrightAssertions.setDefaultAssertionTimeout(20_000);
  }

  private static Browser browser() {
    return playwright
        .chromium()
        .launch(
            new BrowserType.LaunchOptions()
                .setExecutablePath(CHROMIUM)
                .setArgs(
                    List.of(
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync")));
  }

  @AfterAll
  static void quit() {
    if (playwright != null) {
      playwright.close();
    }
  }

  @BeforeEach
  void open() {
    fixture = new ServerFixture();
    open(1280, 900, ColorScheme.LIGHT);
  }

  void open(int width, int height, ColorScheme scheme) {
    if (!browser.isConnected()) {
      // a browser that died failed the test that it died in, and no other
      browser = browser();
    }
    if (context != null) {
      context.close();
    }
    context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(scheme)
                .setReducedMotion(com.microsoft.playwright.options.ReducedMotion.REDUCE));
    String home = fixture.server.url();
    page = context.newPage();
    page.setDefaultTimeout(45_000);
    page.onPageError(error -> complaints.add("script error: " + error));
    page.onConsoleMessage(
        message -> {
          // a refused fetch is the server's answer and shown by the page; all else is a fault
          boolean answer = message.text().startsWith("Failed to load resource");
          if (message.type().equals("error") && !answer) {
            complaints.add("console: " + message.text());
          }
        });
    page.onRequest(
        request -> {
          if (!request.url().startsWith(home)) {
            complaints.add("request to elsewhere: " + request.url());
          }
        });
  }

  @AfterEach
  void close() {
    context.close();
    fixture.close();
    assertThat(complaints).isEmpty();
  }

  /** Some runs that are over, and one of {@code steps} steps that is not. */
  void playRuns(int steps) {
    PagePlayground.past(fixture);
    live = PagePlayground.current(fixture, steps);
  }

  /**
   * The same run with nothing but what a view of model checkpoints needs: reports of steps 5 and
   * 10, a trigger of step 8 that ended without one.
   */
  void playReports() {
    live = PagePlayground.run("fraud-live", System.currentTimeMillis() - 240_000, 1);
    playReports(live, 5, 10);
    fixture.feed(live.arriving(8, 0.42));
    fixture.feed(live.event(8));
    fixture.feed(live.ended(8, "INCOMPLETE", "412,000 of 1,000,000 predictions after 600 s"));
    fixture.feed(live.verdict(5, "FAIL", "average_precision 0.0894 is below 0.15"));
  }

  void playReports(SyntheticRun run, int... steps) {
    for (int i : steps) {
      fixture.feed(run.arriving(i, 1));
      fixture.feed(run.event(i));
      fixture.feed(run.evaluated(i));
    }
  }

  void go(String hash) {
    page.navigate(fixture.server.url() + hash);
  }

  Locator text(String text) {
    return page.getByText(text).first();
  }

  Locator button(String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  void shoot(String name) {
    page.evaluate("scrollTo(0, 0)");
    page.screenshot(
        new Page.ScreenshotOptions().setPath(SHOTS.resolve(name + ".png")).setFullPage(true));
  }

  static Page.LocatorOptions has(String text) {
    return new Page.LocatorOptions().setHasText(text);
  }

  String background() {
    return (String) page.evaluate("getComputedStyle(document.body).backgroundColor");
  }

  double number(String script) {
    return ((Number) page.evaluate(script)).doubleValue();
  }

  static long count(String text) {
    return Long.parseLong(text.replace(",", ""));
  }
}
