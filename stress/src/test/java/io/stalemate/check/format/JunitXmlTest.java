package io.stalemate.check.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.check.CheckReport;
import io.stalemate.check.TokenPlace;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class JunitXmlTest {

  private final CheckReport report = Reports.everything();

  @Test
  void theDocumentIsAsKept() throws IOException {
    GoldenFile.check("junit.xml", JunitXml.of(report));
  }

  @Test
  void countsAreThoseOfTheElementsBelow() throws Exception {
    Element root = parsed(report).getDocumentElement();

    assertThat(counts(root)).containsExactly("12", "2", "6", "0");
    for (Element suite : elements(root, "testsuite")) {
      assertThat(counts(suite)).containsExactly(
          size(suite, "testcase"), size(suite, "failure"), size(suite, "error"), size(suite, "skipped"));
    }
    assertThat(counts(root)).containsExactly(
        size(root, "testcase"), size(root, "failure"), size(root, "error"), size(root, "skipped"));
  }

  @Test
  void aFindingIsAFailureWithItsTokenAndTheSplat() throws Exception {
    Element failure = elements(parsed(report).getDocumentElement(), "failure").getLast();

    assertThat(failure.getAttribute("type")).isEqualTo("private-shared");
    assertThat(failure.getAttribute("message")).isEqualTo("private-shared sx1.attr-vs-fault.1501b95.j80p0rg.f0");
    assertThat(failure.getTextContent()).startsWith("====\n  splat ```` <a b=\"c\"> & 'd' ]]> e|f")
        .contains("\ud83d\ude00", "\nj\ufffdk\ufffd[2Jl\ufffdm ").endsWith("\n\n...\n====\n");
    assertThat(properties((Element) failure.getParentNode())).contains(
        "token=sx1.attr-vs-fault.1501b95.j80p0rg.f0",
        "signature=private-shared mmu_seq / mem_attr " + Text.line(Reports.NASTY));
  }

  @Test
  void aTokenThatFailsSaysWhereItIsPinnedAndWhatWasExpected() throws Exception {
    Element root = parsed(Reports.pinned(new TokenPlace("known-races.tokens", 3, true),
        new TokenPlace("a/mine.tokens", 3, false), new TokenPlace("b/mine.tokens", 3, false))).getDocumentElement();
    Element failure = elements(root, "failure").get(1);

    assertThat(failure.getAttribute("message"))
        .isEqualTo("a/mine.tokens:3: expected PASS; FINDING sx1.attr-vs-fault.1501b95.j80p0rg.f0");
    assertThat(failure.getTextContent()).startsWith("a/mine.tokens:3: expected PASS; FINDING\n====\n  splat");
    assertThat(elements(root, "testcase")).extracting(each -> each.getAttribute("name")).containsExactly(
        "pinned sx1.attr-vs-fault.1501b95.j80p0rg.f0 (built-in known-races.tokens:3)",
        "pinned sx1.attr-vs-fault.1501b95.j80p0rg.f0 (a/mine.tokens:3)",
        "pinned sx1.attr-vs-fault.1501b95.j80p0rg.f0 (b/mine.tokens:3)");
  }

  @Test
  void otherVerdictsAreErrorsOfTheirType() throws Exception {
    assertThat(elements(parsed(report).getDocumentElement(), "error").stream()
        .map(error -> ((Element) error.getParentNode()).getAttribute("name").split(" ")[0] + " "
            + error.getAttribute("type")))
        .containsExactly("budget inconclusive", "outcomes inconclusive", "goal inconclusive", "search inconclusive",
            "determinism nondeterminism", "canary error");
  }

  @Test
  void kernelsOfOneScenarioStayApart() throws Exception {
    Element suite = elements(parsed(report).getDocumentElement(), "testsuite").get(2);

    assertThat(suite.getAttribute("name")).isEqualTo("attr-vs-fault on kvm-x86 v6.12");
    assertThat(elements(suite, "testcase"))
        .allMatch(each -> each.getAttribute("classname").equals("attr-vs-fault.kvm-x86 v6_12"));
    assertThat(suite.getAttribute("time")).isEqualTo("3.005");
  }

  @Test
  void whatTheReportSkipsIsSkipped() throws Exception {
    Element root = parsed(Reports.inconclusive(true)).getDocumentElement();

    assertThat(counts(root)).containsExactly("2", "0", "0", "1");
    assertThat(elements(root, "skipped").getFirst().getAttribute("message")).isEqualTo("never reached in 7 runs");
    assertThat(counts(parsed(Reports.inconclusive(false)).getDocumentElement())).containsExactly("2", "0", "1", "0");
  }

  @Test
  void equalReportsGiveEqualBytes() {
    assertThat(JunitXml.of(Reports.everything())).isEqualTo(JunitXml.of(report));
  }

  private static Document parsed(CheckReport report) throws ParserConfigurationException, IOException, SAXException {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
    factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
    return factory.newDocumentBuilder().parse(new InputSource(new StringReader(JunitXml.of(report))));
  }

  private static List<Element> elements(Element parent, String name) {
    NodeList nodes = parent.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  private static String size(Element parent, String name) {
    return Integer.toString(elements(parent, name).size());
  }

  private static List<String> counts(Element element) {
    return List.of(element.getAttribute("tests"), element.getAttribute("failures"), element.getAttribute("errors"),
        element.getAttribute("skipped"));
  }

  private static List<String> properties(Element testCase) {
    return elements(testCase, "property").stream()
        .map(property -> property.getAttribute("name") + "=" + property.getAttribute("value")).toList();
  }
}
