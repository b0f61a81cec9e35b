package dev.touchstone.jobs.model;

/** How one label is stored, little-endian. Symbols as in the wire schema. */
public enum LabelEncoding {
  U8(1),
  I32(4),
  F32(4);

  private final int bytes;

  LabelEncoding(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one label. */
  public int bytes() {
    return bytes;
  }
}
