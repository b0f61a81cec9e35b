package dev.touchstone.server.forward.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One case for each thing that receivers say. */
class AnswerTest {

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "200||DELIVERED",
        "204||DELIVERED",
        "400|out of order sample|OUT_OF_ORDER",
        "400|err-mimir-sample-out-of-order: the sample has been rejected|OUT_OF_ORDER",
        "400|duplicate sample for timestamp|DUPLICATE",
        "400|out of bounds|OUT_OF_BOUNDS",
        "500|too old sample|TOO_OLD",
        "400|too old sample|TOO_OLD",
        "400|invalid labels: label name \"\" is invalid|INVALID",
        "400||INVALID",
        "422|no|INVALID",
        "413|request entity too large|TOO_LARGE",
        "500|no space left on device|SERVER_ERROR",
        "500||SERVER_ERROR",
        "408||TRY_LATER",
        "429|slow down|TRY_LATER",
        "502||TRY_LATER",
        "503|out of order for maintenance|TRY_LATER",
        "504||TRY_LATER",
        "301||TRY_LATER",
        "401||TRY_LATER",
        "403||TRY_LATER",
        "404|remote write receiver needs to be enabled|TRY_LATER",
        "405||TRY_LATER"
      })
  void anAnswerIsSorted(int status, String body, Answer expected) {
    assertThat(Answer.classify(status, body == null ? "" : body)).isEqualTo(expected);
  }
}
