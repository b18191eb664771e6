package io.stalemate.scenario.token;

import io.stalemate.scenario.input.Refused;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A schedule by its deviations, which replays without any strategy's code:
 * {@code sx1.<scenario>[,key=value...].<model>.<deviations>.<check>}.
 *
 * <p>Deviations are bytes in Crockford base 32. Each tells how many choices are skipped since the one before (the
 * first: since the start) and the task. First byte: bit 7 "more follow", bits 6 to 4 the lowest three bits of the
 * number, bits 3 to 0 the task. Then seven bits a byte, lowest first, bit 7 again "more follow". So one byte for up to
 * 7 choices, two for up to 1,023. The last byte of a long form is never 0. No deviation at all is {@code -}.
 *
 * @param deviations ascending in steps
 */
public record ScheduleToken(String scenario, Overrides overrides, String model, List<Deviation> deviations)
    implements Token {

  static final String FORMAT = "sx1";

  private static final String NO_DEVIATION = "-";
  private static final int MORE = 0x80;

  /** Refuses (input) parts of the wrong form, and a token of more than 200 characters. */
  public ScheduleToken {
    Parts.checkScenario(scenario);
    Parts.checkModel(model);
    deviations = List.copyOf(deviations);
    int length = text(scenario, overrides, model, deviations).length();
    if (length > LENGTH_MAX) {
      throw Refused.input("token of " + length + " characters; at most " + LENGTH_MAX
          + " are allowed, keep the trace file");
    }
  }

  /** Yields the token; empty if it would pass 200 characters: such a schedule is kept as a file. */
  public static Optional<ScheduleToken> of(
      String scenario, Overrides overrides, String model, List<Deviation> deviations) {
    return deviations.size() > LENGTH_MAX || text(scenario, overrides, model, deviations).length() > LENGTH_MAX
        ? Optional.empty()
        : Optional.of(new ScheduleToken(scenario, overrides, model, deviations));
  }

  static ScheduleToken read(List<String> parts) {
    Parts.checkCount(parts, 4, FORMAT + ".scenario.model.schedule");
    return new ScheduleToken(Parts.scenario(parts.get(1)), Parts.overrides(parts.get(1)), parts.get(2),
        decode(parts.get(3)));
  }

  @Override
  public String text() {
    return text(scenario, overrides, model, deviations);
  }

  private static String text(String scenario, Overrides overrides, String model, List<Deviation> deviations) {
    return Parts.withCheck(FORMAT + "." + scenario + overrides.text() + "." + model + "." + encode(deviations));
  }

  private static String encode(List<Deviation> deviations) {
    if (deviations.isEmpty()) {
      return NO_DEVIATION;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int next = 0;
    for (Deviation deviation : deviations) {
      int skipped = deviation.step() - next;
      if (skipped < 0) {
        throw new IllegalArgumentException("deviations not ascending: " + deviations);
      }
      int rest = skipped >>> 3;
      bytes.write((rest > 0 ? MORE : 0) | (skipped & 7) << 4 | deviation.task());
      while (rest > 0) {
        int low = rest & 0x7F;
        rest >>>= 7;
        bytes.write((rest > 0 ? MORE : 0) | low);
      }
      next = deviation.step() + 1;
    }
    return Crockford.encode(bytes.toByteArray());
  }

  private static List<Deviation> decode(String text) {
    List<Deviation> deviations = new ArrayList<>();
    if (text.equals(NO_DEVIATION)) {
      return deviations;
    }
    byte[] bytes = Crockford.bytes(text);
    long next = 0;
    int at = 0;
    while (at < bytes.length) {
      int first = bytes[at];
      long skipped = (first >>> 4) & 7L;
      int shift = 3;
      while ((bytes[at] & MORE) != 0) {
        at++;
        if (at == bytes.length || shift > 24 || bytes[at] == 0) {
          throw Refused.input("schedule '" + text + "'; it is cut off or not written by this program");
        }
        skipped |= (bytes[at] & 0x7FL) << shift;
        shift += 7;
      }
      at++;
      long step = next + skipped;
      if (step >= Integer.MAX_VALUE) {
        throw Refused.input("schedule '" + text + "' with step " + step + "; steps end before " + Integer.MAX_VALUE);
      }
      deviations.add(new Deviation((int) step, first & 0xF));
      next = step + 1;
    }
    return deviations;
  }
}
