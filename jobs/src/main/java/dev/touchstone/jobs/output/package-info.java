/**
 * Results → Kafka, as plain JSON. The only room that meets generated Avro classes on the way out.
 */
package dev.touchstone.jobs.output;
