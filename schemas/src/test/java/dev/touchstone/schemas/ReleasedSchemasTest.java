package dev.touchstone.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.specific.SpecificData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A client of any release and an engine of any release understand each other. */
class ReleasedSchemasTest {

  static List<Schema> released() {
    return ReleasedSchemas.all();
  }

  static Schema current(Schema released) {
    try {
      return SpecificData.get().getSchema(Class.forName(released.getFullName()));
    } catch (ClassNotFoundException e) {
      throw new AssertionError("a released record is gone: " + released.getFullName(), e);
    }
  }

  @Test
  void everyTopLevelRecordWasReleased() {
    assertThat(released().stream().map(Schema::getName).distinct())
        .containsAll(
            Stream.of(
                    "PredictionBatch",
                    "CheckpointEvent",
                    "EvaluationRequest",
                    "StepTiming",
                    "RunEvent",
                    "MetricPoint",
                    "EvaluationReport",
                    "Signal",
                    "Verdict",
                    "PredictionSet")
                .toList());
  }

  @ParameterizedTest
  @MethodSource("released")
  void todaysReaderReadsWhatWasWrittenThen(Schema then) {
    assertThat(compatibility(current(then), then)).isEqualTo(SchemaCompatibilityType.COMPATIBLE);
  }

  @ParameterizedTest
  @MethodSource("released")
  void thatDaysReaderReadsWhatIsWrittenToday(Schema then) {
    assertThat(compatibility(then, current(then))).isEqualTo(SchemaCompatibilityType.COMPATIBLE);
  }

  private static SchemaCompatibilityType compatibility(Schema reader, Schema writer) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType();
  }
}
