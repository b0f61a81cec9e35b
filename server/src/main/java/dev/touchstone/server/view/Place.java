package dev.touchstone.server.view;

import java.util.Comparator;

/** Where in a run a point stands; the points of many metrics share it. */
record Place(long step, int attempt, String checkpoint, Double epoch) {

  // the epoch follows from the rest
  static final Comparator<Place> ORDER =
      Comparator.comparingLong(Place::step)
          .thenComparingInt(Place::attempt)
          .thenComparing(Place::checkpoint);

  static Place of(Point p) {
    return new Place(p.step(), p.attempt(), p.checkpoint(), p.epoch());
  }
}
