package io.stalemate.litmus.run;

import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Results as JUnit XML: a case for each test. A forbidden outcome is a failure with the table of outcomes, a test that
 * could not be judged an error; the table of one that passed is its output.
 */
final class JUnitXml {

  private static final String SUITE = "jcstress";

  private JUnitXml() {}

  /**
   * Yields the document.
   *
   * @param missing tests that should have run and did not: errors
   * @param seconds what the run took
   */
  static String of(List<LitmusResult> results, List<String> missing, double seconds) {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeCharacters("\n");
      xml.writeStartElement("testsuite");
      xml.writeAttribute("name", SUITE);
      xml.writeAttribute("tests", String.valueOf(results.size() + missing.size()));
      xml.writeAttribute("failures", String.valueOf(results.stream().filter(JUnitXml::failed).count()));
      xml.writeAttribute("errors", String.valueOf(
          missing.size() + results.stream().filter(result -> !result.error().isEmpty()).count()));
      xml.writeAttribute("skipped", "0");
      xml.writeAttribute("time", String.format(Locale.ROOT, "%.3f", seconds));
      for (LitmusResult result : results) {
        open(xml, result.test());
        outcome(xml, result);
        xml.writeEndElement();
      }
      for (String test : missing) {
        open(xml, test);
        message(xml, "error", "it did not run", "JCStress dropped it; its log says more");
        xml.writeEndElement();
      }
      xml.writeCharacters("\n");
      xml.writeEndElement();
      xml.writeCharacters("\n");
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("XML into memory failed", e);
    }
    return text.toString();
  }

  private static boolean failed(LitmusResult result) {
    return result.error().isEmpty() && !result.passed();
  }

  private static void open(XMLStreamWriter xml, String test) throws XMLStreamException {
    int dot = test.lastIndexOf('.');
    xml.writeCharacters("\n  ");
    xml.writeStartElement("testcase");
    xml.writeAttribute("classname", dot < 0 ? SUITE : test.substring(0, dot));
    xml.writeAttribute("name", test.substring(dot + 1));
  }

  private static void outcome(XMLStreamWriter xml, LitmusResult result) throws XMLStreamException {
    String table = String.join("\n", result.table());
    if (!result.error().isEmpty()) {
      message(xml, "error", result.error().lines().findFirst().orElseThrow(), result.error() + "\n" + table);
    } else if (!result.passed()) {
      LitmusResult.Row worst = result.seen(LitmusResult.Grade.FORBIDDEN).getFirst();
      message(xml, "failure", "forbidden outcome " + worst.outcome() + ": " + worst.reason(), table);
    } else {
      xml.writeStartElement("system-out");
      xml.writeCharacters(printable("\n" + table + "\n"));
      xml.writeEndElement();
    }
  }

  private static void message(XMLStreamWriter xml, String element, String message, String body)
      throws XMLStreamException {
    xml.writeStartElement(element);
    xml.writeAttribute("message", printable(message));
    xml.writeCharacters(printable("\n" + body + "\n"));
    xml.writeEndElement();
  }

  /** Without what XML 1.0 has no form for, not even escaped: a JVM's last words may hold anything. */
  private static String printable(String text) {
    StringBuilder kept = new StringBuilder(text.length());
    text.codePoints().forEach(c -> {
      boolean allowed = c == '\n' || c == '\t' || (c >= ' ' && c < 0xd800) || (c > 0xdfff && c < 0xfffe) || c > 0xffff;
      kept.appendCodePoint(allowed ? c : '?');
    });
    return kept.toString();
  }
}
