package dev.touchstone.cli.evaluate;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A one-dimensional array in a .npy file (format 1, 2 or 3; either byte order). A column, shape (n,
 * 1), counts as one-dimensional. {@link #openTable} also takes rows of several columns.
 *
 * <p>Source: NEP 1 and {@code numpy.lib.format}, "A simple file format for NumPy arrays".
 */
final class NpyArray {
  /** Element types that can be read. */
  enum Type {
    BOOL("b1", 1),
    INT8("i1", 1),
    UINT8("u1", 1),
    INT16("i2", 2),
    UINT16("u2", 2),
    INT32("i4", 4),
    UINT32("u4", 4),
    INT64("i8", 8),
    UINT64("u8", 8),
    FLOAT16("f2", 2),
    FLOAT32("f4", 4),
    FLOAT64("f8", 8);

    private final String code;
    private final int bytes;

    Type(String code, int bytes) {
      this.code = code;
      this.bytes = bytes;
    }
  }

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int LONGEST_HEADER = 1 << 16;
  private static final int CHUNK_BYTES = 1 << 20;
  private static final Pattern DESCR =
      Pattern.compile("['\"]descr['\"]\\s*:\\s*['\"]([^'\"]*)['\"]");
  private static final Pattern ANY_DESCR = Pattern.compile("['\"]descr['\"]\\s*:");
  private static final Pattern FORTRAN = Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*True");
  private static final Pattern SHAPE = Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([^)]*)\\)");

  private final Path path;
  private final String name;
  private final Type type;
  private final ByteOrder order;
  private final int length;
  private final int columns;
  private final long offset;

  private NpyArray(Path path, Type type, ByteOrder order, int length, int columns, long offset) {
    this.path = path;
    this.name = path.toString();
    this.type = type;
    this.order = order;
    this.length = length;
    this.columns = columns;
    this.offset = offset;
  }

  /**
   * Reads the header and checks it against the size of the file.
   *
   * @throws BadInputException when this is no such array
   */
  static NpyArray open(Path path) throws IOException {
    return open(path, false);
  }

  /** The same for an array of one or two dimensions: rows of {@link #columns()} values each. */
  static NpyArray openTable(Path path) throws IOException {
    return open(path, true);
  }

  private static NpyArray open(Path path, boolean table) throws IOException {
    String name = path.toString();
    try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long fileSize = channel.size();
      ByteBuffer head = ByteBuffer.allocate((int) Math.min(fileSize, LONGEST_HEADER));
      head.order(ByteOrder.LITTLE_ENDIAN);
      fill(channel, head, 0);
      head.flip();
      if (head.remaining() < 10 || !Arrays.equals(Arrays.copyOf(head.array(), 6), MAGIC)) {
        throw BadInputException.inFile(
            name, "is not a .npy file: it does not start with \\x93NUMPY");
      }
      int major = head.get(6);
      if (major < 1 || major > 3) {
        throw BadInputException.inFile(name, ".npy format must be 1, 2 or 3, got " + major);
      }
      int start = major == 1 ? 10 : 12;
      long headerLength =
          major == 1
              ? Short.toUnsignedInt(head.getShort(8))
              : head.limit() < 12 ? Long.MAX_VALUE : Integer.toUnsignedLong(head.getInt(8));
      if (headerLength > head.limit() - start) {
        throw BadInputException.inFile(
            name, "is truncated: the .npy header ends after the file, or is longer than 64 KiB");
      }
      String header =
          new String(
              head.array(),
              start,
              (int) headerLength,
              major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
      return ofHeader(path, header, start + headerLength, fileSize, table);
    }
  }

  private static NpyArray ofHeader(
      Path path, String header, long offset, long fileSize, boolean table) {
    String name = path.toString();
    var descr = DESCR.matcher(header);
    if (!descr.find()) {
      throw BadInputException.inFile(
          name,
          ANY_DESCR.matcher(header).find()
              ? "must hold plain numbers, got records (a structured dtype)"
              : "has no dtype in its .npy header");
    }
    Type type = null;
    String code = descr.group(1);
    for (Type candidate : Type.values()) {
      if (code.length() == 3 && code.endsWith(candidate.code)) {
        type = candidate;
      }
    }
    char endian = code.isEmpty() ? '?' : code.charAt(0);
    if (type == null || "<>|=".indexOf(endian) < 0) {
      throw BadInputException.inFile(
          name,
          "dtype must be one of b1, i1, u1, i2, u2, i4, u4, i8, u8, f2, f4, f8, got "
              + BadInputException.quote(code));
    }
    ByteOrder order =
        endian == '>'
            ? ByteOrder.BIG_ENDIAN
            : endian == '=' ? ByteOrder.nativeOrder() : ByteOrder.LITTLE_ENDIAN;

    var shape = SHAPE.matcher(header);
    if (!shape.find()) {
      throw BadInputException.inFile(name, "has no shape in its .npy header");
    }
    long columns = table ? columns(name, shape.group(1)) : 1;
    if (columns > 1 && FORTRAN.matcher(header).find()) {
      throw BadInputException.inFile(
          name, "must be in C order, got Fortran order; save numpy.ascontiguousarray of it");
    }
    long lines = rows(name, columns > 1 ? shape.group(1).split(",")[0] : shape.group(1));
    long rows = lines > Long.MAX_VALUE / columns ? Long.MAX_VALUE : lines * columns;
    // numpy lets several arrays follow each other in one file: which one would be meant?
    long held = fileSize - offset;
    if (rows > Long.MAX_VALUE / type.bytes || rows * type.bytes != held) {
      throw BadInputException.inFile(
          name,
          String.format(
              Locale.ROOT,
              "is %s: its header promises %d values of %d bytes, after it come %d bytes",
              rows > held / type.bytes ? "truncated" : "too long",
              rows,
              type.bytes,
              held));
    }
    if (rows > PredictionsBuilder.MAX_ROWS) {
      throw BadInputException.inFile(
          name,
          "at most "
              + PredictionsBuilder.MAX_ROWS
              + " rows can be evaluated in memory, got "
              + rows);
    }
    return new NpyArray(path, type, order, (int) rows, (int) columns, offset);
  }

  /** Columns of an array of one or two dimensions. */
  private static long columns(String name, String shape) {
    String[] parts = shape.strip().split(",");
    try {
      long columns = parts.length == 2 ? Long.parseLong(parts[1].strip()) : 1;
      if (columns >= 1 && columns <= 1 << 20 && parts.length <= 2) {
        return columns;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw BadInputException.inFile(
        name, "must be rows of up to 1048576 columns, got shape (" + shape.strip() + ")");
  }

  private static long rows(String name, String shape) {
    String[] parts = shape.strip().isEmpty() ? new String[0] : shape.split(",");
    long rows = -1;
    try {
      if (parts.length >= 1) {
        rows = Long.parseLong(parts[0].strip());
      }
      if (rows >= 0
          && (parts.length == 1 || parts.length == 2 && Long.parseLong(parts[1].strip()) == 1)) {
        return rows;
      }
    } catch (NumberFormatException e) {
      rows = -1;
    }
    throw BadInputException.inFile(
        name,
        "must be one-dimensional, got shape ("
            + shape.strip()
            + ")"
            + (parts.length == 2 && parts[1].strip().equals("2")
                ? "; save the column of the positive class: proba[:, 1]"
                : ""));
  }

  /** Values a row; 1 unless it was opened as a table. */
  int columns() {
    return columns;
  }

  /** How many values there are. */
  int length() {
    return length;
  }

  /** Their type. */
  Type type() {
    return type;
  }

  /** What messages call the file. */
  String name() {
    return name;
  }

  /** Float32 values, bit for bit. Only of a FLOAT32 array. */
  float[] floats() throws IOException {
    if (type != Type.FLOAT32) {
      throw new IllegalStateException("float32 of " + type);
    }
    float[] values = new float[length];
    scan((buffer, at, count) -> buffer.asFloatBuffer().get(values, at, count));
    return values;
  }

  /** Values as doubles; 64-bit integers above 2^53 round. */
  double[] doubles() throws IOException {
    double[] values = new double[length];
    scan(
        switch (type) {
          case FLOAT64 -> (buffer, at, count) -> buffer.asDoubleBuffer().get(values, at, count);
          case FLOAT32 ->
              (buffer, at, count) -> {
                for (int i = 0; i < count; i++) {
                  values[at + i] = buffer.getFloat(i * 4);
                }
              };
          case FLOAT16 ->
              (buffer, at, count) -> {
                for (int i = 0; i < count; i++) {
                  values[at + i] = Halves.toFloat(buffer.getShort(i * 2));
                }
              };
          case UINT64 ->
              (buffer, at, count) -> {
                for (int i = 0; i < count; i++) {
                  long value = buffer.getLong(i * 8);
                  values[at + i] = value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2.0;
                }
              };
          default -> (buffer, at, count) -> longs(buffer, count, at, values);
        });
    return values;
  }

  private void longs(ByteBuffer buffer, int count, int at, double[] values) {
    for (int i = 0; i < count; i++) {
      values[at + i] =
          switch (type) {
            case INT64 -> buffer.getLong(i * 8);
            case INT32 -> buffer.getInt(i * 4);
            case UINT32 -> Integer.toUnsignedLong(buffer.getInt(i * 4));
            case INT16 -> buffer.getShort(i * 2);
            case UINT16 -> Short.toUnsignedInt(buffer.getShort(i * 2));
            case INT8 -> buffer.get(i);
            case UINT8, BOOL -> Byte.toUnsignedInt(buffer.get(i));
            default -> throw new IllegalStateException("integers of " + type);
          };
    }
  }

  /**
   * Values as 0/1 labels.
   *
   * @throws BadInputException naming the first row that is none
   */
  byte[] labels(LabelRule rule) throws IOException {
    byte[] labels = new byte[length];
    boolean plain = rule.positiveLabel() == null;
    if (plain && (type == Type.UINT8 || type == Type.INT8 || type == Type.BOOL)) {
      scan((buffer, at, count) -> buffer.get(labels, at, count));
      int all = 0;
      for (byte label : labels) {
        all |= label;
      }
      if ((all & ~1) != 0) {
        for (int i = 0; i < length; i++) {
          requireLabel(
              rule.of((double) (type == Type.INT8 ? labels[i] : labels[i] & 0xff)),
              i,
              rule,
              Integer.toString(type == Type.INT8 ? labels[i] : labels[i] & 0xff));
        }
      }
      return labels;
    }
    if (plain && type == Type.INT64) {
      // what numpy makes of Python integers: worth a path without doubles
      scan(
          (buffer, at, count) -> {
            long all = 0;
            for (int i = 0; i < count; i++) {
              long value = buffer.getLong(i * 8);
              all |= value;
              labels[at + i] = (byte) value;
            }
            for (int i = 0; (all & ~1L) != 0 && i < count; i++) {
              long value = buffer.getLong(i * 8);
              requireLabel(
                  value == 0 || value == 1 ? 0 : LabelRule.INVALID,
                  at + i,
                  rule,
                  Long.toString(value));
            }
          });
      return labels;
    }
    double[] values = doubles();
    for (int i = 0; i < length; i++) {
      labels[i] = type == Type.BOOL ? rule.of(values[i] != 0) : rule.of(values[i]);
      requireLabel(labels[i], i, rule, shown(values[i]));
    }
    return labels;
  }

  private void requireLabel(int label, int at, LabelRule rule, String value) {
    if (label == LabelRule.INVALID) {
      throw BadInputException.inRow(
          name,
          at / columns + 1L,
          "label " + rule.words() + ", got " + BadInputException.quote(value));
    }
  }

  private static String shown(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private interface Sink {
    /** Takes {@code count} values from the start of the buffer, the first of them number at. */
    void take(ByteBuffer buffer, int at, int count);
  }

  private void scan(Sink sink) throws IOException {
    try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer buffer =
          ByteBuffer.allocateDirect(
                  (int) Math.min(CHUNK_BYTES, Math.max(8, (long) length * type.bytes)))
              .order(order);
      int perChunk = buffer.capacity() / type.bytes;
      for (long at = 0; at < length; at += perChunk) {
        int count = (int) Math.min(perChunk, length - at);
        buffer.clear().limit(count * type.bytes);
        fill(channel, buffer, offset + at * type.bytes);
        if (buffer.hasRemaining()) {
          throw new EOFException(name + " became shorter while it was read");
        }
        sink.take(buffer.flip(), (int) at, count);
      }
    }
  }

  private static void fill(FileChannel channel, ByteBuffer buffer, long from) throws IOException {
    long at = from;
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, at);
      if (read < 0) {
        return;
      }
      at += read;
    }
  }
}
