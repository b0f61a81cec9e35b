package dev.touchstone.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SplitMix64Test {

  @Test
  void sequenceIsThatOfTheReferenceImplementation() {
    SplitMix64 random = new SplitMix64(1234567);
    assertThat(random.nextLong()).isEqualTo(6457827717110365317L);
    assertThat(random.nextLong()).isEqualTo(3203168211198807973L);
    assertThat(random.nextLong()).isEqualTo(Long.parseUnsignedLong("9817491932198370423"));
  }

  @Test
  void sequenceIsThatOfSplittableRandom() {
    SplitMix64 random = new SplitMix64(42);
    SplittableRandom reference = new SplittableRandom(42);
    for (int i = 0; i < 1_000; i++) {
      assertThat(random.nextLong()).as("draw %d", i).isEqualTo(reference.nextLong());
    }
  }

  @Test
  void drawsHaveTheirMoments() {
    int n = 200_000;
    SplitMix64 random = new SplitMix64(3);
    double normal = 0;
    double squares = 0;
    double exponential = 0;
    double geometric = 0;
    for (int i = 0; i < n; i++) {
      double z = random.gaussian();
      normal += z;
      squares += z * z;
      exponential += random.exponential(5);
      geometric += random.geometric(1.5);
    }
    // five standard errors each: sd / sqrt(n) with sd 1, sqrt(2), 5 and sqrt(1.5 · 2.5)
    assertThat(normal / n).isCloseTo(0, within(5 * 1 / Math.sqrt(n)));
    assertThat(squares / n).isCloseTo(1, within(5 * Math.sqrt(2.0 / n)));
    assertThat(exponential / n).isCloseTo(5, within(5 * 5 / Math.sqrt(n)));
    assertThat(geometric / n).isCloseTo(1.5, within(5 * Math.sqrt(1.5 * 2.5 / n)));
  }

  @Test
  void categoriesHaveTheirShares() {
    SplitMix64 random = new SplitMix64(4);
    int[] counts = new int[3];
    for (int i = 0; i < 100_000; i++) {
      counts[random.category(new double[] {0.2, 0.5, 1})]++;
    }
    // five standard errors of a binomial share are at most 0.008
    assertThat(counts[0] / 1e5).isCloseTo(0.2, within(0.008));
    assertThat(counts[1] / 1e5).isCloseTo(0.3, within(0.008));
    assertThat(counts[2] / 1e5).isCloseTo(0.5, within(0.008));
  }
}
