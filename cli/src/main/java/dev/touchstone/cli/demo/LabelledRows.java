package dev.touchstone.cli.demo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Labelled examples as columns. The arrays are shared, not copied: a hot path, written once by
 * {@link FraudStream} and read from then on.
 *
 * @param version of the generator
 * @param width features a row
 * @param features row-major, {@code rows × width}
 * @param labels 1 is fraud
 * @param countries codes into {@link FraudStream#COUNTRIES}
 * @param channels codes into {@link FraudStream#CHANNELS}
 */
record LabelledRows(
    String version, int width, float[] features, byte[] labels, byte[] countries, byte[] channels) {

  private static final int DIGEST_BLOCK_ROWS = 4_096;

  static LabelledRows allocate(String version, int width, int rows) {
    return new LabelledRows(
        version,
        width,
        new float[Math.multiplyExact(rows, width)],
        new byte[rows],
        new byte[rows],
        new byte[rows]);
  }

  int rows() {
    return labels.length;
  }

  int positives() {
    int positives = 0;
    for (byte label : labels) {
      positives += label;
    }
    return positives;
  }

  /** The features of rows [from, to), row-major. */
  float[] features(int from, int to) {
    return java.util.Arrays.copyOfRange(features, from * width, to * width);
  }

  /** Labels as the learner wants them. */
  float[] floatLabels() {
    float[] floats = new float[labels.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = labels[i];
    }
    return floats;
  }

  /**
   * SHA-256, in hex, of the data itself: the version's UTF-8, the features (float32 LE, row-major),
   * labels, countries, channels.
   */
  String digest() {
    MessageDigest sha256 = Digests.sha256();
    sha256.update(version.getBytes(StandardCharsets.UTF_8));
    ByteBuffer block =
        ByteBuffer.allocate(DIGEST_BLOCK_ROWS * width * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int blockFloats = DIGEST_BLOCK_ROWS * width;
    for (int from = 0; from < features.length; from += blockFloats) {
      int length = Math.min(blockFloats, features.length - from);
      block.clear();
      block.asFloatBuffer().put(features, from, length);
      sha256.update(block.array(), 0, length * Float.BYTES);
    }
    sha256.update(labels);
    sha256.update(countries);
    sha256.update(channels);
    return Digests.hex(sha256.digest());
  }
}
