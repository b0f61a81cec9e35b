package dev.touchstone.cli.ask;

/** How an answer is printed. */
enum Format {
  table,
  json,
  csv
}
