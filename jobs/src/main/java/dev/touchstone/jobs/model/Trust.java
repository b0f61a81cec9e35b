package dev.touchstone.jobs.model;

/** What the track record of a proxy metric says of it. */
public enum Trust {
  /** Too few full reports have scored it. */
  UNKNOWN,
  /** Its intervals have covered the exact values as often as they claim, as far as one can tell. */
  TRUSTED,
  /** They have not, beyond chance: nothing may be decided on it. */
  UNTRUSTED
}
