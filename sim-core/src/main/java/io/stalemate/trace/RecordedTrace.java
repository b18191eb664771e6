package io.stalemate.trace;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a trace file holds.
 *
 * @param header the {@code # key: value} lines, in the file's order; what they mean is the caller's affair
 * @param trace the events, tasks and objects; equal in every array to the trace that was written
 */
public record RecordedTrace(Map<String, String> header, Trace trace) {

  /** Takes a copy of the header that keeps its order. */
  public RecordedTrace {
    header = Collections.unmodifiableMap(new LinkedHashMap<>(header));
  }
}
