package dev.touchstone.metrics.sampling;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a plan file from examples as tables and requests spell them, reading them twice: once to
 * count, once to sample. So sets of any size need no more memory than {@link PlanSurvey} says.
 */
public final class PlanMaker {
  /** Examples that can be read again, the same each time. */
  public interface Examples<E extends Exception> {
    /** Gives all of them, in any order. */
    void forEach(Example to) throws E;
  }

  /** Takes an example; refuses it with an IllegalArgumentException. */
  public interface Example {
    /**
     * One example.
     *
     * @param label {@code 0} or {@code 1}, or a class; null in regression
     * @param value the reference score, or the target; anything where there is none
     * @param segment null without segments
     */
    void accept(long id, String label, double value, String segment);
  }

  /**
   * A plan and what it is worth.
   *
   * @param file rule and examples
   * @param errors {@link PlanSurvey#expectedErrors}
   * @param influenceShares {@link PlanSurvey#influenceShares}
   */
  public record Made(PlanFile file, List<ExpectedError> errors, double[] influenceShares) {}

  private PlanMaker() {}

  /**
   * Reads and makes.
   *
   * @param scored whether examples come with reference scores
   * @param segmented whether they come with segments
   * @throws IllegalArgumentException for examples or options that break a rule
   */
  public static <E extends Exception> Made make(
      PlanTask task, boolean scored, boolean segmented, PlanOptions options, Examples<E> examples)
      throws E {
    var survey = PlanSurvey.of(task, scored);
    var classes = new Names("label");
    var segments = new Names("segment");
    examples.forEach(
        (id, label, value, segment) ->
            survey.accept(
                id, label(task, classes, label), value, segmented ? segments.code(segment) : 0));
    PlanRule rule = survey.plan(options, classes.names, segments.names);
    int[] labelCodes =
        (task == PlanTask.BINARY ? List.of("0", "1") : classes.names)
            .stream().mapToInt(rule::labelCode).toArray();
    int[] segmentCodes = segments.names.stream().mapToInt(rule::segmentCode).toArray();
    boolean one = task != PlanTask.REGRESSION && !scored; // band of all values
    var sample = PlanSample.of(rule);
    examples.forEach(
        (id, label, value, segment) ->
            sample.accept(
                id,
                rule.stratumOf(
                    task == PlanTask.REGRESSION ? 0 : labelCodes[label(task, classes, label)],
                    one ? 0 : value,
                    segmented ? segmentCodes[segments.known(segment)] : 0)));
    return new Made(
        sample.file(),
        survey.expectedErrors(rule, segments.names),
        survey.influenceShares(rule, segments.names));
  }

  /**
   * The examples that a rule without segments takes, read once.
   *
   * @throws IllegalArgumentException when they are not those that the rule was made from
   */
  public static <E extends Exception> PlanFile apply(PlanRule rule, Examples<E> examples) throws E {
    var sample = PlanSample.of(rule);
    examples.forEach(
        (id, label, value, segment) ->
            sample.accept(
                id, rule.stratumOf(rule.labelCode(label), value, rule.segmentCode(null))));
    return sample.file();
  }

  private static int label(PlanTask task, Names classes, String label) {
    return switch (task) {
      case MULTICLASS -> classes.code(label);
      case REGRESSION -> 0;
      default -> {
        if (!"0".equals(label) && !"1".equals(label)) {
          throw new IllegalArgumentException("label must be 0 or 1, got " + shown(label));
        }
        yield label.charAt(0) - '0';
      }
    };
  }

  private static String shown(String text) {
    return text == null
        ? "nothing"
        : (text.length() > 40 ? text.substring(0, 40) + "…" : text).replaceAll("\\p{Cntrl}", "?");
  }

  /** Numbers for texts, in the order they come. */
  private static final class Names {
    private final String what;
    private final Map<String, Integer> codes = new HashMap<>();
    private final List<String> names = new ArrayList<>();

    Names(String what) {
      this.what = what;
    }

    int code(String name) {
      Integer known = codes.get(name);
      if (known != null) {
        return known;
      }
      if (name == null) {
        throw new IllegalArgumentException(what + " must be given, got nothing");
      }
      PlanStratum.checkText(what, name, what.equals("label") ? 1 : 0);
      codes.put(name, names.size());
      names.add(name);
      return names.size() - 1;
    }

    int known(String name) {
      Integer known = codes.get(name);
      if (known == null) {
        throw new IllegalArgumentException(
            "examples must be the same at both readings of them, but " + what + " is new");
      }
      return known;
    }
  }
}
