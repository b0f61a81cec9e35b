/**
 * What has arrived of each prediction set. In: checked batches, in any order, any number of times.
 * Out: each batch once, and what is known of its set.
 */
package dev.touchstone.jobs.ledger;
