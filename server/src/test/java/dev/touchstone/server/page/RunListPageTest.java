package dev.touchstone.server.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.options.ColorScheme;
import dev.touchstone.server.ManyRuns;
import org.junit.jupiter.api.Test;

/** The list of runs, as a page and beside a run. */
class RunListPageTest extends BrowserTest {

  private Locator row(String run) {
    return page.locator("li.row", has(run));
  }

  private Locator names() {
    return page.locator("a.run .name");
  }

  @Test
  void aRunStandsWithItsStatusValuesAndCounts() {
    playRuns(12);
    go("");

    assertThat(page.locator("a.run")).hasCount(4);
    assertThat(row("team/payments sweep 7").locator(".badge")).hasText("△Stale");
    assertThat(row("fraud-lr-3e-2").locator(".badge")).hasText("■Stopped");
    assertThat(row("fraud-2024-baseline").locator(".badge")).hasText("■Finished");
    Locator live = row("fraud-live");
    assertThat(live.locator(".badge")).hasText("●Live");
    assertThat(live.locator(".c-last")).hasText("0.1995");
    assertThat(live.locator(".c-best")).containsText("0.1548");
    assertThat(live.locator(".c-step")).containsText("2,400");
    assertThat(live.locator(".c-in")).hasText("12.00 M");
    assertThat(live.locator(".c-duplicates")).hasText("1");
    assertThat(live.locator(".c-dead")).hasText("3");
    assertThat(row("fraud-lr-3e-2").locator(".c-dead")).hasText("0");
    shoot("runs");
  }

  @Test
  void searchAndStatusNarrowTheListAndLiveInTheAddress() {
    playRuns(12);
    go("");
    assertThat(page.locator("a.run")).hasCount(4);
    page.keyboard().press("/");
    assertThat(page.locator("#search")).isFocused();
    page.keyboard().type("FRAUD 2024");
    assertThat(page.locator("#search")).hasValue("FRAUD 2024");
    assertThat(names()).hasText(new String[] {"fraud-2024-baseline"});
    page.keyboard().press("Escape");
    assertThat(page.locator("#search")).not().isFocused();

    page.reload();
    assertThat(names()).hasText(new String[] {"fraud-2024-baseline"});
    page.locator("#search").fill("nothing like it");
    button("Show all").click();
    assertThat(page.locator("a.run")).hasCount(4);

    page.locator(".toolbar .segmented button", has("Stale")).click();
    assertThat(names()).hasText(new String[] {"team/payments sweep 7"});
    page.waitForURL(url -> url.contains("status=STALE"));
  }

  @Test
  void aHeadingSortsAndAPinnedRunStaysOnTop() {
    playRuns(12);
    go("");
    page.getByLabel(
            "Sort by last", new com.microsoft.playwright.Page.GetByLabelOptions().setExact(true))
        .click();
    assertThat(names().first()).hasText("fraud-live");
    page.getByLabel("Sort by run").click();
    assertThat(names())
        .hasText(
            new String[] {
              "fraud-2024-baseline", "fraud-live", "fraud-lr-3e-2", "team/payments sweep 7"
            });

    page.getByLabel("Pin fraud-lr-3e-2").click();
    assertThat(names().first()).hasText("fraud-lr-3e-2");

    page.reload();
    assertThat(names().first()).hasText("fraud-lr-3e-2");
    assertThat(page.getByLabel("Pin fraud-lr-3e-2")).hasAttribute("aria-pressed", "true");
  }

  @Test
  void ofALongListOnlyWhatIsSeenIsDrawn() {
    new ManyRuns(300, 1, 3).feed(fixture);
    go("#/?sort=name");
    assertThat(row("sweep-000")).isVisible();
    assertThat(number("document.querySelectorAll('a.run').length")).isLessThan(60);

    page.evaluate("scrollTo(0, 299 * 46)");
    assertThat(row("sweep-299")).isVisible();
    assertThat(row("sweep-000")).hasCount(0);

    go("#/runs/sweep-100?sort=name");
    assertThat(page.locator("h1")).hasText("sweep-100");
    page.keyboard().press("j");
    assertThat(page.locator("h1")).hasText("sweep-101");
    assertThat(page.locator("a.run[aria-current]")).isVisible();
    assertThat(page.locator("a.run[aria-current] .name")).hasText("sweep-101");
  }

  @Test
  void theRunsBesideAreFetchedAhead() {
    new ManyRuns(3, 1, 3).feed(fixture);
    Response curves =
        page.waitForResponse(
            r -> r.url().contains("/v1/curves?") && r.url().contains("run=sweep-001"),
            () -> {
              Response detail =
                  page.waitForResponse(
                      r -> r.url().contains("/v1/runs/sweep-001?"),
                      () -> go("#/runs/sweep-000?sort=name"));
              detail.finished();
            });
    curves.finished();
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");

    page.route("**/v1/**", r -> r.abort());
    page.keyboard().press("j");
    assertThat(page.locator("h1")).hasText("sweep-001");
    assertThat(page.locator("#chart canvas").first()).isVisible();
  }

  @Test
  void aPhoneShowsTheListAsCards() {
    playRuns(12);
    open(390, 844, ColorScheme.DARK);
    go("");
    assertThat(page.locator("a.run")).hasCount(4);
    assertThat(number("document.documentElement.scrollWidth")).isEqualTo(390);
    shoot("phone-runs");
  }

  @Test
  void whileTheServerIsAwayTheListSaysSoAndWhenItIsBackShowsRuns() {
    page.route("**/v1/runs?*", r -> r.abort());
    playRuns(3);
    go("");
    assertThat(text("The server can’t be reached")).isVisible();

    page.unroute("**/v1/runs?*");
    button("Try again").click();
    assertThat(page.locator("a.run")).hasCount(4);
  }
}
