/**
 * Multiclass evaluation: one score a class and one true class a row in, an exact report out.
 *
 * <p>{@link dev.touchstone.metrics.multiclass.MulticlassCounts} is the mergeable one-pass state
 * (confusion matrix, top-k accuracy, log loss, Brier score); {@link
 * dev.touchstone.metrics.multiclass.MulticlassEvaluation} adds the one-vs-rest rankings, which need
 * the scores in memory.
 */
package dev.touchstone.metrics.multiclass;
