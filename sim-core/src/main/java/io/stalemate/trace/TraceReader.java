package io.stalemate.trace;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads one trace file, line by line and to the end or not at all. */
final class TraceReader {

  private static final int REASON_MAX = 200;

  private final String file;
  private final byte[] bytes;
  private final Map<String, String> header = new LinkedHashMap<>();
  private final Trace trace = new Trace();
  private int at;
  private int lineStart;
  private int lineNumber;

  TraceReader(String file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /** Yields what the file holds. */
  RecordedTrace read() {
    try {
      String line = header();
      trace.setPlainAccessesAreSteps(TraceText.CHOICES.equals(header.get(TraceText.PLAIN)));
      line = objects(line);
      line = events(line);
      if (!line.equals(TraceText.end(trace, TraceText.crc(bytes, lineStart)))) {
        throw refused("the events do not give this count, hash and checksum: the file is damaged");
      }
      if (at < bytes.length) {
        lineNumber++;
        throw refused("text after the end of the trace");
      }
    } catch (IllegalArgumentException reason) {
      throw refused(String.valueOf(reason.getMessage()));
    }
    return new RecordedTrace(header, trace);
  }

  /** Up to the texts; yields the line after them. */
  private String header() {
    String line = next();
    if (!line.startsWith(TraceText.FIRST_LINE)) {
      throw refused("not a trace file: the first line should read '" + TraceText.FIRST_LINE + TraceText.VERSION + "'");
    }
    if (!line.equals(TraceText.FIRST_LINE + TraceText.VERSION)) {
      throw refused("a trace of another format; this version reads format " + TraceText.VERSION);
    }
    for (line = next(); !line.startsWith(TraceText.TASKS); line = next()) {
      int colon = line.indexOf(": ");
      String key = line.startsWith("# ") && colon > 2 ? line.substring(2, colon) : "";
      if (!TraceText.isKey(key) || header.put(key, Escaped.undo(line.substring(colon + 2))) != null) {
        throw refused("'# key: value' expected, each key once, before '" + TraceText.TASKS + "'");
      }
    }
    if (line.length() > TraceText.TASKS.length()) {
      for (String task : line.substring(TraceText.TASKS.length() + 1).split(" ", -1)) {
        trace.tasks().add(Escaped.undo(task));
      }
    }
    if (trace.tasks().size() >= Trace.BOOT) {
      throw refused("more than " + (Trace.BOOT - 1) + " tasks");
    }
    for (line = next(); line.startsWith(TraceText.TEXT); line = next()) {
      trace.text(Escaped.undo(line.substring(TraceText.TEXT.length())));
    }
    return line;
  }

  /** The object table; yields the line after it. */
  private String objects(String first) {
    if (!first.startsWith(TraceText.OBJECTS)) {
      throw refused("'" + TraceText.OBJECTS + "' expected");
    }
    long wanted = Numbers.parse(first.substring(TraceText.OBJECTS.length()));
    String line;
    for (line = next(); line.startsWith(ObjectLines.START); line = next()) {
      ObjectLines.read(trace.objects(), line);
    }
    if (trace.objects().size() != wanted) {
      throw refused(trace.objects().size() + " objects before this line, not " + wanted);
    }
    return line;
  }

  /** The events; yields the line after them. */
  private String events(String first) {
    EventReader events = new EventReader(trace);
    String line;
    for (line = first; !line.startsWith(TraceText.END); line = next()) {
      if (trace.size() == TraceText.EVENTS_MAX) {
        throw refused("more than " + TraceText.EVENTS_MAX + " events");
      }
      events.read(line);
    }
    return line;
  }

  private String next() {
    lineStart = at;
    lineNumber++;
    int end = at;
    while (end < bytes.length && bytes[end] != '\n') {
      if (bytes[end] < ' ' || bytes[end] > '~') {
        throw refused("a byte that is no printable ASCII: 0x" + Integer.toHexString(bytes[end] & 0xff));
      }
      end++;
      if (end - at > TraceText.LINE_MAX) {
        throw refused("longer than " + TraceText.LINE_MAX + " characters");
      }
    }
    if (end == bytes.length) {
      throw refused("the file is cut short after " + trace.size() + " events");
    }
    at = end + 1;
    return new String(bytes, lineStart, end - lineStart, StandardCharsets.US_ASCII);
  }

  private TraceRefused refused(String reason) {
    return new TraceRefused(
        file, lineNumber, reason.length() <= REASON_MAX ? reason : reason.substring(0, REASON_MAX) + "...");
  }
}
