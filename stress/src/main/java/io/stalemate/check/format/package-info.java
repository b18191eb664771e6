/**
 * What came of a check in the forms that other tools read: JUnit XML, SARIF, TAP, Markdown. Each form has one public
 * class with a method {@code of}, which takes a {@link io.stalemate.check.CheckReport} and yields the document; equal
 * reports yield equal documents, and no foreign text ends an element, a string, a cell or a directive.
 *
 * <p>May import the report and the names of verdicts and oracles; writes XML with the JDK and JSON with Jackson, and
 * reads neither. Start at {@link io.stalemate.check.format.JunitXml}.
 */
@NullMarked
package io.stalemate.check.format;

import org.jspecify.annotations.NullMarked;
