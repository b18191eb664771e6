package io.stalemate.scenario.condition;

/** Cuts a condition into words, numbers and signs; looks one token ahead. The token after the last is empty. */
final class Scanner {

  private final String text;
  private int start;
  private int end;

  Scanner(String text) {
    this.text = text;
    next();
  }

  /** The token in view; empty at the end. */
  String token() {
    return text.substring(start, end);
  }

  /** Where it begins, from 1. */
  int column() {
    return start + 1;
  }

  boolean isWord() {
    return end > start && isWordStart(text.charAt(start));
  }

  boolean isNumber() {
    return end > start && isDigit(text.charAt(start));
  }

  /** The number in view; the caller has checked that it is one and short. */
  long value() {
    return Long.parseLong(text, start, end, 10);
  }

  /** Steps over the token in view if it is {@code wanted}. */
  boolean accept(String wanted) {
    if (wanted.length() != end - start || !text.startsWith(wanted, start)) {
      return false;
    }
    next();
    return true;
  }

  void next() {
    start = end;
    while (start < text.length() && (text.charAt(start) == ' ' || text.charAt(start) == '\n')) {
      start++;
    }
    end = start;
    if (start == text.length()) {
      return;
    }
    char first = text.charAt(start);
    if (isDigit(first)) {
      while (end < text.length() && isDigit(text.charAt(end))) {
        end++;
      }
    } else if (isWordStart(first)) {
      while (end < text.length() && isWordPart(text.charAt(end))) {
        end++;
      }
    } else {
      boolean compound = "=!<>".indexOf(first) >= 0 && start + 1 < text.length() && text.charAt(start + 1) == '=';
      end = start + (compound ? 2 : 1);
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isWordStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  /** Names of tasks contain hyphens; subtraction does not exist here. */
  private static boolean isWordPart(char c) {
    return isWordStart(c) || isDigit(c) || c == '-';
  }
}
