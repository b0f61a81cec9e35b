/**
 * The prediction cache: its only writer and reader. In: accepted batches. Out: immutable Parquet
 * segments and a manifest. Nobody else touches its files.
 */
package dev.touchstone.jobs.cache;
