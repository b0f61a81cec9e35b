package dev.touchstone.server.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.ColorScheme;
import dev.touchstone.server.PagePlayground;
import dev.touchstone.server.ServerFixture;
import dev.touchstone.server.SyntheticRun;
import dev.touchstone.server.view.EvaluationRequest;
import dev.touchstone.server.view.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two model checkpoints against each other. */
class ComparePageTest extends BrowserTest {

  private static final String TENTH_AND_FIFTH =
      "#/compare?run=fraud-live&checkpoint=step-02000&with_run=fraud-live&with=step-01000";

  private Locator row(String metric) {
    return page.locator("table.differences tbody tr", has(metric));
  }

  private JsonNode metrics(int i) throws IOException {
    String path = "/v1/runs/fraud-live/checkpoints/" + SyntheticRun.checkpoint(i) + "/report";
    return Json.MAPPER.readTree(fixture.get(path).body()).at("/report/metrics");
  }

  @Test
  void aComparisonOfTheReportIsShownWithItsVerdicts() {
    playReports();
    fixture.feed(live.compared("by-hand", 10, live, 5));
    go(TENTH_AND_FIFTH);

    assertThat(text("example by example").first()).isVisible();
    assertThat(page.locator("main .badge", has("Paired")).first()).isVisible();
    assertThat(row("Average precision")).containsText("▲Better");
    assertThat(row("ROC AUC")).containsText("≈Undecided");
    assertThat(row("Brier score")).containsText("▲Better");
    assertThat(page.locator(".outcome"))
        .hasText(
            "step-02000 is better in Average precision and Brier score; undecided in ROC AUC.");
    assertThat(page.locator(".fact", has("Became right"))).containsText("130");
    assertThat(text("Over 1,000,000 examples that both have, paired by id.")).isVisible();
    assertThat(page.locator(".plot canvas")).isVisible();
    shoot("compare-light");
  }

  @Test
  void theSameComparisonIsReadFromTheOtherSide() {
    playReports();
    fixture.feed(live.compared("by-hand", 10, live, 5));
    go(TENTH_AND_FIFTH);
    assertThat(row("Average precision")).containsText("▲Better");
    String ahead = row("Average precision").locator("td b").textContent();

    button("Swap the two").click();

    assertThat(row("Average precision")).containsText("▼Worse");
    assertThat(row("Average precision").locator("td b")).hasText(ahead.replace('+', '−'));
    assertThat(row("ROC AUC")).containsText("≈Undecided");
    assertThat(page.locator(".fact", has("Became right"))).containsText("70");
    page.waitForURL(
        url -> url.contains("checkpoint=step-01000") && url.contains("with=step-02000"));
  }

  @Test
  void withoutOneTheIntervalsAreSetAgainstEachOtherAndMarkedSo() throws IOException {
    playReports();
    go(TENTH_AND_FIFTH);

    assertThat(page.locator("main .badge", has("Unpaired"))).isVisible();
    assertThat(text("Example by example the same difference has a far narrower")).isVisible();
    JsonNode mine = metrics(10).path("average_precision");
    JsonNode other = metrics(5).path("average_precision");
    double low = mine.path("ci_low").doubleValue() - other.path("ci_high").doubleValue();
    double high = mine.path("ci_high").doubleValue() - other.path("ci_low").doubleValue();
    Download csv = export("Table (CSV)");
    String[] cells =
        Files.readString(csv.path())
            .lines()
            .filter(line -> line.startsWith("average_precision,"))
            .findFirst()
            .orElseThrow()
            .split(",");
    assertThat(Double.parseDouble(cells[4])).isEqualTo(low);
    assertThat(Double.parseDouble(cells[5])).isEqualTo(high);
    assertThat(Double.parseDouble(cells[6])).isEqualTo(0.9, within(1e-12));
    assertThat(cells[7]).isEqualTo("ends_of_both_intervals");
    assertThat(low).as("so far apart that even this decides").isPositive();
    assertThat(row("Average precision")).containsText("▲Better");
    shoot("compare-unpaired");
  }

  private Download export(String what) {
    page.locator(".card", has("Difference")).locator("details.export summary").click();
    return page.waitForDownload(() -> page.locator("details.export[open]").getByText(what).click());
  }

  @Test
  void aComparisonIsAskedForOnceAndShownWhenItComes() {
    playReports();
    go(TENTH_AND_FIFTH);

    button("Compare example by example").click();

    assertThat(text("The comparison example by example was asked for")).isVisible();
    assertThat(fixture.written).hasSize(1);
    EvaluationRequest asked = fixture.written.get(0);
    assertThat(asked.checkpoint()).isEqualTo("step-02000");
    assertThat(asked.baseline())
        .isEqualTo(new EvaluationRequest.Baseline("fraud-live", "step-01000", null));
    assertThat(asked.evaluationSet()).isEqualTo("fraud-validation");

    // another reader, or the same one later, finds it under way
    page.reload();
    assertThat(text("The comparison example by example was asked for")).isVisible();
    assertThat(button("Compare example by example")).hasCount(0);

    fixture.feed(live.compared(asked.requestId(), 10, live, 5));

    assertThat(page.locator("main .badge", has("Paired")).first()).isVisible();
    assertThat(row("ROC AUC")).containsText("≈Undecided");
    assertThat(fixture.written).hasSize(1);
  }

  @Test
  void oneThatFailedSaysWhyAndCanBeAskedForAgain() {
    playReports();
    go(TENTH_AND_FIFTH);
    button("Compare example by example").click();
    assertThat(text("was asked for")).isVisible();
    String first = fixture.written.get(0).requestId();

    fixture.feed(live.endedRequest(first, 10, "FAILED", "baseline must have examples, got none"));

    assertThat(page.locator(".notice.bad")).containsText("baseline must have examples, got none");
    button("Ask again").click();
    assertThat(text("was asked for")).isVisible();
    assertThat(fixture.written).hasSize(2);
    assertThat(fixture.written.get(1).requestId()).isEqualTo(first + ".1");
  }

  @Test
  void aGuardedServerIsGivenItsToken() {
    fixture.close();
    fixture = new ServerFixture(s -> s.withToken("correct-horse"));
    open(1280, 900, ColorScheme.LIGHT);
    playReports();
    page.onDialog(dialog -> dialog.accept("correct-horse"));
    go(TENTH_AND_FIFTH);
    // the page learns from the status that there is one
    page.waitForResponse("**/v1/status", () -> {});

    button("Compare example by example").click();

    assertThat(text("The comparison example by example was asked for")).isVisible();
    assertThat(fixture.written).hasSize(1);
  }

  @Test
  void runsAreComparedAtTheirBestAndCanBeChosen() {
    playReports();
    long before = System.currentTimeMillis() - 7_200_000;
    playReports(PagePlayground.run("fraud-2024-baseline", before, 0.85), 10, 25);
    playReports(PagePlayground.run("team/payments sweep 7", before, 0.95), 5);
    go("#/compare?run=fraud-live&with_run=fraud-2024-baseline");

    Locator mine = page.locator(".side.mine select");
    Locator other = page.locator(".side.other select");
    assertThat(mine.nth(0)).hasValue("fraud-live");
    assertThat(mine.nth(1).locator("option").first()).hasText("best: step-02000");
    assertThat(other.nth(1).locator("option").first()).hasText("best: step-05000");
    assertThat(page.locator(".outcome")).containsText("fraud-live · step-02000 is worse in");

    other.nth(1).selectOption("step-02000");

    page.waitForURL(url -> url.contains("with=step-02000"));
    assertThat(page.locator(".outcome")).containsText("undecided in");
    other.nth(0).selectOption("team/payments sweep 7");
    page.waitForURL(url -> !url.contains("with=step-02000"));
    assertThat(other.nth(1).locator("option").first()).hasText("best: step-01000");
  }

  @Test
  void theWayThereIsOnTheCheckpointAndOnTheKeyboard() {
    playReports();
    go("#/runs/fraud-live/checkpoints/step-02000");
    assertThat(page.locator(".confusion")).isVisible();

    page.keyboard().press("c");

    assertThat(page.locator("h1")).hasText("Compare");
    assertThat(page.locator(".side.other select").nth(1)).hasValue("step-01000");
    assertThat(page.locator("table.differences")).isVisible();
    page.keyboard().press("u");
    assertThat(page.locator("h1")).hasText("fraud-live");
  }

  @Test
  void whatIsMissingIsSaid() {
    playReports();
    SyntheticRun young = PagePlayground.run("young", System.currentTimeMillis() - 60_000, 1);
    fixture.feed(young.arriving(2, 1));
    go("#/compare");
    assertThat(text("Which two?")).isVisible();

    go("#/compare?run=young&with_run=fraud-live");
    assertThat(text("This one: no full report yet")).isVisible();
    assertThat(text("young has no report to compare.")).isVisible();

    go("#/compare?run=nobody&with_run=fraud-live");
    assertThat(page.locator(".problem")).containsText("no run has the id \"nobody\" here");

    go("#/compare?run=fraud-live&checkpoint=step-02000&with_run=fraud-live&with=step-02000");
    assertThat(text("Both sides are the same model checkpoint.")).isVisible();
  }

  @Test
  void darkAndPhoneShowTheSame() {
    playReports();
    fixture.feed(live.compared("by-hand", 10, live, 5));
    open(1280, 900, ColorScheme.DARK);
    go(TENTH_AND_FIFTH);
    assertThat(row("Average precision")).containsText("▲Better");
    assertThat(background()).isEqualTo("rgb(18, 20, 24)");
    shoot("compare-dark");

    open(390, 844, ColorScheme.LIGHT);
    go(TENTH_AND_FIFTH);
    assertThat(row("Average precision")).containsText("▲Better");
    assertThat(number("document.documentElement.scrollWidth")).isEqualTo(390);
    List<String> verdicts =
        page.locator("table.differences .badge >> visible=true").allTextContents();
    assertThat(verdicts).containsExactly("▲Better", "≈Undecided", "▲Better");
    shoot("phone-compare");
  }
}
