package dev.touchstone.jobs.model;

/** 128 bits over everything that makes a batch's rows, and nothing that a restart changes. */
public record BatchDigest(long high, long low) {}
