/**
 * Binary evaluation: scores and 0/1 labels in, an exact report out.
 *
 * <p>Two passes of bounded memory, for any number of rows on any number of machines: {@link
 * dev.touchstone.metrics.binary.CoarseCounts} (pass 1), {@link
 * dev.touchstone.metrics.binary.ResolvePlan}, {@link dev.touchstone.metrics.binary.RangeScan} (pass
 * 2), {@link dev.touchstone.metrics.binary.BinaryReport#assemble}. {@link
 * dev.touchstone.metrics.binary.BinaryEvaluation} does all of it in memory; {@link
 * dev.touchstone.metrics.binary.BinaryProxy} is the one-pass state of fixed size with certified
 * bounds, and for samples with intervals for the population; {@link
 * dev.touchstone.metrics.binary.BinaryBootstrap} resamples without touching a row.
 */
package dev.touchstone.metrics.binary;
