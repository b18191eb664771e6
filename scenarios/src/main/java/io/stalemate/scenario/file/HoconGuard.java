package io.stalemate.scenario.file;

import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Looks over a HOCON text before the parser does, in one pass, and refuses what could hurt: nesting that overflows the
 * parser's stack; substitutions (the environment, bombs); includes; control characters; and what the parser joins or
 * merges in quadratic time (a key given again, a dotted key, values side by side). Without these a file is plain: each
 * key once, where it belongs.
 *
 * <p>It knows just enough of the syntax: strings, comments, brackets, where keys and values begin. Where it sees a key
 * the parser sees one too, since anything unclear between two fields is refused.
 */
final class HoconGuard {

  static final String NO_INCLUDE = "include; scenario files stand alone, copy in what is needed";

  /** Deepest nesting of brackets. */
  static final int DEPTH_MAX = 64;

  /** Most pieces that the parser may have to join to one value: characters outside quotes, and strings. */
  static final int PIECES_MAX = 1000;

  private static final Pattern KEY = Pattern.compile("[a-z][a-z0-9-]{0,39}|\"[a-z][a-z0-9-]{0,39}\"");

  /** An open bracket and its line: the keys so far of an object, which a list does not use. */
  private record Open(boolean object, TreeSet<String> keys, int line) {}

  private enum Place {
    /** Nothing of the field or element yet. */
    START,
    /** In a key. */
    KEY,
    /** Behind the = or : of a key. */
    EQUALS,
    /** In a value. */
    VALUE,
    /** Behind a closing bracket. */
    CLOSED
  }

  private final String file;
  private final String text;
  private final Deque<Open> open = new ArrayDeque<>();
  private Open inner = new Open(true, new TreeSet<>(), 1);
  private Place place = Place.START;
  private int keyStart;
  private int pieces;
  private boolean mismatched;
  private int line = 1;
  private int at;

  private HoconGuard(String file, String text) {
    this.file = file;
    this.text = text;
  }

  /** @throws Refused that names {@code file} and line */
  static void check(String file, String text) {
    new HoconGuard(file, text).run();
  }

  private void run() {
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '#' || text.startsWith("//", at)) {
        skipComment();
        continue;
      }
      switch (c) {
        case '\n' -> {
          line++;
          if (place != Place.EQUALS) {
            place = Place.START;
          }
        }
        case ' ', '\t', '\r' -> { }
        case ',' -> place = Place.START;
        case '{', '[' -> open(c == '{');
        case '}', ']' -> close(c == '}');
        case '=', ':' -> equals();
        case '"' -> {
          piece();
          skipString();
        }
        default -> character(c);
      }
    }
    // Behind the text is where a string without an end leaves it; that and a wrong bracket are the parser's to refuse.
    if (!open.isEmpty() && !mismatched && at == text.length()) {
      line = inner.line;
      throw input("a bracket " + (inner.object ? "{" : "[") + " that is never closed; " + (inner.object ? "}" : "]")
          + " is due");
    }
  }

  private void character(char c) {
    checkControl(c);
    if (c > 0x7E) {
      throw input("character U+" + HexFormat.of().toHexDigits(c).toUpperCase(Locale.ROOT)
          + " outside quotes; put the text in quotes");
    }
    if (text.startsWith("${", at)) {
      throw input("substitution ${...}; scenario files are never resolved, write the value itself");
    }
    if (text.startsWith("+=", at)) {
      throw input("'+=', a substitution in disguise; write the whole value");
    }
    if (place == Place.START && text.startsWith("include", at) && !continuesWord(at + "include".length())) {
      throw input(NO_INCLUDE);
    }
    piece();
  }

  /** A string begins, or a character of a word is in view. */
  private void piece() {
    switch (place) {
      case START -> {
        place = inner.object ? Place.KEY : Place.VALUE;
        keyStart = at;
        pieces = 1;
      }
      case EQUALS -> {
        place = Place.VALUE;
        pieces = 1;
      }
      case KEY, VALUE -> {
        if (++pieces > PIECES_MAX) {
          throw input("more than " + PIECES_MAX + " characters outside quotes; put the text in quotes");
        }
      }
      case CLOSED -> throw input("a value right behind a closing bracket; a comma or a new line is due");
    }
  }

  private void equals() {
    switch (place) {
      case START, KEY -> {
        key();
        place = Place.EQUALS;
      }
      case EQUALS, VALUE -> { }
      case CLOSED -> piece();
    }
  }

  private void open(boolean object) {
    if (open.size() == DEPTH_MAX) {
      throw input("brackets nested deeper than " + DEPTH_MAX + " levels; " + DEPTH_MAX + " are allowed");
    }
    boolean root = open.isEmpty() && inner.keys.isEmpty();
    if (inner.object && (place == Place.KEY || (place == Place.START && !root))) {
      key();
    } else if (place == Place.VALUE || place == Place.CLOSED) {
      throw input("a bracket right behind a value; a comma or a new line is due");
    }
    open.push(inner);
    inner = new Open(object, new TreeSet<>(), line);
    place = Place.START;
  }

  private void close(boolean object) {
    mismatched |= inner.object != object;
    if (!open.isEmpty()) {
      inner = open.pop();
    }
    place = Place.CLOSED;
  }

  /** The key in view ends here. */
  private void key() {
    String key = place == Place.KEY ? text.substring(keyStart, at).strip() : "";
    if (!inner.object) {
      return;
    }
    if (key.isEmpty()) {
      throw Refused.usage("'" + text.charAt(at)
          + "' where a key is due; write a { b = 1 }, and [ ] around a list (is a bracket above still "
          + "open?)").at(file + ":" + line);
    }
    if (!KEY.matcher(key).matches()) {
      throw Refused.usage("key " + Safe.quote(key) + "; one word of a-z 0-9 - is allowed, objects nest as a { b = 1 }")
          .at(file + ":" + line);
    }
    String bare = key.startsWith("\"") ? key.substring(1, key.length() - 1) : key;
    if (!inner.keys.add(bare)) {
      throw Refused.usage("key '" + bare + "' given twice; once is allowed").at(file + ":" + line);
    }
  }

  private boolean continuesWord(int next) {
    return next < text.length()
        && (Character.isLetterOrDigit(text.charAt(next)) || "-_=:.".indexOf(text.charAt(next)) >= 0);
  }

  /**
   * Leaves {@code at} on the last character of the string. A string without an end is the parser's to refuse, which it
   * does before it builds anything.
   */
  private void skipString() {
    boolean triple = text.startsWith("\"\"\"", at);
    at += triple ? 3 : 1;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (triple ? text.startsWith("\"\"\"", at) : c == '"') {
        while (triple && at + 1 < text.length() && text.charAt(at + 1) == '"') {
          at++; // the last three of a longer row end the string
        }
        return;
      }
      if (c == '\n') {
        line++;
      } else if (c != '\t' && c != '\r') {
        checkControl(c);
      }
      at += c == '\\' && !triple && at + 1 < text.length() && text.charAt(at + 1) >= ' ' ? 2 : 1;
    }
  }

  private void skipComment() {
    while (at + 1 < text.length() && text.charAt(at + 1) != '\n') {
      at++;
    }
  }

  private void checkControl(char c) {
    if (c < 0x20 || c == 0x7F) {
      throw input("control character 0x" + Integer.toHexString(c) + "; only text is allowed");
    }
  }

  private Refused input(String what) {
    return Refused.input(what).at(file + ":" + line);
  }
}
