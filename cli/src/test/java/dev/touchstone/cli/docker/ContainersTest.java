package dev.touchstone.cli.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.schemas.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** No container runs here, so that what can be held true without one is: names, versions, paths. */
class ContainersTest {

  private static final Path ROOT = Path.of(System.getProperty("basedir", "."), "..").normalize();
  private static final Path DOCKER = ROOT.resolve("docker");
  private static final List<String> OURS = List.of("touchstone", "touchstone-flink");

  @Test
  void composeHasEveryProcessAndItsReferencesResolve() throws IOException {
    Map<String, Object> compose = yaml(Files.readString(DOCKER.resolve("compose.yaml")));
    Map<String, Object> services = map(compose.get("services"));
    assertThat(services)
        .containsOnlyKeys(
            "kafka",
            "topics",
            "jobmanager",
            "taskmanager",
            "submit",
            "server",
            "prometheus",
            "grafana");
    Set<String> volumes = map(compose.get("volumes")).keySet();
    Set<String> targets = stages();
    services.forEach(
        (name, value) -> {
          Map<String, Object> service = map(value);
          if (service.get("depends_on") instanceof List<?> others) {
            assertThat(services).as(name).containsKeys(others.toArray(String[]::new));
          } else if (service.containsKey("depends_on")) {
            assertThat(services).as(name).containsKeys(keys(service.get("depends_on")));
            map(service.get("depends_on"))
                .forEach(
                    (other, condition) -> {
                      if (map(condition).get("condition").equals("service_healthy")) {
                        assertThat(map(services.get(other)))
                            .as("%s waits for %s", name, other)
                            .containsKey("healthcheck");
                      }
                    });
          }
          for (String volume : list(service.getOrDefault("volumes", List.of()))) {
            String source = volume.substring(0, volume.indexOf(':'));
            if (source.startsWith(".")) {
              assertThat(DOCKER.resolve(source)).as("%s of %s", source, name).exists();
            } else {
              assertThat(volumes).as(name).contains(source);
            }
          }
          if (OURS.contains((String) service.get("image"))) {
            Map<String, Object> build = map(service.get("build"));
            assertThat(targets).as(name).contains((String) build.get("target"));
            assertThat(DOCKER.resolve((String) build.get("context")).resolve("docker/Dockerfile"))
                .exists();
          }
          for (String port : list(service.getOrDefault("ports", List.of()))) {
            assertThat(port)
                .as("%s must be open to this machine alone", name)
                .startsWith("127.0.0.1:");
          }
        });
  }

  @Test
  void imagesHaveTheVersionsOfTheBuild() throws IOException {
    String pom = Files.readString(ROOT.resolve("pom.xml"));
    String flink = group(pom, "<flink\\.version>([^<]+)<");
    String kafka = group(pom, "<kafka\\.version>([^<]+)<");
    assertThat(group(dockerfile(), "ARG FLINK_VERSION=(\\S+)")).isEqualTo(flink);
    Map<String, Object> services =
        map(yaml(Files.readString(DOCKER.resolve("compose.yaml"))).get("services"));
    assertThat(map(services.get("kafka")).get("image")).isEqualTo("apache/kafka:" + kafka);
    assertThat(map(services.get("topics")).get("image")).isEqualTo("apache/kafka:" + kafka);
  }

  @Test
  void topicsAreThoseOfTheContract() throws IOException {
    Set<String> all =
        matches(Files.readString(DOCKER.resolve("topics.sh")), "(?m)^create ([a-z-]+)");
    Set<String> compacted =
        matches(
            Files.readString(DOCKER.resolve("topics.sh")),
            "(?m)^create ([a-z-]+) --config cleanup\\.policy=compact$");
    Topics topics = new Topics("");
    assertThat(all).containsExactlyInAnyOrderElementsOf(topics.all());
    assertThat(compacted).containsExactlyInAnyOrderElementsOf(topics.compacted());
    assertThat(Files.readString(DOCKER.resolve("topics.sh")))
        .contains("PREFIX:=" + Topics.DEFAULT_PREFIX);
  }

  @Test
  void filesThatTheDockerfileCopiesExist() throws IOException {
    Matcher copy =
        Pattern.compile("(?m)^COPY (?!--from)(?:--chmod=\\d+ )?(\\S+) \\S+$").matcher(dockerfile());
    List<String> sources = new ArrayList<>();
    while (copy.find()) {
      sources.add(copy.group(1));
    }
    assertThat(sources).contains("pom.xml", "conf/config.yaml", "docker/submit.sh");
    assertThat(sources).allSatisfy(source -> assertThat(ROOT.resolve(source)).exists());
    // every module of the build, or Maven fails inside the image
    assertThat(sources)
        .containsAll(matches(Files.readString(ROOT.resolve("pom.xml")), "<module>([^<]+)<"));
  }

  @Test
  void classesThatTheContainersStartExist() throws IOException {
    String text =
        Files.readString(DOCKER.resolve("submit.sh"))
            + Files.readString(DOCKER.resolve("compose.yaml"))
            + dockerfile();
    Set<String> classes = matches(text, "(dev\\.touchstone\\.[a-z.]+\\.[A-Z]\\w+)");
    assertThat(classes)
        .contains(
            "dev.touchstone.jobs.PredictionsJob",
            "dev.touchstone.jobs.EvaluationsJob",
            "dev.touchstone.server.ServerMain",
            "dev.touchstone.cli.Main");
    assertThat(classes)
        .allSatisfy(
            name ->
                assertThat(
                        Class.forName(name, false, getClass().getClassLoader())
                            .getMethod("main", String[].class))
                    .isNotNull());
  }

  @Test
  void jobsAreFoundByTheNamesThatTheyHave() throws IOException {
    assertThat(Files.readString(DOCKER.resolve("submit.sh")))
        .contains(": touchstone $name (RUNNING)")
        .contains("submit predictions", "submit evaluations");
    assertThat(dev.touchstone.jobs.PredictionsJob.NAME).isEqualTo("touchstone predictions");
    assertThat(dev.touchstone.jobs.EvaluationsJob.NAME).isEqualTo("touchstone evaluations");
  }

  @Test
  void clustersConfigurationIsOursPlusWhatAClusterNeeds(@TempDir Path dir) throws IOException {
    String joined =
        Files.readString(ROOT.resolve("conf/config.yaml"))
            + Files.readString(DOCKER.resolve("flink.yaml"));
    assertThat(yaml(joined)).as("no key twice").isNotEmpty();
    Files.writeString(dir.resolve("config.yaml"), joined);
    Configuration flink = GlobalConfiguration.loadConfiguration(dir.toString());
    assertThat(flink.get(CoreOptions.FLINK_JVM_OPTIONS))
        .contains("--add-opens=java.base/java.util=ALL-UNNAMED")
        .doesNotContain("\n");
    assertThat(flink.get(TaskManagerOptions.NUM_TASK_SLOTS)).isEqualTo(4);
    assertThat(flink.get(CheckpointingOptions.CHECKPOINTING_INTERVAL)).isPositive();
    assertThat(flink.get(PipelineOptions.GENERIC_TYPES)).isFalse();
  }

  private static Set<String> stages() throws IOException {
    return matches(dockerfile(), "(?m)^FROM \\S+ AS (\\S+)$");
  }

  private static String dockerfile() throws IOException {
    return Files.readString(DOCKER.resolve("Dockerfile"));
  }

  private static String group(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(pattern).isTrue();
    return matcher.group(1);
  }

  private static Set<String> matches(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toSet());
  }

  private static Map<String, Object> yaml(String text) {
    return map(new Load(LoadSettings.builder().build()).loadFromString(text));
  }

  @SuppressWarnings("unchecked") // YAML maps have string keys here
  private static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked")
  private static List<String> list(Object value) {
    return (List<String>) value;
  }

  private static String[] keys(Object value) {
    return map(value).keySet().toArray(String[]::new);
  }
}
