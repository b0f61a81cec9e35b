package dev.touchstone.server.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.BoundingBox;
import com.microsoft.playwright.options.ColorScheme;
import dev.touchstone.server.PagePlayground;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.SyntheticRun;
import dev.touchstone.server.TouchstoneServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of runs, a run, and what all views share. */
class PageTest extends BrowserTest {

  @Test
  void anEmptyServerSaysHowToStartAndShowsTheFirstRunWithoutReload() {
    go("");
    assertThat(text("No run yet")).isVisible();
    assertThat(text("./touchstone demo")).isVisible();
    assertThat(button("Copy").first()).isVisible();
    shoot("empty");

    PagePlayground.current(fixture, 3);

    assertThat(page.locator("a.run .name")).hasText("fraud-live");
  }

  @Test
  void aRunShowsCurvesCheckpointsAndSets() {
    playRuns(12);
    go("#/runs/fraud-live");

    assertThat(page.locator("h1")).hasText("fraud-live");
    assertThat(page.locator(".plot canvas").first()).isVisible();
    assertThat(page.locator(".legend").first()).containsText("Proxy, as predictions arrive");
    assertThat(page.locator(".legend").first()).containsText("Full evaluation, exact");
    Locator rows = page.locator("table.checkpoints tbody tr");
    assertThat(rows).hasCount(3);
    assertThat(rows.nth(1)).containsText("Incomplete");
    assertThat(rows.nth(1)).containsText("412,000 of 1,000,000 predictions after 600 s");
    assertThat(rows.nth(0)).containsText("Evaluated");
    button("All 12").click();
    assertThat(rows).hasCount(12);
    Locator sets = page.locator(".card", has("Prediction sets"));
    assertThat(sets).containsText("12,000,000");
    assertThat(sets).containsText("Duplicate batches1");
    assertThat(sets).containsText("Conflicts1");
    assertThat(sets).containsText("Dead letters3");
    page.locator("summary", has("Dead letters")).click();
    assertThat(text("score must be a number, got NaN (run fraud-live, example 40213)")).isVisible();
    shoot("run-light");
  }

  @Test
  void aProxyThatCannotBeTrustedIsMarkedWhereverItStands() {
    playRuns(12);
    go("#/runs/fraud-live");
    assertThat(page.locator(".legend").first()).not().containsText("Untrusted");
    assertThat(page.locator(".card", has("Track record"))).hasCount(0);

    fixture.feed(live.proxy(12, "average_precision", 0.21, "UNTRUSTED"));
    fixture.feed(live.proxy(10, "average_precision.proxy_bias", 0.0512, "UNTRUSTED"));
    fixture.feed(live.proxy(10, "average_precision.proxy_absolute_error", 0.06, "UNTRUSTED"));
    fixture.feed(live.proxy(10, "average_precision.proxy_coverage", 0.25, "UNTRUSTED"));
    fixture.feed(live.proxy(10, "average_precision.proxy_kendall_tau", null, "UNTRUSTED"));
    fixture.feed(live.proxy(10, "roc_auc.sampled_proxy_bias", -0.001, "TRUSTED"));
    fixture.feed(live.proxy(12, "full_evaluations_avoided", 7.0, "UNKNOWN"));
    fixture.feed(live.proxy(12, "inference_avoided", 5_880_000.0, "UNKNOWN"));

    assertThat(page.locator(".tile", has("Average precision"))).containsText("✕Untrusted");
    assertThat(page.locator(".tile", has("ROC AUC"))).not().containsText("Untrusted");
    assertThat(page.locator(".legend").first())
        .containsText("The proxy has missed exact values more often than chance explains");
    assertThat(page.locator("table.checkpoints tbody tr").first()).containsText("✕Untrusted");
    Locator record = page.locator("table.record tbody tr");
    assertThat(record).hasCount(2);
    assertThat(record.nth(0)).containsText("Average precision whole sets");
    assertThat(record.nth(0)).containsText("✕Untrusted");
    assertThat(record.nth(0)).containsText("25 %");
    assertThat(record.nth(0)).containsText("+0.0512");
    assertThat(record.nth(1)).containsText("ROC AUC samples");
    assertThat(record.nth(1)).containsText("✓Trusted");
    Locator item = page.locator("a.run", has("fraud-live"));
    assertThat(item).containsText("✕Untrusted");
    assertThat(item).containsText("avoided: 7 full evaluations, 5.88 M predictions");
    shoot("run-untrusted");

    page.locator(".tile", has("ROC AUC")).click();
    assertThat(page.locator(".legend").first()).not().containsText("Untrusted");
  }

  @Test
  void pointsArriveLive() {
    playRuns(12);
    go("#/runs/fraud-live");
    assertThat(page.locator(".tile").first()).containsText("Average precision");
    String before = page.locator(".tile-value").first().textContent();

    fixture.feed(live.event(15));
    fixture.feed(live.arriving(13, 1));
    fixture.feed(live.arriving(14, 1));
    fixture.feed(live.arriving(15, 0.42));

    assertThat(page.locator(".tile-value").first()).not().hasText(before);
    Locator newest = page.locator("table.checkpoints tbody tr").first();
    assertThat(newest).containsText("Waiting");
    assertThat(newest).containsText("420,000 of 1,000,000 predictions have arrived");

    fixture.feed(live.arriving(15, 1));
    assertThat(newest).containsText("Evaluating");
    fixture.feed(live.evaluated(15));
    assertThat(newest).containsText("Evaluated");
    assertThat(page.locator(".tile-full").first()).containsText("at 3,000");
  }

  @Test
  void metricAxisAndSliceLiveInTheAddress() {
    playRuns(12);
    go("#/runs/fraud-live");

    page.locator(".tile", has("ROC AUC")).click();
    button("Epoch").click();
    page.locator("label.select", has("Slice")).locator("select").selectOption("country=PL");
    assertThat(page.locator(".card h2").first()).containsText("ROC AUC");
    page.waitForURL(
        url ->
            url.contains("metric=roc_auc")
                && url.contains("axis=epoch")
                && url.contains("slice=country%3DPL"));

    page.reload();

    assertThat(button("Epoch")).hasAttribute("aria-pressed", "true");
    assertThat(page.locator(".tile", has("ROC AUC"))).hasAttribute("aria-pressed", "true");
    assertThat(page.locator("label.select", has("Slice")).locator("select")).hasValue("country=PL");
    button("Time").click();
    assertThat(page.locator(".plot canvas").first()).isVisible();
  }

  @Test
  void pointingAtTheChartReadsProxyAndFullValue() {
    playRuns(12);
    go("#/runs/fraud-live");
    BoundingBox box = page.locator(".plot .u-over").boundingBox();
    // step 2,000 of 200 … 2,400 is a full checkpoint
    page.mouse().move(box.x + box.width * 0.806, box.y + box.height / 2);

    assertThat(page.locator(".readout")).containsText("step 2,000");
    assertThat(page.locator(".readout .proxy b")).hasText("0.1548");
    assertThat(page.locator(".readout .full b")).hasText("0.1548");
  }

  @Test
  void aWriteThatFailsIsSaid() {
    playRuns(12);
    fixture.brokerError = "no answer within 10000 ms";
    go("#/runs/fraud-live");

    button("Evaluate").first().click();

    assertThat(page.locator(".toast")).containsText("Kafka does not answer");
  }

  @Test
  void theKeyboardMovesThroughRunsAndReports() {
    playRuns(12);
    go("");
    assertThat(page.locator("a.run")).hasCount(4);
    page.keyboard().press("j");
    assertThat(page.locator("h1")).hasText("fraud-live");
    page.keyboard().press("j");
    assertThat(page.locator("h1")).hasText("team/payments sweep 7");
    page.keyboard().press("k");
    assertThat(page.locator("h1")).hasText("fraud-live");
    assertThat(page.locator("table.checkpoints")).isVisible();
    page.keyboard().press("]");
    assertThat(page.locator("h1")).hasText("step-01000");
    page.keyboard().press("]");
    assertThat(page.locator("h1")).hasText("step-02000");
    page.keyboard().press("u");
    assertThat(page.locator("h1")).hasText("fraud-live");
    page.keyboard().press("x");
    assertThat(button("Epoch")).hasAttribute("aria-pressed", "true");
    page.keyboard().press("?");
    assertThat(page.getByRole(AriaRole.DIALOG)).containsText("previous report");
    page.keyboard().press("Escape");
    assertThat(page.getByRole(AriaRole.DIALOG)).hasCount(0);
  }

  @Test
  void darkFollowsTheSystemAndTheSwitchIsRemembered() {
    playRuns(12);
    open(1280, 900, ColorScheme.DARK);
    go("#/runs/fraud-live");
    assertThat(page.locator(".plot canvas").first()).isVisible();
    assertThat(background()).isEqualTo("rgb(18, 20, 24)");
    shoot("run-dark");

    page.keyboard().press("t");
    assertThat(page.locator("html")).hasAttribute("data-theme", "light");
    assertThat(background()).isEqualTo("rgb(246, 245, 242)");
    page.reload();
    assertThat(background()).isEqualTo("rgb(246, 245, 242)");
  }

  @Test
  void aPhoneShowsOneThingAtATimeAndNothingSticksOut() {
    playRuns(12);
    open(390, 844, ColorScheme.LIGHT);
    go("");
    assertThat(page.locator("a.run")).hasCount(4);
    assertThat(page.locator("a.run").first()).isVisible();
    for (String hash :
        List.of("#/", "#/runs/fraud-live", "#/runs/fraud-live/checkpoints/step-02000")) {
      go(hash);
      assertThat(page.locator("main .card").first()).isVisible();
      assertThat(page.evaluate("document.documentElement.scrollWidth"))
          .as("width of %s", hash)
          .isEqualTo(390);
    }
    assertThat(page.locator(".sidebar")).isHidden();
    shoot("phone-checkpoint");
    go("#/runs/fraud-live");
    assertThat(page.locator("table.checkpoints")).isVisible();
    shoot("phone-run");
  }

  @Test
  void hostileNamesAreTextAndNothingElse() {
    String evil = "<img src=x onerror=\"window.hacked=1\">/\"'`</script><script>window.hacked=1";
    SyntheticRun run = PagePlayground.run(evil, System.currentTimeMillis() - 500_000, 1);
    fixture.feed(run.history(5));
    fixture.feed(run.signal(5, "STOP", "<b onmouseover=window.hacked=1>stop</b>"));
    fixture.feed(run.verdict(5, "FAIL", "<script>window.hacked=1</script>"));
    fixture.feed(
        SyntheticRun.deadLetter(
            ServerFixture.TOPICS,
            "<svg onload=window.hacked=1>",
            "<i>t</i>",
            0,
            1,
            "<img src=x onerror=window.hacked=1>".getBytes()));
    go("");
    page.locator("a.run").click();
    assertThat(page.locator("h1")).hasText(evil);
    assertThat(text("<b onmouseover=window.hacked=1>stop</b>")).isVisible();
    page.locator("table.checkpoints a.button").click();
    assertThat(page.locator("h1")).hasText("step-01000");
    assertThat(page.locator(".notice")).containsText("<script>window.hacked=1</script>");
    page.locator(".crumbs a").click();
    assertThat(page.locator("h1")).hasText(evil);

    assertThat(page.evaluate("window.hacked")).isNull();
    assertThat(page.locator("#app img:not([src='icon.svg'])")).hasCount(0);
  }

  @Test
  void aServerThatGoesAwayIsSaidAndComesBackByItself() {
    playRuns(12);
    go("#/runs/fraud-live");
    assertThat(page.locator(".connection")).hasText("Live");
    assertThat(page.locator(".plot canvas").first()).isVisible();
    int port = fixture.server.port();

    fixture.server.close();
    assertThat(page.locator(".connection")).containsText("Reconnecting · last update");
    // what was known stays on the page
    assertThat(page.locator("h1")).hasText("fraud-live");
    shoot("reconnecting");

    try (var again = new ServerFixture(s -> s.withPort(port))) {
      PagePlayground.current(again, 14);
      assertThat(page.locator(".connection")).hasText("Live");
      assertThat(page.locator(".meta")).containsText("2,800");
    }
  }

  @Test
  void anUnknownRunSaysSo() {
    playRuns(3);
    go("#/runs/nobody");

    assertThat(text("No such run here")).isVisible();
    assertThat(text("no run has the id \"nobody\" here")).isVisible();
  }

  /** The rule behind {@link #hostileNamesAreTextAndNothingElse}, for code that no test reaches. */
  @Test
  void noScriptOfThePageEverSetsHtml() throws Exception {
    Path folder = Path.of(TouchstoneServer.class.getResource("page/app.js").toURI()).getParent();
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> scripts = files.filter(f -> f.toString().endsWith(".js")).toList();
      assertThat(scripts).hasSizeGreaterThan(8);
      for (Path script : scripts) {
        assertThat(Files.readString(script))
            .as(script.toString())
            .doesNotContain(
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "dangerouslySetInnerHTML",
                "new Function");
      }
    }
  }
}
