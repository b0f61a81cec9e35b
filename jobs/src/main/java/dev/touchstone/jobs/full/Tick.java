package dev.touchstone.jobs.full;

/**
 * A step of an evaluation: a split is done or, with {@code planned}, the second pass is known.
 *
 * @param parts splits of the pass
 */
public record Tick(String reportKey, int pass, int parts, boolean planned) {

  public static Tick of(Finding finding) {
    Split split = finding.split();
    boolean planned = split.part() == Split.ALL;
    int pass = planned || split.range() != null ? 2 : 1;
    return new Tick(split.reportKey(), pass, split.parts(), planned);
  }
}
