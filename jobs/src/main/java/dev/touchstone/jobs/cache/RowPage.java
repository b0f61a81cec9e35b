package dev.touchstone.jobs.cache;

import dev.touchstone.jobs.model.LabelEncoding;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Some consecutive rows of a segment, column by column. Buffers may be reused once the page was
 * taken; their position and limit hold the column, and a reader leaves them as they are.
 *
 * @param labels one column, or with several labels a row one each; {@code count} values of {@code
 *     labelEncoding}
 * @param scores a column an output; {@code count} float32 little-endian
 * @param weights float32 little-endian, or null
 * @param ids of the examples; null unless asked for
 * @param slices as asked for, in that order
 */
public record RowPage(
    int count,
    LabelEncoding labelEncoding,
    List<ByteBuffer> labels,
    List<ByteBuffer> scores,
    ByteBuffer weights,
    long[] ids,
    List<Slice> slices) {

  /**
   * A slice column.
   *
   * @param codes at least {@code count}, each an index into {@code dictionary}
   * @param dictionary of the row group: the same codes may mean something else in another segment
   */
  public record Slice(List<String> dictionary, int[] codes) {}

  /** The scores of all outputs, row by row. */
  public ByteBuffer rowMajorScores() {
    return rowMajor(scores, Float.BYTES);
  }

  /** The labels of all columns, row by row. */
  public ByteBuffer rowMajorLabels() {
    return rowMajor(labels, labelEncoding.bytes());
  }

  /**
   * Some of the rows as a page of their own, without ids and slices.
   *
   * @param rows their numbers in this page, of which the first {@code size} count
   */
  public RowPage pick(int[] rows, int size) {
    return new RowPage(
        size,
        labelEncoding,
        labels.stream().map(column -> pick(column, labelEncoding.bytes(), rows, size)).toList(),
        scores.stream().map(column -> pick(column, Float.BYTES, rows, size)).toList(),
        weights == null ? null : pick(weights, Float.BYTES, rows, size),
        null,
        List.of());
  }

  private static ByteBuffer pick(ByteBuffer column, int width, int[] rows, int size) {
    byte[] picked = new byte[size * width];
    int from = column.position();
    for (int i = 0; i < size; i++) {
      for (int b = 0; b < width; b++) {
        picked[i * width + b] = column.get(from + rows[i] * width + b);
      }
    }
    return ByteBuffer.wrap(picked);
  }

  private ByteBuffer rowMajor(List<ByteBuffer> columns, int width) {
    if (columns.size() == 1) {
      return columns.get(0);
    }
    byte[] all = new byte[Math.multiplyExact(count * width, columns.size())];
    for (int c = 0; c < columns.size(); c++) {
      ByteBuffer column = columns.get(c);
      int from = column.position();
      for (int row = 0; row < count; row++) {
        int to = (row * columns.size() + c) * width;
        for (int b = 0; b < width; b++) {
          all[to + b] = column.get(from + row * width + b);
        }
      }
    }
    return ByteBuffer.wrap(all);
  }
}
