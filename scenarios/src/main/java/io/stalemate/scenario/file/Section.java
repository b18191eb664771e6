package io.stalemate.scenario.file;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Worded;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An object of a scenario file, read key by key. Every method refuses a value of the wrong shape with file, line, what
 * was given and what is allowed; text that it yields is safe to print.
 */
final class Section {

  private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]{1,8}");

  private static final Pattern BITS = Pattern.compile("0x[0-9a-fA-F]{1,16}");

  private final String file;
  private final String what;
  private final ConfigObject object;

  /** @param what the section in messages, with its article: "a task" */
  Section(String file, String what, ConfigObject object) {
    this.file = file;
    this.what = what;
    this.object = object;
  }

  /** Refuses keys other than {@code keys}; yields this section. */
  Section allow(List<String> keys) {
    object.entrySet().stream()
        .filter(entry -> !keys.contains(entry.getKey()))
        .min(Comparator.comparingInt((Map.Entry<String, ConfigValue> entry) -> line(entry.getValue()))
            .thenComparing(Map.Entry::getKey))
        .ifPresent(entry -> {
          throw refused(entry.getValue(), "unknown key " + Safe.quote(entry.getKey()) + " in " + what + "; "
              + Nearest.hint(entry.getKey(), keys));
        });
    return this;
  }

  boolean has(String key) {
    return object.containsKey(key);
  }

  /** A refusal at {@code key}'s line, or at the section's if the key is absent. */
  Refused refused(String key, String line) {
    return refused(object.getOrDefault(key, object), line);
  }

  /** One line of printable text, at least one and at most {@code lengthMax} characters. */
  String text(String key, int lengthMax) {
    return text(key, lengthMax, false);
  }

  /** The same, with line breaks allowed. */
  String lines(String key, int lengthMax) {
    return text(key, lengthMax, true);
  }

  private String text(String key, int lengthMax, boolean lineBreaks) {
    String text = string(key, "text of at most " + lengthMax + " characters");
    if (text.isBlank() || text.length() > lengthMax) {
      throw refused(key, key + " of " + text.length() + " characters; 1 to " + lengthMax + " are allowed");
    }
    if (text.codePoints().anyMatch(c -> Safe.unsafe(c) && !(lineBreaks && c == '\n'))) {
      throw refused(key, key + " with a character that could disturb a terminal; printable text is allowed");
    }
    return text;
  }

  /** A name of ours: {@link Limits#NAME}. */
  String name(String key) {
    String name = string(key, "a name");
    if (!Limits.NAME.matcher(name).matches()) {
      throw refused(key, key + " " + Safe.quote(name) + "; " + Limits.NAME_ALLOWED);
    }
    return name;
  }

  /** One of {@code constants}, by its word. */
  <T extends Worded> T word(String key, T[] constants) {
    String given = string(key, "one of " + String.join(", ", Worded.words(constants)));
    return constants[index(key, key, given, Worded.words(constants))];
  }

  /** One of {@code words}. */
  String word(String key, List<String> words) {
    String given = string(key, "one of " + String.join(", ", words));
    return words.get(index(key, key, given, words));
  }

  /** Several of {@code words}, none twice; absent is none. */
  List<String> words(String key, List<String> words) {
    List<String> chosen = new ArrayList<>();
    String one = key.endsWith("s") ? key.substring(0, key.length() - 1) : key;
    for (ConfigValue value : list(key, words.size())) {
      if (value.valueType() != ConfigValueType.STRING) {
        throw refused(key, key + " with " + shown(value) + "; a list of " + String.join(", ", words) + " is allowed");
      }
      String word = words.get(index(key, one, (String) value.unwrapped(), words));
      if (chosen.contains(word)) {
        throw refused(key, key + " with '" + word + "' twice; once is allowed");
      }
      chosen.add(word);
    }
    return chosen;
  }

  private int index(String key, String called, String given, List<String> words) {
    int index = words.indexOf(given);
    if (index < 0) {
      throw refused(key, "unknown " + called + " " + Safe.quote(given) + " in " + what + "; "
          + Nearest.hint(given, words));
    }
    return index;
  }

  /** A whole number within {@code least} and {@code most}, both included. */
  int number(String key, long least, long most) {
    return Math.toIntExact(number(key, required(key, "a whole number"), least, most));
  }

  /** The same; {@code absent} if the key is. */
  int number(String key, long least, long most, int absent) {
    return has(key) ? number(key, least, most) : absent;
  }

  /** 64 bits: a whole number from 0 on, or up to 16 hex digits; {@code absent} if the key is. */
  long bits(String key, long absent) {
    return has(key) ? bits(key) : absent;
  }

  /** 64 bits: a whole number from 0 on, or up to 16 hex digits. */
  long bits(String key) {
    ConfigValue value = required(key, "a whole number");
    Object given = value.unwrapped();
    if ((given instanceof Integer || given instanceof Long) && ((Number) given).longValue() >= 0) {
      return ((Number) given).longValue();
    }
    if (given instanceof String text && BITS.matcher(text).matches()) {
      return Long.parseUnsignedLong(text, 2, text.length(), 16);
    }
    throw refused(value, key + " = " + shown(value)
        + "; a whole number from 0 on, or 0x and up to 16 hex digits, is allowed");
  }

  /** Several whole numbers; absent is none. */
  List<Long> numbers(String key, int countMax, long least, long most) {
    List<Long> numbers = new ArrayList<>();
    for (ConfigValue value : list(key, countMax)) {
      numbers.add(number(key, value, least, most));
    }
    return numbers;
  }

  private long number(String key, ConfigValue value, long least, long most) {
    String allowed = "; a whole number from " + least + " to " + most + " is allowed";
    Object given = value.unwrapped();
    long number;
    if (given instanceof Integer || given instanceof Long) {
      number = ((Number) given).longValue();
    } else if (given instanceof String text && HEX.matcher(text).matches()) {
      number = Long.parseLong(text, 2, text.length(), 16);
    } else {
      throw refused(value, key + " = " + shown(value) + allowed);
    }
    if (number < least || number > most) {
      throw refused(value, key + " = " + number + allowed);
    }
    return number;
  }

  /** true or false; {@code absent} if the key is. */
  boolean flag(String key, boolean absent) {
    if (!has(key)) {
      return absent;
    }
    ConfigValue value = required(key, "");
    if (!(value.unwrapped() instanceof Boolean flag)) {
      throw refused(key, key + " = " + shown(value) + "; true or false is allowed");
    }
    return flag;
  }

  /** A string, or empty if the value has another type. */
  Optional<String> string(String key) {
    ConfigValue value = object.get(key);
    return value != null && value.unwrapped() instanceof String text ? Optional.of(text) : Optional.empty();
  }

  /** The section under {@code key}; empty if the key is absent. */
  Section section(String key, String named) {
    if (!has(key)) {
      return new Section(file, named, ConfigFactory.empty().root());
    }
    ConfigValue value = required(key, "");
    if (!(value instanceof ConfigObject inner)) {
      throw refused(key, key + " = " + shown(value) + "; an object { ... } is allowed");
    }
    return new Section(file, named, inner);
  }

  /** The objects listed under {@code key}; absent is none. */
  List<Section> sections(String key, String named, int countMax) {
    List<Section> sections = new ArrayList<>();
    for (ConfigValue value : list(key, countMax)) {
      if (!(value instanceof ConfigObject inner)) {
        throw refused(value, key + " with " + shown(value) + "; a list of objects { ... } is allowed");
      }
      sections.add(new Section(file, named, inner));
    }
    return sections;
  }

  private List<ConfigValue> list(String key, int countMax) {
    if (!has(key)) {
      return Collections.emptyList();
    }
    ConfigValue value = required(key, "");
    if (!(value instanceof ConfigList list)) {
      throw refused(key, key + " = " + shown(value) + "; a list [ ... ] is allowed");
    }
    if (list.size() > countMax) {
      throw refused(key, key + " with " + list.size() + " entries; at most " + countMax + " are allowed");
    }
    return list;
  }

  private String string(String key, String allowed) {
    ConfigValue value = required(key, allowed);
    if (!(value.unwrapped() instanceof String text)) {
      throw refused(key, key + " = " + shown(value) + "; " + allowed + " is allowed");
    }
    return text;
  }

  private ConfigValue required(String key, String allowed) {
    ConfigValue value = object.get(key);
    if (value == null) {
      throw refused(object, what + " without '" + key + "'; " + allowed + " is needed");
    }
    return value;
  }

  private Refused refused(ConfigValue where, String line) {
    int number = line(where);
    return Refused.usage(line).at(number > 0 ? file + ":" + number : file);
  }

  private static int line(ConfigValue value) {
    return value.origin().lineNumber();
  }

  private static String shown(ConfigValue value) {
    return switch (value.valueType()) {
      case OBJECT -> "an object";
      case LIST -> "a list";
      case NULL -> "null";
      case STRING, NUMBER, BOOLEAN -> Safe.quote(String.valueOf(value.unwrapped()));
    };
  }
}
