package dev.touchstone.server.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.ColorScheme;
import dev.touchstone.server.ManyRuns;
import dev.touchstone.server.view.TopicRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A run's curves: axes, smoothing, scale, marks, other runs over it. */
class RunPageTest extends BrowserTest {

  private void smooth(String weight) {
    page.locator(".smoothing input")
        .evaluate(
            "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }",
            weight);
  }

  @Test
  void theKeyboardReadsValuesOffTheChart() {
    playRuns(12);
    go("#/runs/fraud-live");
    page.locator("#chart").focus();

    page.keyboard().press("ArrowRight");
    assertThat(page.locator(".readout")).containsText("step 200 ·");
    page.keyboard().press("Shift+ArrowRight");
    assertThat(page.locator(".readout")).containsText("step 2,200");
    page.keyboard().press("ArrowLeft");
    assertThat(page.locator(".readout")).containsText("step 2,000");
    assertThat(page.locator(".readout .full b")).hasText("0.1548");
  }

  @Test
  void smoothingKeepsTheValuesAndLivesInTheAddress() {
    playRuns(12);
    go("#/runs/fraud-live");
    assertThat(page.locator(".smoothing output")).hasText("off");

    smooth("0.8");

    assertThat(page.locator(".smoothing output")).hasText("0.80");
    assertThat(page.locator(".legend").first()).containsText("faint: as it came");
    page.locator("#chart").focus();
    page.keyboard().press("ArrowLeft");
    // the last value as it was measured, and after it what smoothing makes of it
    assertThat(page.locator(".readout .proxy b")).hasText("0.1995");
    assertThat(page.locator(".readout > .proxy")).containsText("smoothed 0.1");
    shoot("run-smoothed");

    page.reload();
    assertThat(page.locator(".smoothing output")).hasText("0.80");
  }

  @Test
  void axesAndScaleFollowTheKeyboardAndTheAddress() {
    playRuns(12);
    go("#/runs/fraud-live");
    for (String axis : List.of("Epoch", "Relative", "Time", "Step")) {
      page.keyboard().press("x");
      assertThat(button(axis)).hasAttribute("aria-pressed", "true");
    }
    page.keyboard().press("l");
    assertThat(button("Log")).hasAttribute("aria-pressed", "true");
    page.waitForURL(url -> url.contains("scale=log"));

    go("#/runs/fraud-live?axis=relative&scale=log");
    page.locator("#chart").focus();
    page.keyboard().press("ArrowRight");
    assertThat(button("Relative")).hasAttribute("aria-pressed", "true");
    assertThat(page.locator(".readout")).containsText("step 200");
  }

  @Test
  void aStopAndAVerdictShowTheirEvidence() {
    playRuns(12);
    go("#/runs/fraud-lr-3e-2");
    Locator stop = page.getByLabel("STOP signal at step-02800");
    Locator evidence =
        page.getByLabel(
            "Evidence", new com.microsoft.playwright.Page.GetByLabelOptions().setExact(true));

    stop.hover();
    assertThat(evidence).containsText("no gain of 0.002 in average_precision over 6 checkpoints");
    assertThat(evidence).containsText("0.3100 (0.3000–0.3200)");
    page.locator("h1").hover();
    assertThat(evidence).hasCount(0);

    stop.click();
    page.locator("h1").hover();
    assertThat(evidence).isVisible();
    page.keyboard().press("Escape");
    assertThat(evidence).hasCount(0);

    go("#/runs/fraud-live");
    page.getByLabel("gate release: Fail at step-01000").focus();
    assertThat(evidence).containsText("average_precision 0.0894 is below 0.15");
  }

  @Test
  void anotherRunLiesOverItInTheColourThatItHasEverywhere() {
    playRuns(12);
    go("#/runs/fraud-live");
    page.getByLabel("Overlay fraud-2024-baseline").click();

    Locator chips = page.locator(".chips li");
    assertThat(chips.nth(0)).containsText("fraud-live");
    assertThat(chips.nth(1)).containsText("fraud-2024-baseline");
    String colour = colourOf(chips.nth(1).locator(".swatch"));
    page.reload();
    assertThat(chips.nth(1)).containsText("fraud-2024-baseline");
    page.locator(".chips a", has("all their metrics")).click();
    assertThat(page.locator("h1")).hasText("Overlay");
    Locator row = page.locator(".overlay-runs tbody tr", has("fraud-2024-baseline"));
    assertThat(colourOf(row.locator(".swatch"))).isEqualTo(colour);

    go("#/runs/fraud-live?with=fraud-2024-baseline");
    page.getByLabel("Take fraud-2024-baseline out of the chart").click();
    assertThat(page.locator(".chips")).hasCount(0);
  }

  private static String colourOf(Locator swatch) {
    return (String) swatch.evaluate("e => getComputedStyle(e).backgroundColor");
  }

  @Test
  void aSampledProxyIsToldApartFromAWholeOne() {
    playRuns(12);
    go("#/runs/fraud-live");
    assertThat(page.locator(".plot canvas").first()).isVisible();
    assertThat(page.locator(".legend").first()).not().containsText("From a sample");

    TopicRecord whole = live.set(12, "COMPLETE", 1, null);
    String sampled =
        new String(whole.value(), StandardCharsets.UTF_8)
            .replace("\"sampled\":false", "\"sampled\":true");
    fixture.feed(
        new TopicRecord(
            whole.topic(),
            whole.key(),
            sampled.getBytes(StandardCharsets.UTF_8),
            whole.headers(),
            whole.timestampMillis()));

    assertThat(page.locator(".legend").first()).containsText("From a sample");
    page.locator("#chart").focus();
    page.keyboard().press("ArrowLeft");
    assertThat(page.locator(".readout > .proxy")).containsText("sample");
  }

  @Test
  void aCurveThatCannotBeLoadedSaysSoAndCanBeAskedForAgain() {
    playRuns(12);
    page.route("**/v1/curves?*", r -> r.abort());
    go("#/runs/fraud-live");
    assertThat(text("The curve can’t be loaded")).isVisible();

    page.unroute("**/v1/curves?*");
    button("Try again").click();
    assertThat(page.locator(".plot canvas").first()).isVisible();
  }

  @Test
  void textCanBeReadInBothThemes() {
    playRuns(12);
    for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      open(1280, 900, scheme);
      for (String view : List.of("#/", "#/runs/fraud-lr-3e-2?with=fraud-live", "#/overlay")) {
        go(view);
        assertThat(page.locator("a.run").first()).isVisible();
        assertThat(page.locator("main .card").first()).isVisible();
        assertThat((List<?>) page.evaluate(CONTRAST)).as("%s in %s", view, scheme).isEmpty();
      }
    }
  }

  /**
   * Texts whose contrast with what is behind them is below WCAG's 4.5, or 3 where they are large.
   */
  private static final String CONTRAST =
      """
      () => {
        const parse = c => (c.match(/[\\d.]+/g) ?? []).map(Number);
        const light = ([r, g, b]) => [r, g, b]
          .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
          .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const behind = e => {
          const layers = [];
          for (; e; e = e.parentElement) {
            const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
            layers.push([r, g, b, a]);
            if (a === 1) break;
          }
          return layers.reverse().reduce((under, [r, g, b, a]) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a)), [255, 255, 255]);
        };
        const bad = [];
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
          const e = walk.currentNode.parentElement;
          if (!walk.currentNode.data.trim() || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
          if (e.closest('.pin, noscript, [aria-hidden], .unseen, .skip')) continue;
          const style = getComputedStyle(e);
          const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 600);
          const [a, b] = [light(parse(style.color)), light(behind(e))];
          const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          if (contrast < (large ? 3 : 4.5)) bad.push(walk.currentNode.data.trim() + ' ' + contrast.toFixed(2));
        }
        return bad;
      }
      """;

  @Test
  void ofManyPointsASpikeIsStillRead() {
    new ManyRuns(1, 1, 4_000).feed(fixture);
    go("#/runs/sweep-000?metric=metric_00");
    page.locator("#chart").focus();
    assertThat(page.locator(".plot canvas").first()).isVisible();
    // 4,000 points in 800 pixels: the column of the spike is drawn up to it
    assertThat(
            page.evaluate(
                """
                () => {
                  const canvas = document.querySelector('#chart canvas');
                  const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                  const [r, g, b] = [29, 99, 168];
                  for (let y = 0; y < height * 0.25; y++) {
                    for (let x = Math.floor(width * 0.1); x < width; x++) {
                      const i = 4 * (y * width + x);
                      if (Math.abs(data[i] - r) < 60 && Math.abs(data[i + 1] - g) < 60 && Math.abs(data[i + 2] - b) < 60) return true;
                    }
                  }
                  return false;
                }
                """))
        .isEqualTo(true);
  }
}
