/**
 * Regression evaluation: true and predicted numbers in, an exact report out.
 *
 * <p>{@link dev.touchstone.metrics.regression.RegressionSums} is the mergeable one-pass state:
 * exact sums, and a histogram that bounds error quantiles; {@link
 * dev.touchstone.metrics.regression.RegressionEvaluation} finds the quantiles exactly, which needs
 * the errors in memory. An error is prediction - truth.
 */
package dev.touchstone.metrics.regression;
