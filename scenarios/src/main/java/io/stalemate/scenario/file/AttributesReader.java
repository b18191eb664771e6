package io.stalemate.scenario.file;

import io.stalemate.scenario.Geometry;
import io.stalemate.scenario.SetAttributes;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Safe;
import java.util.List;
import java.util.Optional;

/**
 * Reads {@code set-attributes}: of pages, by gfn; or of bytes, by address and size, which a VMM may get wrong: the
 * kernel then answers with an errno.
 */
final class AttributesReader {

  private static final String PRIVATE = "private";
  private static final String SHARED = "shared";

  private AttributesReader() {}

  static SetAttributes read(Section at, Geometry geometry) {
    for (String key : List.of("gfn", "pages")) {
      if (at.has(key) && (at.has("address") || at.has("size"))) {
        throw at.refused(key, key + " beside address and size; pages by gfn, or bytes by address, is allowed");
      }
    }
    long attributes = attributes(at);
    long flags = at.bits("flags", 0);
    if (at.has("address") || at.has("size")) {
      return new SetAttributes(at.bits("address"), at.bits("size"), attributes, flags);
    }
    long gfn = at.number("gfn", 0, geometry.gfns() - 1L);
    SetAttributes pages = SetAttributes.of(gfn, at.number("pages", 1, geometry.gfns() - gfn, 1), false);
    return new SetAttributes(pages.address(), pages.size(), attributes, flags);
  }

  private static long attributes(Section at) {
    if (at.has("private") == at.has("attributes")) {
      throw at.refused("do", at.has("private")
          ? "set-attributes with 'private' and 'attributes'; one of them is needed"
          : "set-attributes without 'private'; true or false is needed");
    }
    if (at.has("private")) {
      return at.flag("private", false) ? SetAttributes.PRIVATE : 0;
    }
    Optional<String> word = at.string("attributes").filter(given -> !given.startsWith("0x"));
    if (word.isEmpty()) {
      return at.bits("attributes");
    }
    return switch (word.get()) {
      case PRIVATE -> SetAttributes.PRIVATE;
      case SHARED -> 0;
      default -> throw at.refused("attributes", "unknown attribute " + Safe.quote(word.get()) + "; "
          + Nearest.hint(word.get(), List.of(PRIVATE, SHARED)) + ", or bits as a number");
    };
  }
}
