package dev.touchstone.server.forward;

import dev.touchstone.schemas.Topics;

/** What a destination wants to hear. */
public enum Kind {
  POINTS,
  SIGNALS,
  VERDICTS,
  REPORTS;

  /** The topic that carries it. */
  public String topic(Topics topics) {
    return switch (this) {
      case POINTS -> topics.metrics();
      case SIGNALS -> topics.signals();
      case VERDICTS -> topics.verdicts();
      case REPORTS -> topics.reports();
    };
  }
}
