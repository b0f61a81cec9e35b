package dev.touchstone.jobs.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NamesTest {

  @Test
  void equalNamesBecomeOneString() {
    String first = Names.shared(copy("validation"));
    assertThat(Names.shared(copy("validation"))).isSameAs(first);
    assertThat(Names.shared(null)).isNull();
  }

  @Test
  void aNameIsNeverTakenForAnother() {
    Set<String> seen = new HashSet<>();
    IntStream.range(0, 20_000).forEach(i -> seen.add(Names.shared("step-" + i)));
    assertThat(seen).hasSize(20_000);
    // of one hash code
    assertThat(Names.shared("Aa")).isEqualTo("Aa");
    assertThat(Names.shared("BB")).isEqualTo("BB");
  }

  @Test
  void recordsShareTheirNames() {
    Claim one = new Claim(copy("run"), 0, copy("step-1"), 1, null);
    Claim other = new Claim(copy("run"), 0, copy("step-1"), 1, null);
    assertThat(other.runId()).isSameAs(one.runId());
    assertThat(other.checkpoint()).isSameAs(one.checkpoint());
  }

  private static String copy(String name) {
    return new String(name.toCharArray());
  }
}
