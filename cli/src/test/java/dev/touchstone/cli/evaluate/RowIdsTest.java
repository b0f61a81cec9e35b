package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RowIdsTest {
  private static RowIds of(Object... names) {
    var ids = new RowIds();
    for (Object name : names) {
      if (name instanceof Long number) {
        ids.add(number);
      } else {
        ids.add((String) name);
      }
    }
    return ids;
  }

  @Test
  void numbersAndTheirTextAreOneName() {
    assertThat(of("7", 7L, "07", "7", "x").firstOccurrences()).containsExactly(0, 0, 2, 0, 4);
    assertThat(of("-0", "0", 0L, "").firstOccurrences()).containsExactly(0, 1, 1, 3);
    assertThat(of("99999999999999999999", "1").get(0)).isEqualTo("99999999999999999999");
  }

  @Test
  void rowsAreFoundInAnotherFile() {
    assertThat(of(3L, 1L, 9L).rowsIn(of(1L, 2L, 3L))).containsExactly(2, 0, -1);
    assertThat(of(3L, 1L).rowsIn(of("x", "3"))).containsExactly(1, -1);
    assertThat(of("x", "3").rowsIn(of(3L))).containsExactly(-1, 0);
    assertThat(of(1L).rowsIn(of())).containsExactly(-1);
  }

  @Test
  void firstOccurrencesEqualThoseOfAHashMap() {
    long seed = 7;
    var random = new SplittableRandom(seed);
    var ids = new RowIds();
    var first = new HashMap<Long, Integer>();
    int[] expected = new int[20_000];
    for (int row = 0; row < expected.length; row++) {
      long id = random.nextLong(-5_000, 5_000);
      ids.add(id);
      expected[row] = first.computeIfAbsent(id, any -> ids.size() - 1);
    }
    assertThat(ids.firstOccurrences()).as("seed %d", seed).containsExactly(expected);
  }

  private static Predictions predictions(RowIds ids, byte[] labels, double... scores) {
    return new Predictions(labels, null, scores, null, List.of(), ids);
  }

  @Test
  void rowsThatComeTwiceCountOnce() {
    Predictions once =
        predictions(of("a", "b", "a"), new byte[] {1, 0, 1}, 0.5, 0.25, 0.5)
            .withoutDuplicates("p.csv");
    assertThat(once.doubleScores()).containsExactly(0.5, 0.25);
    assertThat(once.ids().size()).isEqualTo(2);
  }

  @Test
  void contradictionsAreNamed() {
    assertThatThrownBy(
            () ->
                predictions(of("a", "b", "a"), new byte[] {1, 0, 1}, 0.5, 0.25, 0.75)
                    .withoutDuplicates("p.csv"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "p.csv: row 3: rows of one id must agree, got score 0.75 after 0.5 in row 1 for id"
                + " \"a\"");
  }

  @Test
  void hashesAreOfTheNameAlone() {
    var numbers = new RowIds();
    numbers.add(17);
    var texts = new RowIds();
    texts.add("user");
    texts.add("17");
    texts.add("017");
    assertThat(numbers.hashes()).containsExactly(17);
    // XXH64 of "touchstone.text-id" + name under seed 0, shifted by 11 (python-xxhash 3)
    assertThat(texts.hashes()).containsExactly(4375668869346485L, 17, 3282326935922193L);
  }
}
