package io.stalemate.trace;

import io.stalemate.machine.Access;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.TaskState;
import java.util.Locale;

/** How one argument of an event is printed; chosen by the argument's name, so that a name always reads the same. */
enum ArgFormat {
  /** A count, a level, an errno: decimal. */
  DECIMAL,
  /** A gfn, pfn, address, entry or mask: hexadecimal. */
  HEX,
  /** A memslot generation: decimal, hexadecimal while the top bit says that an update is in progress. */
  GENERATION,
  /** A data token or a value: by its size. */
  VALUE,
  /** Ordinal of {@link Access}. */
  ACCESS,
  /** Ordinal of {@link TaskState}. */
  STATE,
  /** Ordinal of {@link PageUse}. */
  USE,
  /** An opcode. */
  OP;

  /** Yields the format of the arguments called {@code name}. */
  static ArgFormat of(String name) {
    return switch (name) {
      case "gfn", "gfn_start", "gfn_end", "pfn", "old_pfn", "new_pfn", "to", "from", "ipa", "gpa", "error_code",
          "far", "esr", "old", "new",
          "hva_page", "hva_start", "hva_end", "flags", "attributes", "function", "argument", "woken",
          "readers", "packed" -> HEX;
      case "generation", "gen", "kvm_gen" -> GENERATION;
      case "value", "token" -> VALUE;
      case "access" -> ACCESS;
      case "state" -> STATE;
      case "use" -> USE;
      case "op" -> OP;
      default -> DECIMAL;
    };
  }

  /** Yields {@code value} as text without blanks. */
  String print(long value) {
    return switch (this) {
      case DECIMAL -> Long.toString(value);
      case HEX -> Numbers.hex(value);
      case GENERATION -> value < 0 ? Numbers.hex(value) : Long.toString(value);
      case VALUE -> Numbers.byValue(value);
      case ACCESS -> symbol(Access.values(), value);
      case STATE -> symbol(TaskState.values(), value);
      case USE -> symbol(PageUse.values(), value);
      case OP -> value >= 0 && value < Op.values().length ? OpForm.of(Op.of((int) value)).verb() : Long.toString(value);
    };
  }

  /** Yields the value printed as {@code text}. @throws IllegalArgumentException if it is none */
  long parse(String text) {
    return switch (this) {
      case DECIMAL, HEX, GENERATION, VALUE -> Numbers.parse(text);
      case ACCESS -> ordinal(Access.values(), text);
      case STATE -> ordinal(TaskState.values(), text);
      case USE -> ordinal(PageUse.values(), text);
      case OP -> {
        Op op = OpForm.byVerb(text);
        yield op == null ? Numbers.parse(text) : op.ordinal();
      }
    };
  }

  private static String symbol(Enum<?>[] symbols, long value) {
    return value >= 0 && value < symbols.length
        ? symbols[(int) value].name().toLowerCase(Locale.ROOT)
        : Long.toString(value);
  }

  private static long ordinal(Enum<?>[] symbols, String text) {
    for (Enum<?> symbol : symbols) {
      if (symbol.name().toLowerCase(Locale.ROOT).equals(text)) {
        return symbol.ordinal();
      }
    }
    return Numbers.parse(text);
  }
}
