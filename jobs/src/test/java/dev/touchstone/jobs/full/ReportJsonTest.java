package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.Target;
import dev.touchstone.metrics.ThresholdRow;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.CalibrationBin;
import dev.touchstone.metrics.binary.OperatingPoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportJsonTest {
  private static final BinaryReport REPORT =
      new BinaryReport(
          5,
          2,
          5,
          2,
          0,
          1,
          0x1p-52,
          List.of(
              MetricValue.defined(
                      "average_precision",
                      1,
                      new Interval(0.5, 1, "influence_logit", 0.95, Target.SUPERPOPULATION))
                  .withFlag("all_tied"),
              MetricValue.undefined("roc_auc", "no_negatives"),
              MetricValue.defined("log_loss", 2e-3)),
          List.of(
              new ThresholdRow(Double.POSITIVE_INFINITY, 0, 0, 2, 3),
              new ThresholdRow(0.5, 1, 0.25, 1, 2.75)),
          List.of(new ThresholdRow(0.1, 2, 3, 0, 0)),
          List.of(
              new OperatingPoint("max_f1", new ThresholdRow(0.5, 1, 0, 1, 3), null),
              new OperatingPoint("recall_at_precision_0.9", null, "precision_not_reached")),
          List.of(
              new CalibrationBin(
                  0,
                  0.25,
                  3,
                  0.125,
                  0.5,
                  new Interval(0.25, 0.75, "wilson", 0.95, Target.SUPERPOPULATION)),
              new CalibrationBin(0.25, 1, 2.5, 0.75, 1, null)));

  private static JsonNode json(BinaryReport report, List<ReportJson.Slice> slices)
      throws Exception {
    var provenance = new LinkedHashMap<String, Object>();
    provenance.put("rows", 5L);
    provenance.put("files", List.of(Map.of("path", "a.csv")));
    provenance.put("weights", null);
    return new ObjectMapper()
        .readTree(ReportJson.toJson(report, slices, provenance, Map.of("read_seconds", 0.25)));
  }

  @Test
  void everyMetricHasTheSameFields() throws Exception {
    JsonNode metrics = json(REPORT, List.of()).get("metrics");
    assertThat(metrics.get("average_precision").toString())
        .isEqualTo(
            "{\"value\":1.0,\"ci_low\":0.5,\"ci_high\":1.0,\"ci_method\":\"influence_logit\","
                + "\"level\":0.95,\"target\":\"superpopulation\",\"reason\":null,"
                + "\"ci_reason\":null,\"flags\":[\"all_tied\"]}");
    assertThat(metrics.get("roc_auc").toString())
        .isEqualTo(
            "{\"value\":null,\"ci_low\":null,\"ci_high\":null,\"ci_method\":null,\"level\":null,"
                + "\"target\":null,\"reason\":\"no_negatives\",\"ci_reason\":\"no_negatives\"}");
    assertThat(metrics.get("log_loss").get("ci_reason").textValue()).isEqualTo("not_computed");
  }

  @Test
  void thresholdsAboveEveryScoreAreNullWithAReason() throws Exception {
    JsonNode sweep = json(REPORT, List.of()).get("sweep");
    assertThat(sweep.get(0).toString())
        .isEqualTo(
            "{\"threshold\":null,\"threshold_reason\":\"above_every_score\",\"tp\":0,\"fp\":0,"
                + "\"fn\":2,\"tn\":3,\"precision\":null,"
                + "\"precision_reason\":\"no_predicted_positives\",\"recall\":0.0,\"f1\":0.0}");
  }

  @Test
  void countsAreIntegersAndSumsOfWeightsAreNot() throws Exception {
    JsonNode row = json(REPORT, List.of()).get("sweep").get(1);
    assertThat(row.get("tp").isIntegralNumber()).isTrue();
    assertThat(row.get("fp").doubleValue()).isEqualTo(0.25);
  }

  @Test
  void doublesTakeTheirShortestForm() {
    var report =
        new BinaryReport(
            1,
            0,
            1,
            0,
            0,
            0,
            0x1p-52,
            List.of(MetricValue.defined("log_loss", 2.0E-3), MetricValue.defined("x", 0x1p-44)),
            List.of(),
            List.of());
    assertThat(ReportJson.toJson(report, List.of(), Map.of(), Map.of()))
        .contains("\"log_loss\":{\"value\":0.002,")
        .contains("\"x\":{\"value\":5.684341886080802E-14,");
  }

  @Test
  void operatingPointsHaveAConfusionTableOrAReason() throws Exception {
    JsonNode points = json(REPORT, List.of()).get("operating_points");
    assertThat(points.get(0).toString())
        .isEqualTo(
            "{\"name\":\"max_f1\",\"reason\":null,\"threshold\":0.5,\"tp\":1,\"fp\":0,\"fn\":1,"
                + "\"tn\":3,\"precision\":1.0,\"recall\":0.5,\"f1\":0.6666666666666666}");
    assertThat(points.get(1).toString())
        .isEqualTo("{\"name\":\"recall_at_precision_0.9\",\"reason\":\"precision_not_reached\"}");
  }

  @Test
  void calibrationBinsOfWeightedRowsHaveNoInterval() throws Exception {
    JsonNode bins = json(REPORT, List.of()).get("calibration");
    assertThat(bins.get(0).toString())
        .isEqualTo(
            "{\"low\":0.0,\"high\":0.25,\"weight\":3,\"mean_score\":0.125,\"positive_rate\":0.5,"
                + "\"ci_low\":0.25,\"ci_high\":0.75}");
    assertThat(bins.get(1).toString())
        .contains("\"weight\":2.5,")
        .endsWith("\"ci_low\":null,\"ci_high\":null}");
  }

  @Test
  void slicesCarryTheirCountsAndMetrics() throws Exception {
    JsonNode slice =
        json(REPORT, List.of(new ReportJson.Slice("country=DE", REPORT))).get("slices").get(0);
    assertThat(slice.get("slice").textValue()).isEqualTo("country=DE");
    assertThat(slice.get("n_pos").intValue()).isEqualTo(2);
    assertThat(slice.get("metrics").size()).isEqualTo(3);
    assertThat(slice.has("sweep")).isFalse();
  }

  @Test
  void fieldsComeInTheOrderOfTheSchema() throws Exception {
    assertThat(json(REPORT, List.of()).fieldNames())
        .toIterable()
        .containsExactly(
            "schema",
            "n",
            "n_pos",
            "weight_total",
            "weight_pos",
            "invalid_scores",
            "clipped_count",
            "clip_epsilon",
            "metrics",
            "sweep",
            "curve",
            "operating_points",
            "calibration",
            "slices",
            "provenance",
            "cost");
    assertThat(json(REPORT, List.of()).get("provenance").toString())
        .isEqualTo("{\"rows\":5,\"files\":[{\"path\":\"a.csv\"}],\"weights\":null}");
  }

  @Test
  void valuesWithoutAJsonFormAreAProgrammersError() {
    assertThatThrownBy(
            () -> ReportJson.toJson(REPORT, List.of(), Map.of("x", new Object()), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no JSON for class java.lang.Object");
  }
}
