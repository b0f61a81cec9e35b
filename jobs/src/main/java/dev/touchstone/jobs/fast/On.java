package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.SetIdentity;

/** What model checkpoints are judged on, as one text: names hold no line ends. */
final class On {

  private On() {}

  /** An evaluation set, split and fold. */
  static String whole(String evaluationSet, String split, Integer fold) {
    return evaluationSet + "\n" + split + "\n" + fold;
  }

  static String whole(SetIdentity set) {
    return whole(set.evaluationSet(), set.split(), set.fold());
  }

  /** The same, whole or sampled. */
  static String of(SetIdentity set) {
    return whole(set) + "\n" + set.sampled();
  }
}
