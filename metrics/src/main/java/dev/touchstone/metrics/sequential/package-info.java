/**
 * Inference that stays valid while it is watched: confidence sequences that hold at every sample
 * size at once, a test of one null by betting, and the splitting of one error rate over the model
 * checkpoints of a run.
 *
 * <p>A fixed-size 95 % interval that is looked at 100 times raises a false alarm in 26 to 39 % of
 * runs; see docs/simulations.md. Nothing here knows a clock or where its numbers come from.
 */
package dev.touchstone.metrics.sequential;
