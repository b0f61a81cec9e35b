package dev.touchstone.cli.ask;

import picocli.CommandLine.Help.Ansi;

/**
 * Colours where they are wanted, and the plain text elsewhere. They never carry a meaning alone.
 */
final class Style {

  private final boolean on;

  Style(boolean on) {
    this.on = on;
  }

  /** On a terminal, unless NO_COLOR or a relative of it says otherwise. */
  static Style auto() {
    return new Style(Ansi.AUTO.enabled());
  }

  String bold(String text) {
    return in("1", text);
  }

  String dim(String text) {
    return in("2", text);
  }

  String good(String text) {
    return in("32", text);
  }

  String warning(String text) {
    return in("33", text);
  }

  String bad(String text) {
    return in("31", text);
  }

  String accent(String text) {
    return in("36", text);
  }

  /** A run's status. */
  String status(String status) {
    return switch (status) {
      case "LIVE" -> good(status);
      case "STALE" -> bad(status);
      case "STOPPED" -> warning(status);
      default -> dim(status);
    };
  }

  /** How far a model checkpoint's full evaluation is. */
  String state(String state) {
    return switch (state) {
      case "EVALUATED", "REUSED" -> good(state);
      case "FAILED", "INCOMPLETE" -> bad(state);
      case "WAITING", "EVALUATING" -> accent(state);
      default -> dim(state);
    };
  }

  private String in(String code, String text) {
    return on && !text.isEmpty() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
