package dev.touchstone.server.forward.tensorboard;

/**
 * Events of TensorBoard's files, as protobuf bytes (event.proto, summary.proto and tensor.proto of
 * TensorBoard).
 *
 * <p>A scalar is a tensor of one 32-bit float: TensorBoard's faster reader, which it takes by
 * itself, shows no others. So that the value is not lost, {@code double_val} holds all of its bits
 * beside it, where readers of 32-bit tensors don't look. Curves are 64-bit tensors, which every
 * reader takes.
 */
final class Events {

  // Event
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  // Summary
  private static final int VALUE = 1;
  // Summary.Value
  private static final int TAG = 1;
  private static final int TENSOR = 8;
  private static final int METADATA = 9;
  // SummaryMetadata
  private static final int PLUGIN_DATA = 1;
  private static final int DATA_CLASS = 4;
  private static final int DATA_CLASS_SCALAR = 1;
  private static final int DATA_CLASS_TENSOR = 2;
  // SummaryMetadata.PluginData
  private static final int PLUGIN_NAME = 1;
  private static final int CONTENT = 2;
  // TensorProto
  private static final int DTYPE = 1;
  private static final int DTYPE_FLOAT = 1;
  private static final int DTYPE_DOUBLE = 2;
  private static final int SHAPE = 2;
  private static final int TENSOR_CONTENT = 4;
  private static final int FLOAT_VAL = 5;
  private static final int DOUBLE_VAL = 6;
  // TensorShapeProto and its Dim
  private static final int DIM = 2;
  private static final int SIZE = 1;
  // PrCurvePluginData
  private static final int VERSION = 1;
  private static final int NUM_THRESHOLDS = 2;

  private static final double MILLIS = 1000;

  private Events() {}

  /** What every file begins with. */
  static byte[] fileVersion(long millis) {
    return new Protobuf()
        .real(WALL_TIME, millis / MILLIS)
        .text(FILE_VERSION, "brain.Event:2")
        .toBytes();
  }

  /** One value of a curve. */
  static byte[] scalar(long millis, long step, String tag, double value) {
    var metadata =
        new Protobuf()
            .message(PLUGIN_DATA, new Protobuf().text(PLUGIN_NAME, "scalars"))
            .integer(DATA_CLASS, DATA_CLASS_SCALAR);
    var tensor =
        new Protobuf()
            .integer(DTYPE, DTYPE_FLOAT)
            .message(SHAPE, new Protobuf())
            .bytes(FLOAT_VAL, Protobuf.littleEndian((float) value))
            .bytes(DOUBLE_VAL, Protobuf.littleEndian(value));
    return summary(millis, step, tag, tensor, metadata);
  }

  /** A precision-recall curve of plugin {@code pr_curves}. */
  static byte[] prCurve(long millis, long step, String tag, PrCurve curve) {
    byte[] content =
        new Protobuf().integer(VERSION, 0).integer(NUM_THRESHOLDS, curve.thresholds()).toBytes();
    var metadata =
        new Protobuf()
            .message(
                PLUGIN_DATA, new Protobuf().text(PLUGIN_NAME, "pr_curves").bytes(CONTENT, content))
            .integer(DATA_CLASS, DATA_CLASS_TENSOR);
    return summary(
        millis, step, tag, table(curve.rows(), PrCurve.ROWS, curve.thresholds()), metadata);
  }

  private static byte[] summary(
      long millis, long step, String tag, Protobuf tensor, Protobuf metadata) {
    var value = new Protobuf().text(TAG, tag).message(TENSOR, tensor).message(METADATA, metadata);
    return new Protobuf()
        .real(WALL_TIME, millis / MILLIS)
        .integer(STEP, step)
        .message(SUMMARY, new Protobuf().message(VALUE, value))
        .toBytes();
  }

  private static Protobuf table(double[] values, int... sizes) {
    var shape = new Protobuf();
    for (int size : sizes) {
      shape.message(DIM, new Protobuf().integer(SIZE, size));
    }
    return new Protobuf()
        .integer(DTYPE, DTYPE_DOUBLE)
        .message(SHAPE, shape)
        .bytes(TENSOR_CONTENT, Protobuf.littleEndian(values));
  }
}
