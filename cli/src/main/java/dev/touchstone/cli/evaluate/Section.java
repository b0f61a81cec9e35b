package dev.touchstone.cli.evaluate;

import java.util.Map;

/** A part of the report that was asked for beyond the metrics, in every format. */
interface Section {
  /** The field of the report that holds it. */
  String name();

  /** The field's value: strings, numbers, booleans, null, lists and maps of them. */
  Map<String, Object> json();

  /** For the terminal: lines, each ended. */
  String table();

  /** Appends it to the page, heading included. */
  void html(Markup page);
}
