/**
 * Results as event files of TensorBoard: scalars, and precision-recall curves of reports.
 *
 * <p>In: results. Out: files under one directory, a directory a run and tier. Names are derived,
 * never taken from input. May not touch Kafka or HTTP.
 */
package dev.touchstone.server.forward.tensorboard;
