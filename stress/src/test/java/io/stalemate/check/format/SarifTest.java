package io.stalemate.check.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.check.CheckReport;
import io.stalemate.check.TokenPlace;
import io.stalemate.oracle.Oracles;
import io.stalemate.session.Verdict;
import java.io.IOException;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SarifTest {

  private final CheckReport report = Reports.everything();

  private static JsonNode run(CheckReport report) {
    return SarifChecks.sound(Sarif.of(report)).get("runs").get(0);
  }

  private static List<String> texts(JsonNode array, String key) {
    return StreamSupport.stream(array.spliterator(), false).map(each -> each.get(key).asString()).toList();
  }

  @Test
  void theDocumentIsAsKept() throws IOException {
    GoldenFile.check("check.sarif.json", Sarif.of(report));
  }

  @Test
  void documentsKeepTheSchemaAndTheirReferences() {
    assertThat(run(report).get("results")).hasSize(8);
    assertThat(run(Reports.inconclusive(false)).get("results")).hasSize(1);
    assertThat(run(Reports.report(List.of(), Verdict.PASS, false)).get("results")).isEmpty();
    assertThat(run(Reports.many(50)).get("results")).hasSize(50);
  }

  @Test
  void theSchemaRefusesWhatIsNoSarif() {
    String good = Sarif.of(report);

    assertThat(SarifChecks.againstSchema(good.replace("\"level\" : \"error\"", "\"level\" : \"fatal\""))).isNotEmpty();
    assertThat(SarifChecks.againstSchema(good.replace("\"ruleId\"", "\"rule\""))).isNotEmpty();
    assertThat(SarifChecks.againstSchema(good.replace("arch/x86/kvm", "arch x86 kvm"))).isNotEmpty();
  }

  @Test
  void everyOracleIsARule() {
    JsonNode rules = run(Reports.inconclusive(false)).get("tool").get("driver").get("rules");

    assertThat(texts(rules, "id")).containsAll(Oracles.names())
        .contains("outcome", "outcomes", "pinned", "goal", "search", "determinism", "budget", "canary")
        .doesNotHaveDuplicates();
    assertThat(rules).allMatch(rule -> rule.get("shortDescription").get("text").asString().endsWith("."));
  }

  @Test
  void whatIsInconclusiveWarnsAndAllElseIsAnError() {
    JsonNode results = run(report).get("results");

    assertThat(texts(results, "ruleId")).containsExactly(
        "pinned", "budget", "private-shared", "outcomes", "goal", "search", "determinism", "canary");
    assertThat(texts(results, "level")).containsExactly(
        "error", "warning", "error", "warning", "warning", "warning", "error", "error");
  }

  @Test
  void whatTheReportSkipsIsNoted() {
    JsonNode run = run(Reports.inconclusive(true));

    assertThat(texts(run.get("results"), "level")).containsExactly("note");
    assertThat(run.get("invocations").get(0).get("exitCode").asInt()).isZero();
  }

  @Test
  void theSignatureIsTheFingerprint() {
    JsonNode result = run(report).get("results").get(2);

    assertThat(result.get("partialFingerprints").get("stalemateSignature/v1").asString())
        .isEqualTo(Text.line("private-shared mmu_seq / mem_attr " + Reports.NASTY));
  }

  @Test
  void flowsStepThroughTheScheduleTaskByTask() {
    JsonNode flow = run(report).get("results").get(2).get("codeFlows").get(0);
    JsonNode vcpu = flow.get("threadFlows").get(0).get("locations");
    JsonNode attr = flow.get("threadFlows").get(1).get("locations").get(0);

    assertThat(flow.get("message").get("text").asString()).isEqualTo(
        "The schedule as it ran; 17 events are left out.");
    assertThat(flow.get("threadFlows").get(0).get("id").asString()).isEqualTo("vcpu0");
    assertThat(List.of(vcpu.get(0).get("executionOrder").asInt(), attr.get("executionOrder").asInt(),
        vcpu.get(1).get("executionOrder").asInt())).containsExactly(1, 2, 3);
    assertThat(vcpu.get(0).get("kinds").toString()).isEqualTo("[\"acquire\",\"lock\"]");
    assertThat(vcpu.get(2).get("kinds").toString()).isEqualTo("[\"release\",\"lock\"]");
    assertThat(texts(vcpu, "importance")).containsExactly("unimportant", "essential", "unimportant");
    assertThat(vcpu.get(1).get("nestingLevel").asInt()).isEqualTo(2);
    assertThat(vcpu.get(1).get("stack").get("frames")).hasSize(2);
    assertThat(attr.get("location").get("physicalLocation").get("artifactLocation").get("uri").asString())
        .isEqualTo("attr-vs-fault.scenario.conf");
  }

  @Test
  void claimsWithoutAPlaceAreAtTheirScenario() {
    List<String> uris = StreamSupport.stream(run(report).get("results").spliterator(), false)
        .map(each -> each.get("locations").get(0).get("physicalLocation").get("artifactLocation").get("uri").asString())
        .toList();

    assertThat(uris).containsExactly("my%20regressions/mine.tokens", ".", "arch/x86/kvm/mmu/mmu.c",
        "attr-vs-fault.scenario.conf", "attr-vs-fault.scenario.conf", "attr-vs-fault.scenario.conf",
        "attr-vs-fault.scenario.conf", ".");
  }

  @Test
  void aTokenOfAUserIsAtItsLineAndOneThatIsBuiltInAtTheKernel() {
    JsonNode run = run(Reports.pinned(new TokenPlace("/mine/a.tokens", 3, false),
        new TokenPlace("known-races.tokens", 4, true)));
    JsonNode mine = run.get("results").get(0);
    JsonNode builtIn = run.get("results").get(1);

    JsonNode physical = mine.get("locations").get(0).get("physicalLocation");
    assertThat(physical.get("artifactLocation").get("uri").asString()).isEqualTo("mine/a.tokens");
    assertThat(physical.get("artifactLocation").get("uriBaseId").asString()).isEqualTo("ROOT");
    assertThat(physical.get("region").get("startLine").asInt()).isEqualTo(3);
    assertThat(run.get("originalUriBaseIds").get("ROOT").get("uri").asString()).isEqualTo("file:///");
    assertThat(mine.get("relatedLocations")).isEqualTo(builtIn.get("locations"));
    assertThat(builtIn.get("locations").get(0).findValue("uri").asString()).isEqualTo("arch/x86/kvm/mmu/mmu.c");
    assertThat(builtIn.has("relatedLocations")).isFalse();
    assertThat(mine.get("partialFingerprints")).as("a line put in before does not make another alert")
        .isEqualTo(builtIn.get("partialFingerprints"));
  }

  @Test
  void theInvocationTellsTheExitCode() {
    assertThat(run(report).get("invocations").get(0).toString())
        .isEqualTo("{\"executionSuccessful\":false,\"exitCode\":9}");
    assertThat(run(Reports.many(1)).get("invocations").get(0).toString())
        .isEqualTo("{\"executionSuccessful\":true,\"exitCode\":1}");
  }

  @Test
  void equalReportsGiveEqualBytesAndTimesDoNotCount() {
    CheckReport slower = new CheckReport(report.version(), report.model(), report.profile(), report.commit(),
        report.seed(), report.suites(), report.verdict(), report.schedules(), report.nanos() * 2, false);

    assertThat(Sarif.of(slower)).isEqualTo(Sarif.of(Reports.everything())).doesNotContain("\r");
  }
}
