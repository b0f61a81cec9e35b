/**
 * Results as runs of an MLflow tracking server, over its REST API: metrics, tags, and reports as
 * artifacts. May not touch Kafka.
 */
package dev.touchstone.server.forward.mlflow;
