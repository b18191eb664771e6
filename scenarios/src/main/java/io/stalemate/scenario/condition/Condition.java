package io.stalemate.scenario.condition;

import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.machine.Tracepoint;
import java.util.List;

/**
 * A condition over one finished schedule. {@link ConditionParser} makes them from text. Evaluation walks the tree and
 * allocates nothing.
 */
public sealed interface Condition {

  /** Whether the condition holds for the schedule that {@code counts} tells of. */
  default boolean holds(Counts counts) {
    return switch (this) {
      case And and -> and.left.holds(counts) && and.right.holds(counts);
      case Or or -> or.left.holds(counts) || or.right.holds(counts);
      case Not not -> !not.operand.holds(counts);
      case Compare compare -> compare.test(counts);
    };
  }

  /** Both hold. */
  record And(Condition left, Condition right) implements Condition {}

  /** At least one holds. */
  record Or(Condition left, Condition right) implements Condition {}

  /** The operand does not hold. */
  record Not(Condition operand) implements Condition {}

  /** Two terms compare so. False, whatever the relation, if a term is the result of an action that never returned. */
  record Compare(Term left, Relation relation, Term right) implements Condition {

    boolean test(Counts counts) {
      long a = left.value(counts);
      long b = right.value(counts);
      return a != Counts.NOT_RETURNED && b != Counts.NOT_RETURNED && relation.holds(a, b);
    }
  }

  /** How two terms are compared. */
  enum Relation {
    EQUAL("=="),
    UNEQUAL("!="),
    LESS("<"),
    AT_MOST("<="),
    GREATER(">"),
    AT_LEAST(">=");

    private final String sign;

    Relation(String sign) {
      this.sign = sign;
    }

    /** As written in a condition. */
    public String sign() {
      return sign;
    }

    boolean holds(long a, long b) {
      return switch (this) {
        case EQUAL -> a == b;
        case UNEQUAL -> a != b;
        case LESS -> a < b;
        case AT_MOST -> a <= b;
        case GREATER -> a > b;
        case AT_LEAST -> a >= b;
      };
    }
  }

  /** A number that a condition compares. */
  sealed interface Term {

    /** The number, for the schedule that {@code counts} tells of. */
    default long value(Counts counts) {
      return switch (this) {
        case Count count -> counts.count(count.point, count.task);
        case Sum sum -> sum.total(counts);
        case Exits exits -> counts.exits(exits.reason.ordinal(), exits.task);
        case Returned returned -> counts.returned(returned.task, returned.action);
        case Literal literal -> literal.number;
      };
    }
  }

  /** How often a tracepoint was passed; {@code task} is {@link Counts#ANY_TASK} for all tasks together. */
  record Count(Tracepoint point, int task) implements Term {}

  /** How often any of several tracepoints was passed. */
  record Sum(List<Count> parts) implements Term {
    public Sum {
      parts = List.copyOf(parts);
    }

    long total(Counts counts) {
      long total = 0;
      for (int i = 0; i < parts.size(); i++) {
        total += parts.get(i).value(counts);
      }
      return total;
    }
  }

  /** How often vCPUs left to their VMM for a reason; {@code task} is {@link Counts#ANY_TASK} for all together. */
  record Exits(ExitReason reason, int task) implements Term {}

  /** What a task's action returned. */
  record Returned(int task, int action) implements Term {}

  /** A number as written. */
  record Literal(long number) implements Term {}
}
