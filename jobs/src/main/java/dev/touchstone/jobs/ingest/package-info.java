/**
 * In: bytes from Kafka. Out: checked records of the model, and dead letters for the rest. The only
 * room that meets generated Avro classes on the way in.
 */
package dev.touchstone.jobs.ingest;
