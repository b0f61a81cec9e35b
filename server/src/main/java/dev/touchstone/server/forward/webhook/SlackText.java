package dev.touchstone.server.forward.webhook;

import dev.touchstone.server.forward.Result;
import dev.touchstone.server.view.Signal;
import dev.touchstone.server.view.Verdict;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/**
 * A message for people in Slack's markup. Nothing that comes from outside can become markup that
 * calls people or leads elsewhere: {@code &}, {@code <} and {@code >} are escaped, as Slack asks.
 */
final class SlackText {

  private static final MathContext FOR_PEOPLE = new MathContext(4);
  private static final int MAX_PART = 500;
  private static final int MAX_REASONS = 10;

  private SlackText() {}

  static String of(Result result, String link) {
    String text =
        result instanceof Result.SignalResult s
            ? stop(s.signal())
            : verdict(((Result.VerdictResult) result).verdict());
    return link == null ? text : text + "\n<" + entities(link) + "|Open the page>";
  }

  private static String stop(Signal signal) {
    var text = new StringBuilder("*STOP* run ").append(code(signal.runId()));
    text.append(String.format(Locale.ROOT, " at step %,d", signal.step()));
    text.append(": ").append(escaped(signal.reason()));
    if (signal.metric() != null && signal.value() != null) {
      text.append('\n').append(escaped(signal.metric())).append(' ');
      text.append(withInterval(signal.value(), signal.ciLow(), signal.ciHigh()));
      if (signal.difference() != null && signal.comparedWith() != null) {
        text.append(", ").append(signal.difference() < 0 ? "" : "+");
        text.append(
            withInterval(signal.difference(), signal.differenceLow(), signal.differenceHigh()));
        text.append(" to ").append(code(signal.comparedWith()));
      }
    }
    if (signal.bestCheckpoint() != null) {
      text.append("\nBest: ").append(code(signal.bestCheckpoint()));
    }
    return text.toString();
  }

  private static String verdict(Verdict verdict) {
    var text = new StringBuilder("*").append(escaped(verdict.outcome())).append('*');
    if (!verdict.gate().isEmpty()) {
      text.append(" gate ").append(code(verdict.gate()));
    }
    text.append(" on run ").append(code(verdict.runId()));
    text.append(", model checkpoint ").append(code(verdict.checkpoint()));
    text.append(String.format(Locale.ROOT, " (step %,d)", verdict.step()));
    verdict.reasons().stream()
        .limit(MAX_REASONS)
        .forEach(reason -> text.append("\n• ").append(escaped(reason)));
    int more = verdict.reasons().size() - MAX_REASONS;
    return more > 0 ? text + "\n… and " + more + " more" : text.toString();
  }

  private static String withInterval(double value, Double low, Double high) {
    return low == null || high == null
        ? rounded(value)
        : rounded(value) + " [" + rounded(low) + ", " + rounded(high) + "]";
  }

  private static String rounded(double value) {
    return new BigDecimal(value).round(FOR_PEOPLE).stripTrailingZeros().toPlainString();
  }

  private static String code(String text) {
    return "`" + escaped(text).replace('`', '\'') + "`";
  }

  private static String escaped(String text) {
    String cut = text.length() <= MAX_PART ? text : text.substring(0, MAX_PART) + "…";
    return entities(cut.replaceAll("\\s+", " "));
  }

  private static String entities(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
