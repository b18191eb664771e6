package io.stalemate.scenario.condition;

import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.machine.Tracepoint;
import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads conditions:
 *
 * <pre>
 *   condition  = conjunction { "or" conjunction }
 *   conjunction = factor { "and" factor }
 *   factor     = "not" factor | "(" condition ")" | term RELATION term
 *   term       = "count" "(" TRACEPOINT { "or" TRACEPOINT } [ "," TASK ] ")"   how often one of them was passed
 *              | "exits" "(" REASON [ "," TASK ] ")"          how often vCPUs left to their VMM for it
 *              | "returned" "(" TASK "," INDEX ")"            what the task's action (from 0) returned
 *              | [ "-" ] INTEGER | "-" ERRNO                  for example -EAGAIN
 *   RELATION   = "==" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;="
 * </pre>
 *
 * TRACEPOINT is a kernel name of {@link Tracepoint}, for example {@code mmu_invalidate_retry}; REASON a name of {@link
 * ExitReason}, for example {@code MEMORY_FAULT}; TASK a task of the scenario. A refusal names the column, counted
 * from 1.
 */
public final class ConditionParser {

  /** Longest condition, in characters. */
  public static final int LENGTH_MAX = 500;

  private static final int NESTING_MAX = 20;
  private static final int DIGITS_MAX = 9;

  private final String text;
  private final List<String> tasks;
  private final int[] actions;
  private final List<String> tracepoints;
  private final Scanner scanner;
  private int nesting;

  private ConditionParser(String text, List<String> tasks, int[] actions) {
    this.text = text;
    this.tasks = tasks;
    this.actions = actions;
    this.tracepoints = Arrays.stream(Tracepoint.values()).map(Tracepoint::kernelName).toList();
    this.scanner = new Scanner(text);
  }

  /**
   * Yields the condition that {@code text} says.
   *
   * @param tasks the scenario's tasks, in order
   * @param actions number of actions of each task
   * @throws Refused (usage) with the column of the first mistake
   */
  public static Condition parse(String text, List<String> tasks, int[] actions) {
    if (text.length() > LENGTH_MAX) {
      throw Refused.usage("condition of " + text.length() + " characters; at most " + LENGTH_MAX + " are allowed");
    }
    ConditionParser parser = new ConditionParser(text, tasks, actions);
    Condition condition = parser.condition();
    if (!parser.scanner.token().isEmpty()) {
      throw parser.expected("'and', 'or' or the end");
    }
    return condition;
  }

  private Condition condition() {
    Condition left = conjunction();
    while (scanner.accept("or")) {
      left = new Condition.Or(left, conjunction());
    }
    return left;
  }

  private Condition conjunction() {
    Condition left = factor();
    while (scanner.accept("and")) {
      left = new Condition.And(left, factor());
    }
    return left;
  }

  private Condition factor() {
    if (++nesting > NESTING_MAX) {
      throw refused("nested too deep; at most " + NESTING_MAX + " levels are allowed");
    }
    Condition result;
    if (scanner.accept("not")) {
      result = new Condition.Not(factor());
    } else if (scanner.accept("(")) {
      result = condition();
      expect(")");
    } else {
      result = comparison();
    }
    nesting--;
    return result;
  }

  private Condition comparison() {
    Condition.Term left = term();
    for (Condition.Relation relation : Condition.Relation.values()) {
      if (scanner.accept(relation.sign())) {
        return new Condition.Compare(left, relation, term());
      }
    }
    throw expected("one of == != < <= > >=");
  }

  private Condition.Term term() {
    if (scanner.accept("count")) {
      return count();
    }
    if (scanner.accept("exits")) {
      return exits();
    }
    if (scanner.accept("returned")) {
      return returned();
    }
    boolean negative = scanner.accept("-");
    if (negative && scanner.token().startsWith("E")) {
      return errno();
    }
    if (!scanner.isNumber()) {
      if (!negative && scanner.isWord()) {
        throw refused("unknown word " + Safe.quote(scanner.token()) + "; "
            + Nearest.hint(scanner.token(), List.of("count", "exits", "returned", "not", "and", "or")));
      }
      throw expected("count(...), exits(...), returned(...) or a number");
    }
    long number = number();
    return new Condition.Literal(negative ? -number : number);
  }

  private Condition.Term count() {
    expect("(");
    List<Tracepoint> points = new ArrayList<>();
    do {
      points.add(Tracepoint.values()[named("tracepoint", tracepoints)]);
    } while (scanner.accept("or"));
    int task = taskOrAny();
    List<Condition.Count> counts = points.stream().map(point -> new Condition.Count(point, task)).toList();
    return counts.size() == 1 ? counts.getFirst() : new Condition.Sum(counts);
  }

  private Condition.Term exits() {
    expect("(");
    int reason = named("exit reason", Arrays.stream(ExitReason.values()).map(ExitReason::name).toList());
    return new Condition.Exits(ExitReason.values()[reason], taskOrAny());
  }

  /** The rest of a term in brackets: a task, or none for all of them. */
  private int taskOrAny() {
    int task = scanner.accept(",") ? named("task", tasks) : Counts.ANY_TASK;
    expect(")");
    return task;
  }

  private Condition.Term returned() {
    expect("(");
    int task = named("task", tasks);
    expect(",");
    if (scanner.isNumber() && (scanner.token().length() > DIGITS_MAX || scanner.value() >= actions[task])) {
      throw refused("task '" + tasks.get(task) + "' has no action " + Safe.quote(scanner.token()) + "; it has "
          + actions[task] + ", counted from 0");
    }
    if (!scanner.isNumber()) {
      throw expected("the index of an action of '" + tasks.get(task) + "'");
    }
    int action = (int) number();
    expect(")");
    return new Condition.Returned(task, action);
  }

  private Condition.Term errno() {
    List<String> names = new ArrayList<>();
    for (Errno errno : Errno.values()) {
      names.add(errno.name());
    }
    return new Condition.Literal(-Errno.values()[named("errno", names)].number());
  }

  private int named(String what, List<String> names) {
    int index = names.indexOf(scanner.token());
    if (index >= 0) {
      scanner.next();
      return index;
    }
    if (!scanner.isWord()) {
      throw expected("the name of a " + what);
    }
    throw refused("unknown " + what + " " + Safe.quote(scanner.token()) + "; " + Nearest.hint(scanner.token(), names));
  }

  private long number() {
    if (scanner.token().length() > DIGITS_MAX) {
      throw refused("number " + Safe.quote(scanner.token()) + "; at most " + DIGITS_MAX + " digits are allowed");
    }
    long number = scanner.value();
    scanner.next();
    return number;
  }

  private void expect(String token) {
    if (!scanner.accept(token)) {
      throw expected("'" + token + "'");
    }
  }

  private Refused expected(String what) {
    String given = scanner.token().isEmpty() ? "the end" : Safe.quote(scanner.token());
    return refused(given + " where " + what + " is due");
  }

  private Refused refused(String line) {
    return Refused.usage("condition, column " + scanner.column() + ": " + line
        + (text.isBlank() ? "; the condition is empty" : ""));
  }
}
