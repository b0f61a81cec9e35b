/**
 * Is one model better than another on the same examples? Rows of two models joined by example id
 * in; differences with intervals, p-values and a verdict out. Also: many comparisons at a time,
 * cross-validation folds, and operating points chosen on one half and reported on the other.
 *
 * <p>Two separate intervals are never compared: every difference is taken example by example, so
 * what both models share cancels. All in memory and in linear time.
 */
package dev.touchstone.metrics.compare;
