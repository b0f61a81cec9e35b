package dev.touchstone.jobs.model;

/** What the scores are for. Symbols as in the wire schema. */
public enum Task {
  BINARY,
  MULTICLASS,
  MULTILABEL,
  REGRESSION
}
