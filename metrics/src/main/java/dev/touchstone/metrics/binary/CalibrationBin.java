package dev.touchstone.metrics.binary;

import dev.touchstone.metrics.Interval;

/**
 * One bin of a reliability curve: what was promised and what came.
 *
 * @param low lowest score of the bin
 * @param high lowest score above the bin; 1 belongs to the last
 * @param weight sum of weights (rows without weights)
 * @param meanScore what was promised
 * @param positiveRate what came
 * @param interval Wilson's for the rate, or null with weights
 */
public record CalibrationBin(
    double low,
    double high,
    double weight,
    double meanScore,
    double positiveRate,
    Interval interval) {}
