package dev.touchstone.server.forward.tensorboard;

/**
 * Events of TensorBoard's files, as protobuf bytes (event.proto, summary.proto and tensor.proto of
 * TensorBoard).
 *
 * <p>Values are tensors of 64-bit floats. The older way, {@code simple_value}, holds 32 bits: a
 * value there would not be the one that the engine said.
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
  private static final int DTYPE_DOUBLE = 2;
  private static final int SHAPE = 2;
  private static final int TENSOR_CONTENT = 4;
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
    return summary(millis, step, tag, tensor(new double[] {value}), metadata);
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
        millis, step, tag, tensor(curve.rows(), PrCurve.ROWS, curve.thresholds()), metadata);
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

  private static Protobuf tensor(double[] values, int... sizes) {
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
