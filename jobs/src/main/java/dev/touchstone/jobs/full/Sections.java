package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.model.Trust;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a report says beyond the evaluation of all rows, from the findings beside the two passes.
 *
 * @param slices entries of {@code slices}
 * @param sections in a fixed order
 * @param honestPoints by operating point
 */
record Sections(
    List<Map<String, Object>> slices,
    Map<String, Object> sections,
    Map<String, Object> honestPoints) {

  /**
   * @param findings without errors, in any order
   */
  static Sections of(Task task, Question question, List<Finding> findings) {
    List<Map<String, Object>> shares = new ArrayList<>();
    Map<Aside.Kind, Map<String, Object>> others = new EnumMap<>(Aside.Kind.class);
    for (Finding finding : findings) {
      Map<String, Object> section = SectionJson.fromBytes(finding.payload());
      Aside.Kind kind = finding.split().aside().kind();
      if (kind == Aside.Kind.SLICES) {
        shares.add(section);
      } else {
        others.put(kind, section);
      }
    }
    List<Map<String, Object>> slices = List.of();
    Map<String, Object> sections = new LinkedHashMap<>();
    if (question.slices() != null) {
      SliceSection section = SliceSection.of(task, question.slices(), shares);
      slices = section.slices();
      sections.put("slicing", section.section());
    }
    add(sections, "comparison", others.get(Aside.Kind.BASELINE));
    add(sections, "folds", others.get(Aside.Kind.FOLDS));
    add(sections, "bootstrap", others.get(Aside.Kind.BOOTSTRAP));
    return new Sections(slices, sections, others.getOrDefault(Aside.Kind.HONEST_POINTS, Map.of()));
  }

  private static void add(Map<String, Object> sections, String name, Map<String, Object> section) {
    if (section != null) {
      sections.put(name, section);
    }
  }

  ReportJson.Additions additions() {
    return new ReportJson.Additions(sections, honestPoints, slices);
  }

  /**
   * For a report of a task other than the binary one: {@code slices} where asked, then the rest.
   */
  Map<String, Object> ofTask() {
    Map<String, Object> all = new LinkedHashMap<>();
    if (sections.containsKey("slicing")) {
      all.put("slices", slices);
    }
    all.putAll(sections);
    return all;
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
        (String) metric.get("target"),
        null,
        null,
        ((Number) slice.get("n")).longValue(),
        // tasks other than the binary one have no positives
        ((Number) slice.getOrDefault("n_pos", 0)).longValue(),
        true,
        reason == null ? (String) metric.get("ci_reason") : reason,
        0,
        "", // only whole sets have reports
        Trust.UNKNOWN);
  }
}
