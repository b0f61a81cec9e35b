package dev.touchstone.server.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.ColorScheme;
import dev.touchstone.server.ManyRuns;
import org.junit.jupiter.api.Test;

/** Many runs over one another. */
class OverlayPageTest extends BrowserTest {

  private Locator rows() {
    return page.locator(".overlay-runs tbody tr");
  }

  @Test
  void allRunsOfTheListLieOverOneAnotherTheBestFirst() {
    playRuns(12);
    go("");
    page.keyboard().press("o");

    assertThat(page.locator("h1")).hasText("Overlay");
    assertThat(rows()).hasCount(4);
    assertThat(rows().nth(0)).containsText("fraud-live");
    assertThat(rows().nth(0)).containsText("0.1995");
    assertThat(rows().nth(3)).containsText("fraud-lr-3e-2");
    assertThat(page.locator("#chart canvas").first()).isVisible();
    page.locator("#chart").focus();
    page.keyboard().press("ArrowRight");
    assertThat(page.locator(".readout")).containsText("step 200");
    shoot("overlay");
  }

  @Test
  void runsAreChosenInTheListAndTakenOut() {
    playRuns(12);
    go("");
    page.getByLabel("Overlay fraud-live").click();
    page.getByLabel("Overlay fraud-lr-3e-2").click();
    page.locator("a.button", has("Overlay 2 runs")).click();
    assertThat(rows()).hasCount(2);

    page.getByLabel("Take fraud-lr-3e-2 out").click();
    assertThat(rows()).hasCount(1);
    page.reload();
    assertThat(rows()).hasCount(1);
    assertThat(rows().first()).containsText("fraud-live");
    button("Show all runs").click();
    assertThat(rows()).hasCount(4);
  }

  @Test
  void aDoubleClickEndsTheZoomAndOpensNoRun() {
    playRuns(12);
    go("#/overlay");
    assertThat(page.locator("#chart canvas").first()).isVisible();
    var box = page.locator("#chart .u-over").boundingBox();
    double middle = box.y + box.height / 2;
    page.mouse().move(box.x + box.width * 0.3, middle);
    page.mouse().down();
    page.mouse().move(box.x + box.width * 0.5, middle);
    page.mouse().up();

    page.mouse().dblclick(box.x + box.width / 2, middle);
    assertThat(page.url()).endsWith("#/overlay");
    page.mouse().click(box.x + box.width / 2, middle);
    page.waitForURL(url -> url.contains("#/runs/"));
  }

  @Test
  void theAddressHoldsMetricAxisTierScaleAndSmoothing() {
    playRuns(12);
    go("#/overlay?metric=roc_auc&axis=relative&tier=full&scale=log&smooth=0.5");

    assertThat(page.locator(".card h2").first()).containsText("ROC AUC");
    assertThat(button("Relative")).hasAttribute("aria-pressed", "true");
    assertThat(button("Full ◆")).hasAttribute("aria-pressed", "true");
    assertThat(button("Log")).hasAttribute("aria-pressed", "true");
    assertThat(page.locator(".smoothing output")).hasText("0.50");
    // the last full value and not the proxy after it
    assertThat(page.locator(".overlay-runs tr", has("fraud-live"))).containsText("0.9116");
  }

  @Test
  void theSmallChartsAreDrawnWhenTheyComeIntoViewAndOpenLarge() {
    new ManyRuns(30, 12, 40).feed(fixture);
    go("#/overlay");
    assertThat(page.locator("#chart canvas").first()).isVisible();
    Locator small = page.locator(".small-multiple", has("Metric 11"));
    assertThat(small.locator("canvas")).hasCount(0);

    small.scrollIntoViewIfNeeded();
    assertThat(small.locator("canvas").first()).isVisible();
    small.locator("button").first().click();
    assertThat(page.locator(".card h2").first()).containsText("Metric 11");
    page.waitForURL(url -> url.contains("metric=metric_11"));
  }

  @Test
  void pointsArriveLive() {
    var many = new ManyRuns(3, 1, 50);
    for (int step = 1; step < 50; step++) {
      for (int run = 0; run < 3; run++) {
        fixture.feed(many.point(run, 0, step));
      }
    }
    go("#/overlay");
    assertThat(rows()).hasCount(3);
    assertThat(rows().filter(new Locator.FilterOptions().setHasText("4,900"))).hasCount(3);
    String before = rows().first().textContent();

    for (int run = 0; run < 3; run++) {
      fixture.feed(many.point(run, 0, 50));
    }

    assertThat(rows().filter(new Locator.FilterOptions().setHasText("5,000"))).hasCount(3);
    assertThat(rows().first()).not().hasText(before);
  }

  @Test
  void withoutARunItSaysWhatToDo() {
    go("#/overlay");
    assertThat(text("No run yet")).isVisible();
    assertThat(text("./touchstone demo")).isVisible();
  }

  @Test
  void aPhoneShowsItWithoutSticking() {
    playRuns(12);
    open(390, 844, ColorScheme.LIGHT);
    go("#/overlay");
    assertThat(page.locator("#chart canvas").first()).isVisible();
    assertThat(number("document.documentElement.scrollWidth")).isEqualTo(390);
    shoot("phone-overlay");
  }
}
