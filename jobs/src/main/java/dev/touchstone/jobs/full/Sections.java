package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a report says beyond the evaluation of all rows, from the findings beside the two passes.
 *
 * @param slices entries of {@code slices}
 * @param sections in a fixed order
 */
record Sections(List<Map<String, Object>> slices, Map<String, Object> sections) {

  /**
   * @param findings without errors, in any order
   */
  static Sections of(Question question, List<Finding> findings) {
    List<Map<String, Object>> shares = new ArrayList<>();
    for (Finding finding : findings) {
      switch (finding.split().aside().kind()) {
        case SLICES -> shares.add(SectionJson.fromBytes(finding.payload()));
      }
    }
    List<Map<String, Object>> slices = List.of();
    Map<String, Object> sections = new LinkedHashMap<>();
    if (question.slices() != null) {
      SliceSection section = SliceSection.of(question.slices(), shares);
      slices = section.slices();
      sections.put("slicing", section.section());
    }
    return new Sections(slices, sections);
  }

  ReportJson.Additions additions() {
    return new ReportJson.Additions(sections, Map.of(), slices);
  }

  /** A point a metric and slice. */
  List<MetricPoint> slicePoints(SetIdentity set, Claim claim, long now) {
    List<MetricPoint> points = new ArrayList<>();
    for (Map<String, Object> slice : slices) {
      SectionJson.object(slice.get("metrics"))
          .forEach(
              (name, metric) ->
                  points.add(point(set, claim, slice, name, SectionJson.object(metric), now)));
    }
    return points;
  }

  private static MetricPoint point(
      SetIdentity set,
      Claim claim,
      Map<String, Object> slice,
      String name,
      Map<String, Object> metric,
      long now) {
    String reason = (String) metric.get("reason");
    return new MetricPoint(
        now,
        claim,
        set.modelDigest(),
        MetricPoint.Tier.FULL,
        set.evaluationSet(),
        set.split(),
        (String) slice.get("slice"),
        name,
        (Double) metric.get("value"),
        (Double) metric.get("ci_low"),
        (Double) metric.get("ci_high"),
        (String) metric.get("ci_method"),
        (Double) metric.get("level"),
        ((Number) slice.get("n")).longValue(),
        ((Number) slice.get("n_pos")).longValue(),
        true,
        reason == null ? (String) metric.get("ci_reason") : reason,
        0);
  }
}
