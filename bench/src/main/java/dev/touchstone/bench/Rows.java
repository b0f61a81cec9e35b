package dev.touchstone.bench;

import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The rows that a benchmark sees; other sizes with {@code -p rows=1000000,100000000}. */
@State(Scope.Benchmark)
public class Rows {
  /** How many. */
  @Param("10000000")
  public int rows;

  /** Of which shape. */
  @Param("RARE")
  public Predictions.Shape shape;

  float[] scores;
  byte[] labels;

  /** Makes them. */
  @Setup(Level.Trial)
  public void make() {
    var made = Predictions.of(shape, rows);
    scores = made.scores();
    labels = made.labels();
  }
}
