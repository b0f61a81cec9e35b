package dev.touchstone.metrics.multiclass;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.ClassScore;

/**
 * One class against the rest.
 *
 * @param score counts of the class
 * @param precision undefined where nothing was predicted
 * @param recall undefined for a class that the truth does not hold
 * @param f1 undefined for a class that the truth does not hold
 * @param averagePrecision of the class's own score, one-vs-rest
 * @param rocAuc of the class's own score, one-vs-rest
 */
public record ClassRow(
    ClassScore score,
    MetricValue precision,
    MetricValue recall,
    MetricValue f1,
    MetricValue averagePrecision,
    MetricValue rocAuc) {}
