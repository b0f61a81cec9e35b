/**
 * STOPs and verdicts as HTTP requests: signed JSON for programs, or messages in the shape that
 * Slack's incoming webhooks take. May not touch Kafka.
 */
package dev.touchstone.server.forward.webhook;
