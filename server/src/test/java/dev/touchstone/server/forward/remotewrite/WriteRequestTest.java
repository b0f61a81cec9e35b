package dev.touchstone.server.forward.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WriteRequestTest {

  /** Written out by hand from protobuf's encoding: a length or a tag that is off shows. */
  @Test
  void aSeriesIsItsLabelsAndThenItsSamples() {
    Series series = Series.of("m", Map.of("a", "é"));
    byte[] request =
        WriteRequest.encode(List.of(new Sample(series, 1.0, 300), new Sample(series, -0.5, 301)));

    assertThat(HexFormat.of().formatHex(request))
        .isEqualTo(
            "0a34" // timeseries, 52 bytes
                + "0a0d" // label, 13 bytes
                + "0a085f5f6e616d655f5f" // name: __name__
                + "12016d" // value: m
                + "0a07" // label, 7 bytes
                + "0a0161" // name: a
                + "1202c3a9" // value: é
                + "120c" // sample, 12 bytes
                + "09000000000000f03f" // value: 1.0
                + "10ac02" // timestamp: 300
                + "120c"
                + "09000000000000e0bf"
                + "10ad02");
  }

  @Test
  void samplesOfOneSeriesAreTogetherAndKeepTheirOrder() {
    Series a = Series.of("a", Map.of());
    Series b = Series.of("b", Map.of());
    byte[] mixed =
        WriteRequest.encode(List.of(new Sample(a, 1, 1), new Sample(b, 2, 2), new Sample(a, 3, 3)));
    byte[] sorted =
        WriteRequest.encode(List.of(new Sample(a, 1, 1), new Sample(a, 3, 3), new Sample(b, 2, 2)));
    assertThat(mixed).isEqualTo(sorted);
  }

  @Test
  void anEmptyLabelIsNoneAndALongOneIsCutButStaysApart() {
    String one = "r".repeat(500) + "1";
    String two = "r".repeat(500) + "2";
    assertThat(Series.of("m", Map.of("slice", "")).labels()).containsOnlyKeys("__name__");
    String cut = Series.of("m", Map.of("run_id", one)).labels().get("run_id");
    assertThat(cut).hasSize(Series.MAX_VALUE).startsWith("rrr");
    assertThat(Series.of("m", Map.of("run_id", two)).labels().get("run_id"))
        .hasSize(Series.MAX_VALUE)
        .isNotEqualTo(cut);
    assertThat(Series.of("m", Map.of("run_id", "x".repeat(200))).labels())
        .containsEntry("run_id", "x".repeat(200));
  }
}
