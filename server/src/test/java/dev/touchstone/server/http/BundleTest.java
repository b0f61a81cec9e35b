package dev.touchstone.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BundleTest {

  private static String bundle(Map<String, String> modules) {
    return Bundle.of("app.js", modules::get);
  }

  @Test
  void aModuleStandsOnceAfterWhatItImports() {
    String script =
        bundle(
            Map.of(
                "app.js", "import { a } from './a.js';\nimport { b } from './b.js';\na(b);\n",
                "a.js", "import { b } from './b.js';\nexport function a() { return b; }\n",
                "b.js", "export const b = 1;\n"));

    assertThat(script.lines().filter(line -> line.startsWith("// ")))
        .containsExactly("// b.js", "// a.js", "// app.js");
  }

  @Test
  void everyFormOfImportAndExportBecomesAConstantOrAProperty() {
    String script =
        bundle(
            Map.of(
                "app.js",
                "import { a,\n  b as c } from './m.js';\nimport * as m from './m.js';\n"
                    + "import d from './m.js';\n",
                "m.js",
                "export class a {}\nexport async function b() {}\nlet e;export{e as default};\n"
                    + "//# sourceMappingURL=m.js.map\n"));

    assertThat(script)
        .contains("const { a,\n  b: c } = $0;\n", "const m = $0;\n", "const { default: d } = $0;\n")
        .contains("class a {}\nasync function b() {}\nlet e;")
        .contains("return { default: e, a, b };")
        .doesNotContain("sourceMappingURL", "import ", "export");
  }

  @Test
  void whatItCannotReadIsRefusedWithTheLine() {
    assertThatIllegalStateException()
        .isThrownBy(() -> bundle(Map.of("app.js", "let a = 1;\nexport default a;\n")))
        .withMessage("app.js has a line that can't be bundled: export default a;");
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                bundle(
                    Map.of(
                        "app.js", "import { a } from './a.js';\n",
                        "a.js", "import { b } from './app.js';\n")))
        .withMessageContaining("circle");
  }

  @Test
  void everyScriptOfThePageIsInItsBundle() throws IOException, URISyntaxException {
    Path folder =
        Path.of(Assets.class.getResource("/dev/touchstone/server/page/app.js").toURI()).getParent();
    List<String> bundled =
        Bundle.of("app.js", Assets::module)
            .lines()
            .filter(line -> line.matches("// \\S+\\.js"))
            .map(line -> line.substring(3))
            .toList();

    try (Stream<Path> files = Files.list(folder)) {
      assertThat(bundled)
          .contains("lib/preact.js", "lib/uplot.js")
          .containsAll(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.endsWith(".js") && !name.equals("early.js"))
                  .toList());
    }
  }
}
