package dev.touchstone.cli.ask;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class RunsCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private StandInServer server;

  @BeforeEach
  void start() throws Exception {
    server = new StandInServer();
    server.run("fraud-7", "LIVE", 0.875);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void runsAreListedAsATableWithoutColoursOffATerminal() throws Exception {
    server.run("older\u001b[31m".replace("\u001b", "\\u001b"), "FINISHED", 0.5);

    assertThat(run(server.option())).isZero();

    assertThat(out.toString().lines().map(line -> line.replaceAll(" {2,}", "  ")))
        .hasSize(3)
        .first()
        .isEqualTo("run  status  heard  step  evaluated  waiting  predictions  newest  trend");
    assertThat(out.toString())
        .contains("ROC AUC 0.87500 (proxy)")
        .contains("0 of 1")
        .contains("▁▅█")
        // nothing that a terminal obeys, whatever a run calls itself
        .contains("older�[31m")
        .doesNotContain("\u001b");
  }

  @Test
  void everyPageIsListedAndTextAndStatusAreAskedFor() throws Exception {
    String first = "/v1/runs?limit=1000&q=fraud%20%26%20co&status=LIVE";
    server.answers.put(first, "{\"runs\": [{\"run_id\": \"a\", \"last_seen\": 1}], \"total\": 2}");
    server.links.put(first, "</v1/runs?cursor=xyz>; rel=\"next\"");
    server.answers.put(
        "/v1/runs?cursor=xyz", "{\"runs\": [{\"run_id\": \"b\", \"last_seen\": 2}], \"total\": 2}");

    assertThat(run("fraud & co", "--status", "live", "--format", "csv", server.option())).isZero();

    // the one heard last first
    assertThat(out.toString().lines().skip(1))
        .extracting(line -> line.substring(0, 1))
        .containsExactly("b", "a");
  }

  @Test
  void jsonAndCsvKeepEveryDigit() {
    run("--format", "json", server.option());
    assertThat(out.toString()).contains("\"run_id\" : \"fraud-7\"").contains("\"value\" : 0.875");
    out.getBuffer().setLength(0);
    run("--format", "csv", server.option());
    assertThat(out.toString().lines().skip(1))
        .containsExactly(
            "fraud-7,LIVE,0,,1,800,1.5,1,0,1,1200,2000,3,0,CONTINUE,roc_auc,0.875,0.9,,");
  }

  @Test
  void aRunIsShownWithItsMetricsAndCheckpoints() {
    assertThat(run("show", "fraud-7", server.option())).isZero();

    assertThat(out.toString())
        .contains("fraud-7  LIVE  step 800  epoch 1.5")
        .contains("predictions 1,200 of 2,000  duplicates 3")
        .contains("signal CONTINUE  at step-800: it improves")
        .containsPattern("ROC AUC +▁█ +0.87500 +0.80000 … 0.92000 untrusted +– +0.70000 +step 800")
        .containsPattern("step-800 +800 +0.87500 +– +WAITING 1,200 of 2,000 .* +release PASS");
  }

  @Test
  void aShownRunIsARowForEachMetricInCsv() {
    assertThat(run("show", "fraud-7", "--format", "csv", server.option())).isZero();

    assertThat(out.toString().lines())
        .containsExactly(
            "run_id,checkpoint,step,epoch,state,metric,proxy,proxy_low,proxy_high,trust,exact,"
                + "exact_low,exact_high",
            "fraud-7,step-800,800,1.5,WAITING,roc_auc,0.875,0.8,0.92,TRUSTED,,,");
  }

  @Test
  void whatIsNotThereIsSaid() {
    assertThat(run("show", "nobody", server.option())).isEqualTo(3);
    assertThat(err.toString()).isEqualTo("touchstone: there is no /v1/runs/nobody\n");
    server.close();
    assertThat(run(server.option())).isEqualTo(1);
    assertThat(err.toString()).contains("no server answers at http://127.0.0.1:");
  }

  private int run(String... args) {
    return new CommandLine(new RunsCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}
