package io.stalemate.scenario.token;

import io.stalemate.scenario.Limits;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.List;
import java.util.regex.Pattern;

/** The parts that both kinds of token have. */
final class Parts {

  private static final Pattern MODEL = Pattern.compile("[0-9a-f]{7}");

  private Parts() {}

  static void checkCount(List<String> parts, int count, String form) {
    if (parts.size() != count) {
      throw Refused.input(parts.size() + " parts before the check word; " + form + " is allowed");
    }
  }

  static String checkScenario(String name) {
    if (!Limits.NAME.matcher(name).matches()) {
      throw Refused.input("scenario " + Safe.quote(name) + "; " + Limits.NAME_ALLOWED);
    }
    return name;
  }

  static String checkModel(String model) {
    if (!MODEL.matcher(model).matches()) {
      throw Refused.input("model id " + Safe.quote(model) + "; 7 hex digits are allowed");
    }
    return model;
  }

  /** The scenario's name in {@code name,key=value,...}. */
  static String scenario(String part) {
    int comma = part.indexOf(',');
    return comma < 0 ? part : part.substring(0, comma);
  }

  /** The overrides in {@code name,key=value,...}. */
  static Overrides overrides(String part) {
    int comma = part.indexOf(',');
    return comma < 0 ? Overrides.NONE : Overrides.parse(part.substring(comma));
  }

  static String withCheck(String body) {
    return body + "." + Check.of(body);
  }
}
