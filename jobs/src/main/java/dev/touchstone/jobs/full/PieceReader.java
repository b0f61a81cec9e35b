package dev.touchstone.jobs.full;

import dev.touchstone.jobs.cache.RowPage;
import dev.touchstone.jobs.cache.SegmentReader;
import dev.touchstone.metrics.compare.ScoredRows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Reads the rows of pieces, one after the other, until its thread is interrupted. Not thread-safe.
 */
final class PieceReader {

  private final SegmentReader segments;
  private final int mostInMemory;

  /**
   * @param mostInMemory rows that {@link #hold} takes at most
   */
  PieceReader(SegmentReader segments, int mostInMemory) {
    this.segments = segments;
    this.mostInMemory = mostInMemory;
  }

  /**
   * Feeds all rows.
   *
   * @throws CancellationException if the thread is interrupted
   */
  void read(List<Piece> pieces, SegmentReader.Also also, SegmentReader.Pages pages)
      throws IOException {
    for (Piece piece : pieces) {
      segments.read(
          piece.setKey(),
          piece.segment(),
          also,
          page -> {
            if (Thread.currentThread().isInterrupted()) {
              throw new CancellationException("interrupted");
            }
            pages.accept(page);
          });
    }
  }

  /** Binary rows in memory: what an analysis needs that can't be done in passes. */
  record Held(long[] ids, float[] scores, byte[] labels, double[] weights) {

    ScoredRows scored() {
      return ScoredRows.of(ids, scores, labels, weights);
    }
  }

  /**
   * All rows at once.
   *
   * @param what needs them
   * @throws IllegalArgumentException for more than the settings allow
   */
  Held hold(String what, List<Piece> pieces) throws IOException {
    int rows = rowsToHold(what, pieces);
    Filler filler = new Filler(rows);
    read(pieces, new SegmentReader.Also(true, List.of()), filler);
    return new Held(filler.ids, filler.scores, filler.labels, filler.weights);
  }

  /**
   * How many rows there are.
   *
   * @param what holds them
   * @throws IllegalArgumentException for more than the settings allow
   */
  int rowsToHold(String what, List<Piece> pieces) {
    long rows = pieces.stream().mapToLong(piece -> piece.segment().rows()).sum();
    if (rows > mostInMemory) {
      throw new IllegalArgumentException(
          what
              + " must have at most "
              + mostInMemory
              + " rows, which are held in memory (setting full.max_rows_in_memory), got "
              + rows);
    }
    return (int) rows;
  }

  private static final class Filler implements SegmentReader.Pages {

    final long[] ids;
    final float[] scores;
    final byte[] labels;
    double[] weights;
    private int filled;

    Filler(int rows) {
      ids = new long[rows];
      scores = new float[rows];
      labels = new byte[rows];
    }

    @Override
    public void accept(RowPage page) {
      if (page.weights() != null && weights == null) {
        weights = new double[ids.length];
      }
      if ((page.weights() != null) != (weights != null)) {
        throw new IllegalArgumentException("rows must be all weighted or all unweighted, got both");
      }
      ByteBuffer labelBytes = page.labels().get(0);
      labelBytes.get(labelBytes.position(), labels, filled, page.count());
      words(page.scores().get(0)).asFloatBuffer().get(scores, filled, page.count());
      System.arraycopy(page.ids(), 0, ids, filled, page.count());
      if (weights != null) {
        ByteBuffer values = words(page.weights());
        for (int row = 0; row < page.count(); row++) {
          weights[filled + row] = values.getFloat();
        }
      }
      filled += page.count();
    }

    private static ByteBuffer words(ByteBuffer column) {
      return column.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
