/**
 * Tier 1. In: accepted batches. Out: proxy metrics, all the time, from a state of fixed size per
 * prediction set.
 */
package dev.touchstone.jobs.fast;
