package io.stalemate.litmus.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.litmus.run.LitmusResult.Grade;
import io.stalemate.litmus.run.LitmusResult.Row;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** The converter to JUnit XML, read back by a parser. */
class JUnitXmlTest {

  private static final Row EXPECTED = new Row("0, 1", 750, Grade.ACCEPTABLE, "in order");
  private static final Row ODD = new Row("1, 1", 250, Grade.INTERESTING, "weak");

  private static LitmusResult result(String test, String error, Row... rows) {
    return new LitmusResult(test, error, List.of(rows), 1);
  }

  private static Element parsed(List<LitmusResult> results, List<String> missing) throws Exception {
    String text = JUnitXml.of(results, missing, 1.5);
    Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder()
        .parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    return document.getDocumentElement();
  }

  private static Element child(Element of, String name) {
    assertThat(of.getElementsByTagName(name).getLength()).as(name).isOne();
    return (Element) of.getElementsByTagName(name).item(0);
  }

  private static String counts(Element suite) {
    return suite.getAttribute("tests") + " " + suite.getAttribute("failures") + " " + suite.getAttribute("errors");
  }

  @Test
  void anInterestingOutcomePassesAndItsTableIsInTheOutput() throws Exception {
    Element suite = parsed(List.of(result("a.b.Shape.Sibling", "", EXPECTED, ODD)), List.of());
    assertThat(counts(suite)).isEqualTo("1 0 0");
    assertThat(suite.getAttribute("time")).isEqualTo("1.500");
    Element testcase = child(suite, "testcase");
    assertThat(testcase.getAttribute("classname")).isEqualTo("a.b.Shape");
    assertThat(testcase.getAttribute("name")).isEqualTo("Sibling");
    assertThat(child(testcase, "system-out").getTextContent()).isEqualTo("""

        0, 1           750   75.0000 %  acceptable   in order
        1, 1           250   25.0000 %  interesting  weak
        """);
    assertThat(suite.getElementsByTagName("failure").getLength()).isZero();
  }

  @Test
  void aForbiddenOutcomeIsAFailureWithTheTable() throws Exception {
    Element suite = parsed(List.of(
        result("S.Right", "", EXPECTED),
        result("S.Wrong", "", EXPECTED, new Row("0, 0", 1, Grade.FORBIDDEN, "stale"))), List.of());
    assertThat(counts(suite)).isEqualTo("2 1 0");
    Element failure = child(suite, "failure");
    assertThat(((Element) failure.getParentNode()).getAttribute("name")).isEqualTo("Wrong");
    assertThat(failure.getAttribute("message")).isEqualTo("forbidden outcome 0, 0: stale");
    assertThat(failure.getTextContent()).contains("0, 1           750").contains("0, 0             1");
  }

  @Test
  void aForbiddenOutcomeThatWasNotSeenIsNone() throws Exception {
    Element suite = parsed(
        List.of(result("S.Right", "", EXPECTED, new Row("0, 0", 0, Grade.FORBIDDEN, "stale"))), List.of());
    assertThat(counts(suite)).isEqualTo("1 0 0");
  }

  @Test
  void aTestThatCouldNotBeJudgedIsAnError() throws Exception {
    Element suite = parsed(List.of(result("S.Broken", "TEST_ERROR\nexception in an actor")), List.of());
    assertThat(counts(suite)).isEqualTo("1 0 1");
    assertThat(child(suite, "error").getAttribute("message")).isEqualTo("TEST_ERROR");
    assertThat(child(suite, "error").getTextContent()).contains("exception in an actor");
  }

  @Test
  void aTestThatDidNotRunIsAnErrorToo() throws Exception {
    Element suite = parsed(List.of(result("S.Right", "", EXPECTED)), List.of("S.Dropped"));
    assertThat(counts(suite)).isEqualTo("2 0 1");
    assertThat(((Element) child(suite, "error").getParentNode()).getAttribute("name")).isEqualTo("Dropped");
  }

  @Test
  void whatXmlHasNoFormForIsReplacedAndTheRestEscaped() throws Exception {
    Element suite = parsed(
        List.of(result("S.Odd", "a < b & \"c\" ]]> \u0000\u001b \ud800 \uffff \ud83d\ude00")), List.of());
    assertThat(child(suite, "error").getAttribute("message"))
        .isEqualTo("a < b & \"c\" ]]> ?? ? ? \ud83d\ude00");
  }
}
