/**
 * When should a training run stop? Rules that are compatible with the usual callbacks, the
 * confirmed rule that decides on intervals, immediate stops, trend tests and drift detectors.
 *
 * <p>Every rule is a pure function of its settings, its state and the next check, so decisions can
 * be recorded and replayed. Nothing here knows a clock, a file or the training job.
 */
package dev.touchstone.metrics.stopping;
