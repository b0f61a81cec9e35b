/**
 * Multilabel evaluation: one score and one 0/1 truth a label and row in, an exact report out.
 *
 * <p>{@link dev.touchstone.metrics.multilabel.MultilabelCounts} is the mergeable one-pass state at
 * given thresholds; {@link dev.touchstone.metrics.multilabel.MultilabelEvaluation} adds the
 * rankings of the labels, which need the scores in memory.
 */
package dev.touchstone.metrics.multilabel;
