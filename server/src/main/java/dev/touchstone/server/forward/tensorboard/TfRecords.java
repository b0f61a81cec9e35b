package dev.touchstone.server.forward.tensorboard;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The frame of a record in TensorFlow's record files: length and content, each followed by its
 * CRC-32C. A reader that finds a record cut off at the end of a file waits for the rest.
 */
final class TfRecords {

  private static final int AROUND = Long.BYTES + Integer.BYTES + Integer.BYTES;
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int MASK_ROTATION = 15;

  private TfRecords() {}

  static byte[] frame(byte[] content) {
    ByteBuffer frame = ByteBuffer.allocate(AROUND + content.length).order(ByteOrder.LITTLE_ENDIAN);
    frame.putLong(content.length);
    frame.putInt(maskedCrc(frame.array(), Long.BYTES));
    frame.put(content);
    frame.putInt(maskedCrc(content, content.length));
    return frame.array();
  }

  /** Rotated and shifted: a checksum of data that holds checksums says little. */
  static int maskedCrc(byte[] bytes, int length) {
    var crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), MASK_ROTATION) + MASK_DELTA;
  }
}
