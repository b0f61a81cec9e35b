package dev.touchstone.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricValueTest {
  private static final Interval INTERVAL = new Interval(0.25, 0.75, "m", 0.9, Target.FINITE);

  @Test
  void eachFactoryFillsItsParts() {
    assertThat(MetricValue.defined("a", 0.5))
        .isEqualTo(new MetricValue("a", 0.5, null, null, "not_computed", List.of()));
    assertThat(MetricValue.defined("a", 0.5, INTERVAL))
        .isEqualTo(new MetricValue("a", 0.5, null, INTERVAL, null, List.of()));
    assertThat(MetricValue.defined("a", 0.5, "exact"))
        .isEqualTo(new MetricValue("a", 0.5, null, null, "exact", List.of()));
    var undefined = MetricValue.undefined("a", "empty");
    assertThat(undefined)
        .isEqualTo(new MetricValue("a", Double.NaN, "empty", null, "empty", List.of()));
    assertThat(MetricValue.defined("a", 0.5).isDefined()).isTrue();
  }

  @Test
  void anIntervalComesAndGoesAndTheRestStays() {
    var bare = MetricValue.defined("a", 0.5).withFlag("f");
    var dressed = bare.withInterval(INTERVAL);
    assertThat(dressed).isEqualTo(new MetricValue("a", 0.5, null, INTERVAL, null, List.of("f")));
    assertThat(dressed.withoutInterval("why"))
        .isEqualTo(new MetricValue("a", 0.5, null, null, "why", List.of("f")));
    assertThat(bare.flags()).as("the first is as it was").containsExactly("f");
  }

  @Test
  void flagsAreCopied() {
    var flags = new ArrayList<>(List.of("x"));
    var value = new MetricValue("a", 0.5, null, null, "exact", flags);
    flags.add("y");
    assertThat(value.flags()).containsExactly("x");
    assertThatThrownBy(() -> new MetricValue(null, 0.5, null, null, "exact", List.of()))
        .hasMessage("name");
    assertThatThrownBy(() -> new MetricValue("a", 0.5, "why", null, "why", List.of()))
        .hasMessage("a: a value is NaN exactly when a reason says why, got 0.5, why");
    assertThatThrownBy(() -> new MetricValue("a", 0.5, null, INTERVAL, "why", List.of()))
        .hasMessageStartingWith("a: an interval is absent exactly when a reason says why, got Int");
  }

  @Test
  void intervalsAreClosedAndNamed() {
    assertThat(INTERVAL.contains(0.25)).isTrue();
    assertThat(INTERVAL.contains(0.75)).isTrue();
    assertThat(INTERVAL.contains(Math.nextDown(0.25))).isFalse();
    assertThat(INTERVAL.contains(Math.nextUp(0.75))).isFalse();
    assertThat(INTERVAL.as("other", Target.SUPERPOPULATION))
        .isEqualTo(new Interval(0.25, 0.75, "other", 0.9, Target.SUPERPOPULATION));
    assertThat(new Interval(1, 1, "m", 1, Target.FINITE).contains(1)).isTrue();
  }

  @Test
  void endsLevelsAndNamesOutOfRangeAreRefused() {
    double inf = Double.POSITIVE_INFINITY;
    for (double[] ends : new double[][] {{-inf, 0}, {0, inf}, {Double.NaN, 1}, {0, Double.NaN}}) {
      assertThatThrownBy(() -> new Interval(ends[0], ends[1], "m", 0.9, Target.FINITE))
          .hasMessage(
              "interval ends must be finite and in order, got [" + ends[0] + ", " + ends[1] + "]");
    }
    for (double level : new double[] {0, 1.5, Double.NaN}) {
      assertThatThrownBy(() -> new Interval(0, 1, "m", level, Target.FINITE))
          .hasMessage("level must be in (0, 1], got " + level);
    }
    assertThatThrownBy(() -> new Interval(0, 1, null, 0.9, Target.FINITE)).hasMessage("method");
    assertThatThrownBy(() -> new Interval(0, 1, "m", 0.9, null)).hasMessage("target");
  }
}
