/**
 * Benchmarks of the math on one kind of data ({@link dev.touchstone.bench.Predictions}), and the
 * warm half of the side-by-side comparison with scikit-learn. Sees {@code metrics} only; nothing
 * sees it.
 */
package dev.touchstone.bench;
