package io.stalemate.check.format;

import io.stalemate.check.FoundRace.Place;
import io.stalemate.check.TokenPlace;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The files and functions that a SARIF document points at, each listed once. */
final class SarifPlaces {

  private static final String KERNEL = "KERNEL";
  private static final String SCENARIOS = "SCENARIOS";
  private static final String WORKING = "%SRCROOT%";
  private static final String ROOT = "ROOT";
  private static final String PLAIN = "-._~/";

  /** A file by the directory it is relative to. */
  private record File(String base, String uri) {}

  private final Map<File, Integer> files = new LinkedHashMap<>();
  private final Map<String, Integer> functions = new LinkedHashMap<>();

  /** Sets the file of {@code location}: that of {@code place}, else the scenario's, else the directory of scenarios. */
  void physical(ObjectNode location, Optional<Place> place, String scenario) {
    File file = place.map(at -> new File(KERNEL, uri(at.file())))
        .orElseGet(() -> new File(SCENARIOS, scenario.isEmpty() ? "." : uri(scenario + ".scenario.conf")));
    physical(location, file);
  }

  /** Sets the file and line of {@code location} to those of a pinned token. */
  void physical(ObjectNode location, TokenPlace pinned) {
    String base = pinned.file().startsWith("/") ? ROOT : WORKING;
    physical(location, new File(base, uri(pinned.file().replaceFirst("^(\\./+)+", ""))))
        .putObject("region").put("startLine", pinned.line());
  }

  private ObjectNode physical(ObjectNode location, File file) {
    ObjectNode physical = location.putObject("physicalLocation");
    physical.putObject("artifactLocation")
        .put("uri", file.uri())
        .put("uriBaseId", file.base())
        .put("index", indexOf(files, file));
    return physical;
  }

  /** Sets the function of {@code location}. */
  void logical(ObjectNode location, String function) {
    String name = Text.line(function);
    location.putArray("logicalLocations").addObject()
        .put("fullyQualifiedName", name)
        .put("index", indexOf(functions, name));
  }

  private static <T> int indexOf(Map<T, Integer> all, T one) {
    Integer known = all.putIfAbsent(one, all.size());
    return known == null ? all.size() - 1 : known;
  }

  /** Writes what was pointed at, and what the paths are relative to. */
  void write(ObjectNode run) {
    ObjectNode bases = run.putObject("originalUriBaseIds");
    bases.putObject(KERNEL).putObject("description")
        .put("text", "The source tree of Linux, of the release that the token names, or else the scenario.");
    bases.putObject(SCENARIOS).putObject("description")
        .put("text", "The scenario files; those of the catalogue are inside the tool.");
    if (files.keySet().stream().anyMatch(file -> file.base().equals(WORKING))) {
      bases.putObject(WORKING).putObject("description")
          .put("text", "The directory that the check was run in.");
    }
    if (files.keySet().stream().anyMatch(file -> file.base().equals(ROOT))) {
      bases.putObject(ROOT).put("uri", "file:///");
    }
    ArrayNode artifacts = run.putArray("artifacts");
    files.keySet().forEach(file -> artifacts.addObject().putObject("location")
        .put("uri", file.uri())
        .put("uriBaseId", file.base()));
    ArrayNode logical = run.putArray("logicalLocations");
    functions.keySet().forEach(name -> logical.addObject()
        .put("name", name)
        .put("fullyQualifiedName", name)
        .put("kind", "function"));
  }

  /** Yields a path as a relative reference (RFC 3986, 4.2): unreserved characters and slashes as they are. */
  private static String uri(String path) {
    StringBuilder out = new StringBuilder();
    for (byte each : Text.line(path).getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (each & 0xFF);
      boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || PLAIN.indexOf(c) >= 0);
      out.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02X", (int) c));
    }
    // A leading slash would leave the directory.
    return out.toString().replaceFirst("^/+", "");
  }
}
