package dev.touchstone.server.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.gson.JsonObject;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.BoundingBox;
import com.microsoft.playwright.options.ColorScheme;
import dev.touchstone.server.view.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** The view of a model checkpoint: whatever it shows is what its report holds. */
class CheckpointPageTest extends BrowserTest {

  private static final String PLACE = "#/runs/fraud-live/checkpoints/step-02000";
  private static final String REPORT = "/v1/runs/fraud-live/checkpoints/step-02000/report";

  /** An operating point as a report has it. */
  private record Point(Double threshold, long tp, long fp) {
    long fn() {
      return 5_000 - tp;
    }

    long tn() {
      return 995_000 - fp;
    }

    double above() {
      return threshold == null ? Double.POSITIVE_INFINITY : threshold;
    }
  }

  private JsonNode envelope() {
    return json(fixture.get(REPORT).body());
  }

  private static JsonNode json(String text) {
    try {
      return Json.MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All operating points of the report, strictest first, each threshold once. */
  private List<Point> points() {
    JsonNode report = envelope().path("report");
    Map<Double, Point> byThreshold = new TreeMap<>(Comparator.reverseOrder());
    for (String part : List.of("curve", "sweep", "operating_points")) {
      for (JsonNode row : report.path(part)) {
        Double t = row.path("threshold").isNull() ? null : row.path("threshold").doubleValue();
        Point point = new Point(t, row.path("tp").asLong(), row.path("fp").asLong());
        byThreshold.putIfAbsent(point.above(), point);
      }
    }
    return new ArrayList<>(byThreshold.values());
  }

  /** The point whose threshold is in the address, digit for digit. */
  private Point addressed() {
    page.waitForURL(url -> url.contains("t="));
    // the address is written at most every 150 ms
    page.waitForTimeout(200);
    Matcher t = Pattern.compile("[?&]t=([^&]+)").matcher(page.url());
    assertThat(t.find()).as(page.url()).isTrue();
    String text = URLDecoder.decode(t.group(1), StandardCharsets.UTF_8);
    Double threshold = text.equals("max") ? null : Double.valueOf(text);
    return points().stream()
        .filter(p -> java.util.Objects.equals(p.threshold(), threshold))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the report has no threshold " + text));
  }

  private Locator cell(String name) {
    return page.locator(".confusion .cell", has(name)).locator("b");
  }

  private static String counted(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  /** Matrix, threshold table, top k and cost all show this point. */
  private void assertShown(Point p) {
    assertThat(cell("true positives")).hasText(counted(p.tp()));
    assertThat(cell("missed")).hasText(counted(p.fn()));
    assertThat(cell("false alarms")).hasText(counted(p.fp()));
    assertThat(cell("true negatives")).hasText(counted(p.tn()));
    Locator row = page.locator("table.sweep:not(.topk) tr.current td");
    assertThat(row.nth(4)).hasText(counted(p.tp()));
    assertThat(row.nth(5)).hasText(counted(p.fp()));
    assertThat(row.nth(6)).hasText(counted(p.fn()));
    assertThat(row.nth(7)).hasText(counted(p.tn()));
    assertThat(page.locator("table.topk tr.current td").first()).hasText(counted(p.tp() + p.fp()));
    assertThat(page.locator("#cost")).hasText(counted(p.fp() + 10 * p.fn()));
  }

  private void dragTo(double x, double y) {
    BoundingBox handle = page.locator(".operating-point").boundingBox();
    BoundingBox over = page.locator(".plot.square .u-over").boundingBox();
    page.mouse().move(handle.x + handle.width / 2, handle.y + handle.height / 2);
    page.mouse().down();
    page.mouse().move(over.x + over.width * x, over.y + over.height * y);
    page.mouse().up();
  }

  // ------------------------------------------------------------------ the operating point

  @Test
  void draggingMovesEveryTableToExactValuesOfTheReport() {
    playReports();
    go(PLACE);
    assertThat(page.locator("h1")).hasText("step-02000");
    String before = page.locator("#threshold-value").inputValue();
    shoot("checkpoint-light");

    dragTo(0.9, 0.97);

    Point low = addressed();
    assertShown(low);
    assertThat(low.threshold()).isLessThan(Double.parseDouble(before));
    assertThat((double) low.tp() / 5_000).as("recall at 0.9 of the width").isBetween(0.85, 0.95);

    dragTo(0.2, 0.3);

    Point high = addressed();
    assertThat(high.threshold()).isGreaterThan(low.threshold());
    assertShown(high);

    // and it is in the address
    page.reload();
    assertShown(high);
  }

  @Test
  void aFingerDragsTheHandleAndDoesNotScrollThePage() {
    playReports();
    go(PLACE);
    assertThat(page.locator(".operating-point")).isVisible();
    CDPSession touch = context.newCDPSession(page);
    JsonObject on = new JsonObject();
    on.addProperty("enabled", true);
    touch.send("Emulation.setTouchEmulationEnabled", on);
    BoundingBox handle = page.locator(".operating-point").boundingBox();
    BoundingBox over = page.locator(".plot.square .u-over").boundingBox();

    touch(touch, "touchStart", handle.x + handle.width / 2, handle.y + handle.height / 2);
    for (int i = 1; i <= 4; i++) {
      touch(touch, "touchMove", over.x + over.width * (0.5 + 0.1 * i), over.y + over.height * 0.9);
    }
    touch.send("Input.dispatchTouchEvent", touches("touchEnd"));

    Point moved = addressed();
    assertThat((double) moved.tp() / 5_000).as("recall").isBetween(0.85, 0.95);
    assertShown(moved);
    assertThat(number("scrollY")).isZero();
  }

  private static void touch(CDPSession session, String type, double x, double y) {
    JsonObject event = touches(type);
    JsonObject point = new JsonObject();
    point.addProperty("x", x);
    point.addProperty("y", y);
    event.getAsJsonArray("touchPoints").add(point);
    session.send("Input.dispatchTouchEvent", event);
  }

  private static JsonObject touches(String type) {
    JsonObject event = new JsonObject();
    event.addProperty("type", type);
    event.add("touchPoints", new com.google.gson.JsonArray());
    return event;
  }

  @Test
  void theKeyboardMovesThePointFromOneToTheNext() {
    playReports();
    go(PLACE + "?t=0.5");
    List<Point> points = points();
    Point decision = points.stream().filter(p -> p.above() == 0.5).findFirst().orElseThrow();
    int at = points.indexOf(decision);
    assertShown(decision);

    // a click puts the keyboard's focus where the arrows work
    page.locator("#threshold").focus();
    page.keyboard().press("Shift+ArrowRight");
    assertThat(addressed()).isEqualTo(points.get(at + 1));
    assertShown(points.get(at + 1));
    page.keyboard().press("Shift+ArrowLeft");
    page.keyboard().press("Shift+ArrowLeft");
    assertThat(addressed()).isEqualTo(points.get(at - 1));

    page.keyboard().press("End");
    Point last = points.get(points.size() - 1);
    assertThat(cell("true positives")).hasText(counted(last.tp()));
    page.keyboard().press("Home");
    assertThat(page.locator("#threshold-value")).hasValue("above all");
    assertThat(cell("true positives")).hasText("0");
    assertThat(cell("missed")).hasText("5,000");
  }

  @Test
  void aClickOnTheCurveHandsTheArrowsOver() {
    playReports();
    go(PLACE);
    assertThat(page.locator(".operating-point")).isVisible();
    BoundingBox over = page.locator(".plot.square .u-over").boundingBox();
    page.mouse().click(over.x + over.width * 0.6, over.y + over.height * 0.9);
    Point clicked = addressed();

    page.keyboard().press("ArrowRight");

    assertThat(page.locator("#threshold")).isFocused();
    page.waitForCondition(() -> !addressed().equals(clicked));
    assertThat(addressed().threshold()).isLessThan(clicked.threshold());
  }

  @Test
  void thresholdAndRoomCanBeTypedAndNamedPointsChosen() {
    playReports();
    go(PLACE);
    List<Point> points = points();

    page.locator("#threshold-value").fill("0.5");
    // the page is drawn anew every second: what is being typed stays
    page.waitForTimeout(1_200);
    assertThat(page.locator("#threshold-value")).hasValue("0.5");
    page.keyboard().press("Enter");
    Point decision = points.stream().filter(p -> p.above() == 0.5).findFirst().orElseThrow();
    assertThat(addressed()).isEqualTo(decision);
    assertShown(decision);

    page.locator("#top-k").fill("20,000");
    page.keyboard().press("Enter");
    Point room =
        points.stream().filter(p -> p.tp() + p.fp() <= 20_000).reduce((a, b) -> b).orElseThrow();
    assertThat(page.locator("table.topk tr.current td").first())
        .hasText(counted(room.tp() + room.fp()));
    assertShown(room);

    page.locator("label.field", has("Go to"))
        .locator("select")
        .selectOption("Recall of at least 0.5");
    JsonNode named = envelope().at("/report/operating_points/1");
    assertThat(cell("true positives")).hasText(counted(named.path("tp").asLong()));

    page.locator("#threshold-value").fill("nonsense");
    page.keyboard().press("Enter");
    assertThat(cell("true positives")).hasText(counted(named.path("tp").asLong()));
  }

  @Test
  void aRowOfTheThresholdTableIsAPlaceToGo() {
    playReports();
    go(PLACE + "?t=0.5");
    Locator rows = page.locator("table.sweep:not(.topk) tbody tr");
    assertThat(rows).hasCount(13);
    String tp = rows.nth(10).locator("td").nth(4).textContent();

    rows.nth(10).click();

    assertThat(cell("true positives")).hasText(tp);
    assertThat(page.locator("table.sweep:not(.topk) tr.current td").nth(4)).hasText(tp);
  }

  @Test
  void sharesOfTheMatrixAreOfWhatIsChosen() {
    playReports();
    go(PLACE + "?t=0.5");
    Point p = points().stream().filter(q -> q.above() == 0.5).findFirst().orElseThrow();
    Locator hits = page.locator(".confusion .cell", has("true positives")).locator("small");
    assertThat(hits).hasText("%.1f %% of positives".formatted(100.0 * p.tp() / 5_000));

    button("predicted").click();

    assertThat(hits).hasText("%.1f %% of flagged".formatted(100.0 * p.tp() / (p.tp() + p.fp())));
    page.waitForURL(url -> url.contains("of=predicted"));
  }

  @Test
  void costsAreWorkedOutAndTheCheapestThresholdIsFound() {
    playReports();
    go(PLACE + "?t=0.5");
    page.locator("#cost-fp").fill("2");
    page.keyboard().press("Enter");
    page.locator("#cost-fn").fill("150");
    page.keyboard().press("Enter");

    List<Point> points = points();
    Point here = points.stream().filter(p -> p.above() == 0.5).findFirst().orElseThrow();
    assertThat(page.locator("#cost")).hasText(counted(2 * here.fp() + 150 * here.fn()));
    Point least =
        points.stream().min(Comparator.comparing(p -> 2 * p.fp() + 150 * p.fn())).orElseThrow();
    assertThat(page.locator(".cheapest")).containsText(counted(2 * least.fp() + 150 * least.fn()));

    button("Go there").click();

    assertThat(page.locator("#cost")).hasText(counted(2 * least.fp() + 150 * least.fn()));
    assertThat(page.locator(".cheapest")).hasText("No threshold of this report is cheaper.");
    page.waitForURL(url -> url.contains("fp=2") && url.contains("fn=150"));
  }

  // ------------------------------------------------------------------ the address

  @Test
  void theAddressHoldsTheWholeState() {
    playReports();
    go(PLACE + "?t=0.5&curve=roc&of=all&fp=3&fn=7&sm=roc_auc&ss=name&cal=linear&open=metrics");

    assertThat(text("Receiver operating characteristic")).isVisible();
    assertThat(page.locator("#threshold-value")).hasValue("0.5000");
    assertThat(button("all")).hasAttribute("aria-pressed", "true");
    assertThat(page.locator("#cost-fp")).hasValue("3");
    assertThat(page.locator("#cost-fn")).hasValue("7");
    Locator slices = page.locator("table.slices");
    assertThat(slices.locator("th[aria-sort]")).containsText("Slice");
    assertThat(slices.locator("tbody tr").first()).containsText("country=DE");
    assertThat(page.locator(".card", has("Slices")).locator("select")).hasValue("roc_auc");
    assertThat(button("Linear")).hasAttribute("aria-pressed", "true");
    assertThat(page.locator(".all-metrics")).isVisible();
    assertThat(page.locator(".provenance")).hasCount(0);

    page.locator("summary", has("Where it comes from")).click();
    assertThat(page.locator(".provenance")).containsText("dataset digest");
    assertThat(page.locator(".provenance")).containsText("cost: resolve seconds");
    assertThat(page.locator(".provenance")).containsText("310 ms");
    page.waitForURL(url -> url.contains("open=metrics%2Cprovenance"));
    button("PR").click();
    page.waitForURL(url -> !url.contains("curve=") && url.contains("fn=7"));
  }

  // ------------------------------------------------------------------ slices, calibration, folds

  @Test
  void slicesStandWorstFirstAndSmallOnesAreGrey() {
    playReports();
    go(PLACE);
    Locator rows = page.locator("table.slices tbody tr");
    assertThat(rows).hasCount(5);
    assertThat(rows.nth(0)).containsText("country=PL");
    assertThat(rows.nth(0).locator("td.num.bad")).hasCount(1);
    assertThat(rows.nth(4)).containsText("country=XK");
    assertThat(rows.nth(4)).containsText("too few positives");
    assertThat(rows.nth(4)).hasClass("few");
    assertThat(rows.nth(0)).not().hasClass("few");

    page.locator("table.slices").getByText("Examples").click();

    assertThat(rows.nth(0)).containsText("country=DE");
    page.waitForURL(url -> url.contains("ss=n"));
  }

  @Test
  void calibrationIsDrawnOnTheAxesThatSuitIt() {
    playReports();
    go(PLACE);
    Locator card = page.locator(".card:has(.calibration)");
    assertThat(card.locator("canvas")).isVisible();
    assertThat(button("Log")).hasAttribute("aria-pressed", "true");
    assertThat(card).containsText("No positive in the bin");
    // the metric that the report doesn't have says why
    assertThat(page.locator(".calibration .fact", has("(ECE)"))).containsText("–");
    button("Linear").click();
    assertThat(card).not().containsText("No positive in the bin");
    page.waitForURL(url -> url.contains("cal=linear"));
  }

  @Test
  void foldsShowWhatDependsOnWhatWasHeldOut() {
    playReports();
    ObjectNode report = live.reportOf(10);
    ObjectNode folds = report.putObject("folds").put("column", "fold");
    double[] values = {0.21, 0.19, 0.24};
    for (int i = 0; i < 3; i++) {
      folds
          .withArray("folds")
          .addObject()
          .put("fold", "" + i)
          .put("n", 300_000)
          .put("n_pos", 1_600);
    }
    ObjectNode ap = folds.putObject("metrics").putObject("average_precision");
    for (double v : values) {
      ap.withArray("per_fold").addObject().put("value", v).putNull("reason");
    }
    ap.putObject("pooled").put("value", 0.2111);
    ap.putObject("averaged").put("value", 0.2133).put("ci_low", 0.14).put("ci_high", 0.29);
    fixture.feed(live.requested("with-folds", 10, "folds-of-ten:1", report));
    go(PLACE);

    Locator card = page.locator(".card", has("Folds"));
    assertThat(card.locator("tbody tr")).hasCount(1);
    assertThat(card.locator("tbody tr")).containsText("0.2133");
    assertThat(card.locator("tbody tr")).containsText("0.1400–0.2900");
    assertThat(card.locator("tbody tr")).containsText("0.1900");
    assertThat(card.locator("circle.one")).hasCount(3);

    // the first report is still there to be read
    page.locator("label.select", has("Report")).locator("select").selectOption(live.reportKey(10));
    assertThat(card).hasCount(0);
    page.waitForURL(url -> url.contains("report="));
    page.reload();
    assertThat(page.locator(".confusion")).isVisible();
    assertThat(card).hasCount(0);
  }

  // ------------------------------------------------------------------ checks

  @Test
  void verdictsFillTheGatesPanelAndEmptyOnesSayWhatWill() {
    playReports();
    go("#/runs/fraud-live/checkpoints/step-01000");
    Locator gates = page.locator("section[aria-label=Gates]");
    assertThat(gates).containsText("Fail");
    assertThat(gates).containsText("average_precision 0.0894 is below 0.15");
    assertThat(page.locator("section[aria-label=Skew]")).containsText("Metrics named skew_…");
    assertThat(page.locator("section[aria-label=Audit]")).containsText("Inference avoided");

    fixture.feed(live.proxy(5, "skew_psi", 0.031, "UNKNOWN"));
    fixture.feed(live.verdict(5, "PASS", "all is well now"));

    assertThat(gates).containsText("all is well now");
    assertThat(page.locator("section[aria-label=Skew]")).containsText("0.0310");
  }

  // ------------------------------------------------------------------ export

  private Download export(String panel, String what) {
    page.locator("summary[aria-label^='Export " + panel + "']").click();
    return page.waitForDownload(() -> page.locator("details.export[open]").getByText(what).click());
  }

  private static String content(Download download) {
    try {
      return Files.readString(download.path());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** JSON as it is understood: 1.0 and 1 are one number. */
  private static Object plain(JsonNode node) {
    if (node.isNumber()) {
      return node.doubleValue();
    }
    if (node.isArray()) {
      List<Object> all = new ArrayList<>();
      node.forEach(one -> all.add(plain(one)));
      return all;
    }
    if (node.isObject()) {
      Map<String, Object> all = new TreeMap<>();
      node.properties().forEach(e -> all.put(e.getKey(), plain(e.getValue())));
      return all;
    }
    return node.asText();
  }

  @Test
  void whatIsExportedIsWhatTheApiHas() throws IOException {
    playReports();
    go(PLACE + "?t=0.5");
    JsonNode report = envelope().path("report");

    Download curve = export("Precision and recall", "Data (JSON)");
    assertThat(curve.suggestedFilename()).isEqualTo("fraud-live-step-02000-curve.json");
    assertThat(plain(json(content(curve)))).isEqualTo(plain(report.path("curve")));

    String[] lines = content(export("Thresholds", "Table (CSV)")).split("\r\n");
    assertThat(lines[0]).isEqualTo("threshold,precision,recall,f1,tp,fp,fn,tn");
    assertThat(lines).hasSize(201);
    for (int i = 0; i < 200; i++) {
      JsonNode row = report.path("sweep").get(i);
      String[] cells = lines[i + 1].split(",", -1);
      assertThat(Double.parseDouble(cells[0])).isEqualTo(row.path("threshold").doubleValue());
      assertThat(Double.parseDouble(cells[2])).isEqualTo(row.path("recall").doubleValue());
      assertThat(Long.parseLong(cells[5])).isEqualTo(row.path("fp").asLong());
    }

    Download picture = export("Precision and recall", "Picture (PNG)");
    var image = ImageIO.read(picture.path().toFile());
    assertThat(image.getWidth()).isGreaterThan(400);
    assertThat(image.getRGB(2, 2)).as("the panel's ground").isEqualTo(0xffffffff);
    var table = ImageIO.read(export("Slices", "Picture (PNG)").path().toFile());
    assertThat(table.getHeight()).isGreaterThan(300);

    page.locator("summary", has("Where it comes from")).click();
    Download whole = page.waitForDownload(() -> text("Download JSON").click());
    assertThat(content(whole)).isEqualTo(fixture.get("/v1/reports/" + live.reportKey(10)).body());
  }

  @Test
  void theCurlLineAsksForWhatThePanelShows() {
    playReports();
    context.grantPermissions(List.of("clipboard-read", "clipboard-write"));
    go(PLACE);
    page.locator("summary[aria-label^='Export Slices']").click();
    page.locator("details.export[open]").getByText("Copy as curl").click();
    assertThat(text("Copied")).isVisible();

    String line = (String) page.evaluate("navigator.clipboard.readText()");

    String path = "v1/reports/" + live.reportKey(10).replace(":", "%3A");
    assertThat(line)
        .isEqualTo("curl -s '" + fixture.server.url() + path + "' | jq '.report.slices'");
    // the menu is shut and its button has the keyboard again
    assertThat(page.locator("details.export[open]")).hasCount(0);
    assertThat(page.locator("summary[aria-label^='Export Slices']")).isFocused();
    page.keyboard().press("Enter");
    assertThat(page.locator("details.export[open]")).hasCount(1);
    page.keyboard().press("Escape");
    assertThat(page.locator("details.export[open]")).hasCount(0);
  }

  // ------------------------------------------------------------------ other states

  @Test
  void aCheckpointWithoutReportCanBeAskedFor() {
    playReports();
    go("#/runs/fraud-live/checkpoints/step-01600");
    assertThat(text("No report yet")).isVisible();
    assertThat(text("412,000 of 1,000,000 predictions after 600 s")).isVisible();
    shoot("checkpoint-empty");

    button("Ask for the full evaluation").click();

    assertThat(text("Asked for the full evaluation of step-01600")).isVisible();
    assertThat(text("The report is on its way")).isVisible();
    assertThat(fixture.written).hasSize(1);
    assertThat(fixture.written.get(0).checkpoint()).isEqualTo("step-01600");
  }

  @Test
  void aReportThatCannotBeLoadedSaysWhyAndIsTriedAgain() {
    playReports();
    page.route(
        "**/report",
        route ->
            route.fulfill(
                new com.microsoft.playwright.Route.FulfillOptions()
                    .setStatus(500)
                    .setContentType("application/problem+json")
                    .setBody("{\"title\":\"Internal error\",\"detail\":\"its log says why\"}")));
    go(PLACE);
    assertThat(page.locator(".problem")).containsText("The report can’t be loaded");
    assertThat(page.locator(".problem")).containsText("its log says why");

    page.unroute("**/report");
    button("Try again").click();

    assertThat(page.locator(".confusion")).isVisible();
  }

  @Test
  void aReportWithoutCurveShowsWhatItHas() {
    playReports();
    ObjectNode report = live.reportOf(10);
    report.set("curve", report.arrayNode());
    report.set("sweep", report.arrayNode());
    report.set("operating_points", report.arrayNode());
    report.set("calibration", report.arrayNode());
    fixture.feed(live.requested("bare", 10, "bare:1", report));
    go(PLACE);

    assertThat(text("This report holds no curve")).isVisible();
    assertThat(page.locator("table.slices tbody tr")).hasCount(5);
    assertThat(page.locator(".card:has(.calibration)")).hasCount(0);
  }

  @Test
  void aHundredThousandOperatingPointsStayDraggable() {
    playReports();
    int many = 100_000;
    ObjectNode report = live.reportOf(10);
    report.put("n_pos", many).put("weight_pos", many).put("n", 20_000_000);
    report.put("weight_total", 20_000_000);
    ArrayNode curve = report.putArray("curve");
    for (int i = 0; i <= many; i++) {
      long fp = Math.round(3e6 * Math.pow((double) i / many, 3));
      ObjectNode v = curve.addObject().put("tp", i).put("fp", fp);
      v.put("recall", (double) i / many).put("fpr", fp / 19_900_000.0);
      if (i == 0) {
        v.putNull("threshold").putNull("precision");
      } else {
        v.put("threshold", 1 - 0.999 * i / many).put("precision", (double) i / (i + fp));
      }
    }
    report.set("sweep", report.arrayNode());
    report.set("operating_points", report.arrayNode());
    fixture.feed(live.requested("large", 10, "large:1", report));
    go(PLACE);
    page.locator(".operating-point").waitFor();
    CDPSession session = context.newCDPSession(page);
    JsonObject cpu = new JsonObject();
    cpu.addProperty("timeDomain", "threadTicks");
    session.send("Performance.enable", cpu);
    BoundingBox over = page.locator(".plot.square .u-over").boundingBox();
    page.mouse().move(over.x + 5, over.y + 5);
    page.mouse().down();
    double before = taskSeconds(session);
    int moves = 30;
    for (int i = 1; i <= moves; i++) {
      page.mouse().move(over.x + over.width * i / moves, over.y + over.height * i / moves);
      page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))");
    }
    double millis = 1_000 * (taskSeconds(session) - before) / moves;
    page.mouse().up();

    System.out.printf(
        "a drag over %,d points: %.1f ms of the page's thread a move%n", many, millis);
    // processor time, so that a busy machine fails nothing
    assertThat(millis).as("processor milliseconds a move").isLessThan(100);
    assertThat(Double.parseDouble(page.locator("#threshold-value").inputValue())).isLessThan(0.1);
  }

  private static double taskSeconds(CDPSession session) {
    for (var metric : session.send("Performance.getMetrics").getAsJsonArray("metrics")) {
      JsonObject m = metric.getAsJsonObject();
      if (m.get("name").getAsString().equals("TaskDuration")) {
        return m.get("value").getAsDouble();
      }
    }
    throw new AssertionError("the browser has no TaskDuration");
  }

  @Test
  void darkAndPhoneShowTheSame() {
    playReports();
    open(1280, 900, ColorScheme.DARK);
    go(PLACE + "?t=0.5");
    assertThat(page.locator(".operating-point")).isVisible();
    assertThat(background()).isEqualTo("rgb(18, 20, 24)");
    assertThat(contrast(".operating-point span")).isGreaterThan(4.5);
    assertThat(contrast(".confusion .wrong b")).isGreaterThan(4.5);
    assertThat(contrast("table.slices td.num.bad")).isGreaterThan(4.5);
    shoot("checkpoint-dark");

    open(390, 844, ColorScheme.LIGHT);
    go(PLACE + "?t=0.5&open=metrics,provenance");
    assertThat(page.locator(".provenance")).isVisible();
    assertThat(number("document.documentElement.scrollWidth")).isEqualTo(390, within(0.0));
    shoot("phone-checkpoint");
  }

  /** WCAG's contrast of an element's text with what is behind it. */
  private double contrast(String selector) {
    return number(
        """
        (() => {
          const channel = c => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
          const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
          const rgb = text => text.match(/[\\d.]+/g).map(Number);
          let e = document.querySelector('%s');
          const ink = light(rgb(getComputedStyle(e).color));
          let ground = rgb(getComputedStyle(e).backgroundColor);
          while (ground.length === 4 && ground[3] === 0) {
            e = e.parentElement;
            ground = rgb(getComputedStyle(e).backgroundColor);
          }
          const other = light(ground);
          return (Math.max(ink, other) + .05) / (Math.min(ink, other) + .05);
        })()
        """
            .formatted(selector));
  }

  @Test
  void hostileSlicesAreTextInTableAndFile() {
    playReports();
    ObjectNode report = live.reportOf(10);
    String evil = "country=\"<img src=x onerror=window.hacked=1>\",\nx";
    ((ObjectNode) report.path("slices").get(1)).put("slice", evil);
    fixture.feed(live.requested("hostile", 10, "hostile:../../1", report));
    go(PLACE);
    assertThat(page.locator("table.slices tbody tr").first()).isVisible();

    Download csv = export("Slices", "Table (CSV)");

    assertThat(csv.suggestedFilename()).isEqualTo("fraud-live-step-02000-slices.csv");
    assertThat(content(csv)).contains("\"" + evil.replace("\"", "\"\"") + "\",");
    assertThat(page.evaluate("window.hacked")).isNull();
  }
}
