/**
 * Ranking evaluation by query: scores and relevances of the documents of queries in, means over
 * queries out.
 *
 * <p>{@link dev.touchstone.metrics.ranking.RankingSums} is the mergeable state, fed whole queries;
 * {@link dev.touchstone.metrics.ranking.GroupedQueries} cuts a stream of rows into them; {@link
 * dev.touchstone.metrics.ranking.RankingEvaluation} takes rows in any order. Tied scores count by
 * the expected value over all orders of the tied documents (McSherry and Najork 2008).
 */
package dev.touchstone.metrics.ranking;
