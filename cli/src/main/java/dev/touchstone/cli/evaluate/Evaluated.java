package dev.touchstone.cli.evaluate;

import dev.touchstone.jobs.full.ReportJson;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import java.util.List;
import java.util.Map;

/**
 * An evaluation that is done, for the formats to write.
 *
 * @param name what the input is called
 * @param predictions the rows
 * @param report over all rows
 * @param slices over groups of rows
 * @param honest operating points chosen on other rows than reported on, or null
 * @param sections what was asked for beyond the metrics
 * @param options what was asked for
 * @param provenance where the rows came from, ready for JSON
 * @param cost what it took, ready for JSON
 */
record Evaluated(
    String name,
    Predictions predictions,
    BinaryReport report,
    List<ReportJson.Slice> slices,
    HonestPoints honest,
    List<Section> sections,
    BinaryOptions options,
    Map<String, Object> provenance,
    Map<String, Object> cost) {
  /** The baseline's report on the examples that both models have, or null without one. */
  BinaryReport baseline() {
    return sections.stream()
        .filter(Comparison.class::isInstance)
        .map(section -> ((Comparison) section).baselineReport())
        .findFirst()
        .orElse(null);
  }
}
