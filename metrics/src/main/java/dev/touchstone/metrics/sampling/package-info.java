/**
 * Which examples the fast tier looks at, and what a sample says about the whole: deterministic
 * inclusion by hash, sampling plans, estimators with variances for both targets, and the
 * contributions of single examples ({@link dev.touchstone.metrics.sampling.RankInfluence}) from
 * which rates, variances and paired comparisons follow.
 */
package dev.touchstone.metrics.sampling;
