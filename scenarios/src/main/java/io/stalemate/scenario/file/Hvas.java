package io.stalemate.scenario.file;

import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Safe;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads host addresses: a page number, a mapping's name, or {@code "name+page"}. */
final class Hvas {

  private static final Pattern IN_MAPPING = Pattern.compile("([a-z][a-z0-9-]{0,39})(?: *\\+ *([0-9]{1,4}))?");

  private final List<Mapping> mappings;

  Hvas(List<Mapping> mappings) {
    this.mappings = mappings;
  }

  /** Yields the host page that {@code key} names. */
  long read(Section section, String key) {
    Optional<String> text = section.string(key).filter(given -> !given.startsWith("0x"));
    return text.isPresent() ? named(section, key, text.get()) : section.number(key, 0, Limits.HVA_PAGES - 1);
  }

  private long named(Section section, String key, String text) {
    Matcher matcher = IN_MAPPING.matcher(text);
    if (!matcher.matches()) {
      throw section.refused(key, key + " " + Safe.quote(text)
          + "; a page number, a mapping's name or \"name+page\" is allowed");
    }
    for (Mapping mapping : mappings) {
      if (mapping.name().equals(matcher.group(1))) {
        long page = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        if (page >= mapping.pages()) {
          throw section.refused(key, key + " '" + text + "'; mapping '" + mapping.name() + "' has " + mapping.pages()
              + " pages, counted from 0");
        }
        return mapping.hva() + page;
      }
    }
    throw section.refused(key, "unknown mapping " + Safe.quote(matcher.group(1)) + "; "
        + Nearest.hint(matcher.group(1), mappings.stream().map(Mapping::name).toList()));
  }
}
