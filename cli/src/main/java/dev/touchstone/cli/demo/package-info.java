/**
 * The demo: a real training run that emits its predictions once, and what became of them.
 *
 * <p>In: {@link dev.touchstone.cli.demo.DemoSettings} and the address of a Kafka broker that an
 * engine reads. Out: prediction batches, checkpoint events and step timings on the input topics; of
 * the output topics, one JSON summary. Talks to the engine through Kafka alone, as any training job
 * would.
 */
package dev.touchstone.cli.demo;
