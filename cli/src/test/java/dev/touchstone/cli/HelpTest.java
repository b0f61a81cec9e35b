package dev.touchstone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class HelpTest {

  static Stream<String> commands() {
    return names("", Main.commandLine());
  }

  private static Stream<String> names(String before, CommandLine command) {
    return command.getSubcommands().entrySet().stream()
        .flatMap(
            (Map.Entry<String, CommandLine> sub) -> {
              String name = (before + " " + sub.getKey()).strip();
              return Stream.concat(Stream.of(name), names(name, sub.getValue()));
            });
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandSaysHowItIsUsed(String name) {
    CommandLine command = Main.commandLine();
    for (String word : name.split(" ")) {
      command = command.getSubcommands().get(word);
    }
    String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);

    assertThat(help).contains("Examples").contains("-h, --help");
    assertThat(help.substring(help.indexOf("Examples"))).contains("touchstone " + name);
  }

  @Test
  void theHelpListsWhatTheLauncherDoesItself() {
    String help = Main.commandLine().getUsageMessage(CommandLine.Help.Ansi.OFF);

    assertThat(help).contains("  watch").contains("  bench").contains("  test").contains("  build");
  }

  @ParameterizedTest
  @CsvSource({
    "wat, 1, watch",
    "runs sh, 2, show",
    "cache pr, 2, prune",
    "watch --for, 2, --format",
    "runs --format c, 3, csv"
  })
  void bashCompletesWhatThatScriptKnows(String words, int place, String wanted, @TempDir Path dir)
      throws Exception {
    StringWriter script = new StringWriter();
    CommandLine main = Main.commandLine("completion", "bash");
    main.setOut(new PrintWriter(script, true));
    assertThat(main.execute("completion", "bash")).isZero();
    Path file = Files.writeString(dir.resolve("completion"), script.toString());
    // a function that bash has only while it completes
    String asks =
        "compopt() { :; }; source '%s'; complete -p touchstone >/dev/null || exit 9;"
                .formatted(file)
            + " COMP_WORDS=(./touchstone %s); COMP_CWORD=%d;".formatted(words, place)
            + " _complete_touchstone; echo \"${COMPREPLY[@]}\"";
    Process bash = new ProcessBuilder("bash", "-c", asks).redirectErrorStream(true).start();
    String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(bash.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(said.strip().split(" ")).as(said).contains(wanted);
  }

  @Test
  void zshIsGivenWhatItNeedsForAScriptOfBash() {
    StringWriter script = new StringWriter();
    CommandLine main = Main.commandLine("completion", "zsh");
    main.setOut(new PrintWriter(script, true));

    assertThat(main.execute("completion", "zsh")).isZero();
    assertThat(script.toString())
        .startsWith("autoload -U +X compinit && compinit\nautoload -U +X bashcompinit")
        .contains("complete -F _complete_touchstone -o default touchstone");
  }
}
