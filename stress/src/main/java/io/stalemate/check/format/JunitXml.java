package io.stalemate.check.format;

import io.stalemate.check.CheckReport;
import io.stalemate.check.Claim;
import io.stalemate.check.FoundRace;
import io.stalemate.check.Suite;
import io.stalemate.session.Verdict;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * JUnit XML as Jenkins, GitLab and their like read it: a suite a scenario and kernel, a case a claim. A finding is a
 * failure with the splat; whatever else is no pass is an error, whose type says which, unless the report skips it.
 */
public final class JunitXml {

  private static final double NANOS_PER_SECOND = 1e9;

  private final XMLStreamWriter xml;
  private final CheckReport report;

  private JunitXml(XMLStreamWriter xml, CheckReport report) {
    this.xml = xml;
    this.report = report;
  }

  /** Yields the document. */
  public static String of(CheckReport report) {
    StringWriter out = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(out);
      new JunitXml(xml, report).document();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("writing to memory cannot fail", e);
    }
    return out.toString();
  }

  private void document() throws XMLStreamException {
    xml.writeStartDocument("UTF-8", "1.0");
    line(0);
    xml.writeStartElement("testsuites");
    attribute("name", "stalemate check");
    counts(report.suites().stream().flatMap(suite -> suite.claims().stream()).toList());
    attribute("time", seconds(report.nanos()));
    for (Suite suite : report.suites()) {
      suite(suite);
    }
    line(0);
    xml.writeEndElement();
    xml.writeEndDocument();
    line(0);
  }

  private void suite(Suite suite) throws XMLStreamException {
    line(1);
    xml.writeStartElement("testsuite");
    attribute("name", Titles.of(suite));
    counts(suite.claims());
    attribute("time", seconds(suite.nanos()));
    line(2);
    xml.writeStartElement("properties");
    property("kernel", suite.kernel(), 3);
    property("title", suite.title(), 3);
    property("summary", suite.summary(), 3);
    property("schedules", Long.toString(suite.schedules()), 3);
    property("profile", report.profile(), 3);
    property("commit", report.commit(), 3);
    property("model", report.model(), 3);
    line(2);
    xml.writeEndElement();
    for (Claim claim : suite.claims()) {
      testCase(suite, claim);
    }
    line(1);
    xml.writeEndElement();
  }

  private void testCase(Suite suite, Claim claim) throws XMLStreamException {
    line(2);
    xml.writeStartElement("testcase");
    attribute("name", Titles.of(claim));
    // Servers take what is before the last full stop for a package: that of a release must not be one.
    attribute("classname", suite.kernel().isEmpty()
        ? suite.name() : suite.name() + "." + suite.kernel().replace('.', '_'));
    String token = Titles.token(claim);
    if (!token.isEmpty()) {
      line(3);
      xml.writeStartElement("properties");
      property("token", token, 4);
      if (claim.race().isPresent()) {
        property("signature", claim.race().get().signature(), 4);
        property("replay", claim.race().get().replay(), 4);
      }
      line(3);
      xml.writeEndElement();
    }
    if (claim.verdict() != Verdict.PASS) {
      outcome(claim, token);
    }
    line(token.isEmpty() && claim.verdict() == Verdict.PASS ? -1 : 2);
    xml.writeEndElement();
  }

  private void outcome(Claim claim, String token) throws XMLStreamException {
    line(3);
    if (isSkipped(claim)) {
      xml.writeEmptyElement("skipped");
      attribute("message", Titles.message(claim));
      return;
    }
    boolean isFailure = claim.verdict() == Verdict.FINDING;
    boolean isPinned = claim.kind() == Claim.Kind.PINNED;
    xml.writeStartElement(isFailure ? "failure" : "error");
    String oracle = claim.race().map(FoundRace::oracle).orElse(Titles.kind(claim));
    if (isFailure) {
      attribute("message", token.isEmpty() ? Titles.message(claim)
          : (isPinned ? Titles.message(claim) : oracle) + " " + token);
      attribute("type", oracle);
    } else {
      attribute("message", Titles.message(claim));
      attribute("type", claim.verdict().name().toLowerCase(Locale.ROOT));
    }
    String body = claim.race().map(race -> (isPinned ? Titles.message(claim) + "\n" : "") + race.splat())
        .orElse(Titles.message(claim));
    xml.writeCharacters(Text.block(body));
    xml.writeEndElement();
  }

  private void counts(List<Claim> claims) throws XMLStreamException {
    int failures = 0;
    int errors = 0;
    int skipped = 0;
    for (Claim claim : claims) {
      failures += claim.verdict() == Verdict.FINDING ? 1 : 0;
      skipped += isSkipped(claim) ? 1 : 0;
      errors += claim.verdict() != Verdict.PASS && claim.verdict() != Verdict.FINDING && !isSkipped(claim) ? 1 : 0;
    }
    attribute("tests", Integer.toString(claims.size()));
    attribute("failures", Integer.toString(failures));
    attribute("errors", Integer.toString(errors));
    attribute("skipped", Integer.toString(skipped));
  }

  private boolean isSkipped(Claim claim) {
    return report.skipsInconclusive() && claim.verdict() == Verdict.INCONCLUSIVE;
  }

  /** Writes a property that has a value. */
  private void property(String name, String value, int depth) throws XMLStreamException {
    if (value.isEmpty()) {
      return;
    }
    line(depth);
    xml.writeEmptyElement("property");
    attribute("name", name);
    attribute("value", value);
  }

  private void attribute(String name, String value) throws XMLStreamException {
    xml.writeAttribute(name, Text.line(value));
  }

  /** Starts a line, indented by {@code depth} elements; does nothing if that is negative. */
  private void line(int depth) throws XMLStreamException {
    if (depth >= 0) {
      xml.writeCharacters("\n" + "  ".repeat(depth));
    }
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.3f", nanos / NANOS_PER_SECOND);
  }
}
