/**
 * Records that the rooms exchange. No behaviour beyond validation; every one serializes without
 * Kryo. Imports no other room.
 */
package dev.touchstone.jobs.model;
