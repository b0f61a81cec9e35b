package dev.touchstone.bench;

import java.util.Arrays;

/** Looks at messages without parsing them, which would cost more than making them. */
final class Bytes {

  private Bytes() {}

  static boolean contain(byte[] message, byte[] text) {
    for (int at = 0; at <= message.length - text.length; at++) {
      if (message[at] == text[0]
          && Arrays.equals(message, at, at + text.length, text, 0, text.length)) {
        return true;
      }
    }
    return false;
  }
}
