package dev.touchstone.server.view;

/** A copy of a curve's points by columns, to be written out; NaN is undefined. */
final class Columns {

  final int total;
  final Place[] places;
  final Manner[] manners;
  final long[] ts;
  final long[] n;
  final double[] value;
  final double[] ciLow;
  final double[] ciHigh;

  /**
   * @param size points held here
   * @param total points that the curve has
   */
  Columns(int size, int total) {
    this.total = total;
    places = new Place[size];
    manners = new Manner[size];
    ts = new long[size];
    n = new long[size];
    value = new double[size];
    ciLow = new double[size];
    ciHigh = new double[size];
  }
}
