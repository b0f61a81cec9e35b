package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.LedgerUpdate;
import dev.touchstone.jobs.model.SetState;
import dev.touchstone.jobs.model.SetStatus;

/** How far the labels of a set that came alone are joined: a mutable bean of Flink state. */
public class Labelling {

  static final int NONE = LedgerUpdate.NO_LABELS;

  // public: Flink's POJO serializer

  /** The last that the ledger knows of the set. */
  public SetStatus status;

  /** Revisions up to here may be joined, and have been. */
  public int upTo = NONE;

  public int applied = NONE;

  /** Of a set that came without labels: all its rows have one. */
  public boolean joined;

  /** The labels that the rows in the cache have, against those the ledger saw. */
  public long positives;

  public long digest;
  public long unknown;

  /** Why the next revision can't be joined, or what is missing; null: nothing. */
  public String reason;

  public boolean broken;

  /** The revision that is being joined, and what its pass over the segments has met. */
  public int target = NONE;

  public int nextSegment;
  public long found;
  public long missing;
  public long morePositives;
  public long moreDigest;

  public Labelling() {}

  boolean lacksLabels() {
    return status.unlabelled() && !joined;
  }

  boolean hasWork() {
    return !broken && (target != NONE || next() <= upTo);
  }

  /** The revision after the last one; a set that came with labels has revision 0. */
  int next() {
    return applied == NONE && !status.unlabelled() ? 1 : applied + 1;
  }

  void begin() {
    target = next();
    nextSegment = 0;
    found = 0;
    missing = 0;
    morePositives = 0;
    moreDigest = 0;
  }

  void met(LabelJoin join) {
    nextSegment++;
    found += join.found();
    missing += join.missing();
    morePositives += join.positives();
    moreDigest += join.digest();
  }

  /** Rows are left without a label: a later revision may bring the rest. */
  void endWithout() {
    reason = "labels of " + found + " of " + status.rows() + " rows";
    applied = target;
    target = NONE;
  }

  /** Every row has a label. */
  void end(long distinctLabels) {
    reason = null;
    joined = true;
    positives += morePositives;
    digest += moreDigest;
    unknown += distinctLabels - found;
    applied = target;
    target = NONE;
  }

  void fail(String why) {
    reason = "label revision " + target + " can't be joined: " + why;
    broken = true;
    target = NONE;
  }

  /** What is published of the set. */
  SetStatus published(SetStatus known) {
    if (known.state() != SetState.COMPLETE) {
      return known;
    }
    if (lacksLabels()) {
      return known.in(SetState.RECEIVING, reason == null ? "labels are being joined" : reason);
    }
    SetStatus labelled =
        known.withLabels(
            Math.max(0, applied),
            known.positives() + positives,
            known.rowDigest() + digest,
            unknown);
    return reason == null ? labelled : labelled.in(SetState.COMPLETE, reason);
  }
}
