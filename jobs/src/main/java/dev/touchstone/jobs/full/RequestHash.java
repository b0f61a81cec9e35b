package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Trigger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * What is asked, without who asks and when. With the set key it names a report: the same rows and
 * the same question have the same answer. Equal questions have equal hashes, whatever order their
 * parts were written in.
 */
final class RequestHash {

  /** Part of the hash: a change in what a report holds must not be answered with an old report. */
  static final int REPORT_VERSION = 2;

  private RequestHash() {}

  static String of(Trigger trigger) {
    return of(trigger.question());
  }

  static String of(Question question) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(canonical(question).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  // names hold no control characters, so lines and NUL keep the parts apart
  private static String canonical(Question question) {
    StringBuilder text = new StringBuilder("report/" + REPORT_VERSION);
    line(text, "thresholds", question.thresholds());
    line(text, "decision", question.decisionThreshold());
    line(text, "metrics", list(question.metrics()));
    Question.Slices slices = question.slices();
    if (slices != null) {
      line(text, "slices", list(slices.by()));
      line(text, "slices.limits", slices.most() + "," + slices.minPositives());
    }
    line(text, "costs", question.costs());
    line(text, "baseline", question.baseline());
    line(text, "bootstrap", question.bootstrap());
    // how many there are is said by the key of their sets
    line(text, "folds", question.allFolds() ? true : null);
    line(text, "plan", question.planBudget() > 0 ? question.planBudget() : null);
    line(text, "honest", question.honestPoints() ? true : null);
    return text.toString();
  }

  private static void line(StringBuilder text, String key, Object value) {
    if (value != null) {
      text.append('\n').append(key).append('=').append(value);
    }
  }

  private static String list(List<String> values) {
    return values.isEmpty() ? null : String.join("\u0000", values);
  }
}
