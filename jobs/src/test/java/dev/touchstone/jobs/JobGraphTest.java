package dev.touchstone.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operator has a uid that survives a release, and no record falls to Kryo. */
class JobGraphTest {

  static Stream<Arguments> jobs() {
    return Stream.of(
        job("predictions", PredictionsJob::onKafka), job("evaluations", EvaluationsJob::onKafka));
  }

  private static Arguments job(
      String name, BiConsumer<StreamExecutionEnvironment, EngineSettings> build) {
    return Arguments.of(name, build);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("jobs")
  void everyOperatorHasAUidAndNoTypeFallsToKryo(
      String name, BiConsumer<StreamExecutionEnvironment, EngineSettings> build) {
    Configuration strict = new Configuration();
    strict.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
    strict.set(PipelineOptions.GENERIC_TYPES, false);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(strict);

    build.accept(env, EngineSettings.from(SettingsSource.empty()));
    StreamGraph graph = env.getStreamGraph();

    // building the job graph checks uids; building the serializers checks types
    graph.getJobGraph();
    assertThat(graph.getStreamNodes()).hasSizeGreaterThan(5);
    for (StreamNode node : graph.getStreamNodes()) {
      if (node.getTypeSerializerOut() != null) {
        assertThat(node.getTypeSerializerOut().toString())
            .as(node.getOperatorName())
            .doesNotContain("KryoSerializer");
      }
    }
  }
}
