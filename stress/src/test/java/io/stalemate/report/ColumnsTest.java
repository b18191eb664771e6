package io.stalemate.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.machine.Tracepoint;
import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.oracle.Severity;
import io.stalemate.strategy.Schedule;
import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import io.stalemate.trace.TraceLines;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ColumnsTest {

  private static final String FOOTER = "trace hash 3fa2c07716be5d90  equal to recorded";
  private static final Schedule NONE = new Schedule(new int[0], new int[0]);
  private final Race race = new Race();

  @Test
  void showsWhoDidWhatWhen() throws IOException {
    GoldenText.check("columns.txt", render(false, screen(false, false)));
  }

  @Test
  void wideShowsEveryEvent() throws IOException {
    GoldenText.check("columns-wide.txt", render(true, screen(false, false)));
  }

  @Test
  void asciiAndColourChangeOnlyCharacters() throws IOException {
    GoldenText.check("columns-ascii.txt", render(false, screen(true, false)));

    String plain = render(false, screen(false, false));
    assertThat(render(false, screen(true, false))).matches("\\p{ASCII}*");
    assertThat(render(false, screen(false, true)).replaceAll("\u001b\\[[0-9;]*m", "")).isEqualTo(plain);
    assertThat(render(false, screen(false, true))).contains("\u001b[1;31m      VIOLATION");
  }

  @Test
  void noLineIsWiderThanTheScreenHoweverManyTasks() {
    for (int count = 0; count < 61; count++) {
      Trace trace = new Trace();
      int word = trace.objects().add(ObjectKind.WORD, "w".repeat(200));
      for (int task = 0; task < count; task++) {
        trace.tasks().add("a_task_with_a_long_name" + task);
        trace.append(Op.READ_ONCE.ordinal(), task, word, 0, 0, 0, 0);
        trace.append(Op.GUEST_LOAD.ordinal(), task, word, 0, 0, 0, 0);
      }
      for (int width : new int[] {60, 100, 200}) {
        String text = new Columns(new TraceLines(trace), List.of(), step -> -1L, count, NONE, screen(width), false)
            .render("");
        assertThat(text.lines()).allMatch(line -> line.length() <= width);
      }
    }
  }

  @Test
  void whatTheRunHasNotTakesNoColumn() {
    Trace trace = new Trace();
    trace.tasks().add("vcpu0");
    trace.append(Op.RETRYING.ordinal(), 0, 0, 0, 0, 0, 0);

    assertThat(new Columns(new TraceLines(trace), List.of(), step -> 1, 1, NONE, screen(100), false).render("end"))
        .isEqualTo("step  vcpu0\n   0  retry\nend\n");
  }

  @Test
  void aTaskThatAsksToBeOvertakenIsNotPreempted() {
    assertThat(twoTasks(Op.SMP_MB))
        .contains("preempt @1 ── could also have run: a ──")
        .doesNotContain("preempt @2");
    assertThat(twoTasks(Op.RETRYING)).doesNotContain("preempt");
  }

  @Test
  void whoStartsIsNoPreemption() {
    Trace trace = new Trace();
    trace.tasks().addAll(List.of("a", "b"));
    trace.append(Op.TRACE.ordinal(), 0, Tracepoint.NOTIFIER_START.ordinal(), 0, 1, 0, 0);
    trace.append(Op.TRACE.ordinal(), 1, Tracepoint.NOTIFIER_START.ordinal(), 0, 1, 0, 0);
    trace.append(Op.RETRYING.ordinal(), 0, 0, 0, 0, 0, 0);

    assertThat(new Columns(new TraceLines(trace), List.of(), step -> 3, 1, NONE, screen(100), false).render(""))
        .doesNotContain("preempt");
  }

  @Test
  void aScheduleThatSaysWhoStartsIsDrawn() {
    Trace trace = new Trace();
    trace.tasks().addAll(List.of("a", "b"));
    trace.append(Op.RETRYING.ordinal(), 1, 0, 0, 0, 0, 0);
    Schedule first = new Schedule(new int[] {0}, new int[] {1});

    assertThat(new Columns(new TraceLines(trace), List.of(), step -> 3, 1, first, screen(60), false).render("end"))
        .isEqualTo("step  b\n  -- switch @0 -- could also have run: a -------------------\n   0  retry\nend\n"
            .replace('-', '─'));
  }

  @Test
  void onlyTheWorstFindingIsMarkedButTheEvidenceOfAllIsShown() {
    Trace trace = new Trace();
    trace.tasks().add("a");
    for (int i = 0; i < 4; i++) {
      trace.append(Op.SMP_MB.ordinal(), 0, 0, 0, 0, 0, 0);
    }
    List<Finding> findings = List.of(finding("first", 0), finding("second", 2));

    String text = new Columns(new TraceLines(trace), findings, step -> 1, 4, NONE, screen(60), false).render("");

    assertThat(text.lines().filter(line -> line.contains("smp_mb")).map(line -> line.substring(4, 12)))
        .containsExactly("» smp_mb", "  smp_mb", "  smp_mb", "  smp_mb");
    assertThat(text).contains("VIOLATION first", "VIOLATION second");
  }

  @Test
  void wideCutsNothing() {
    Trace trace = new Trace();
    trace.tasks().add("a");
    int word = trace.objects().add(ObjectKind.WORD, "w".repeat(200));
    trace.append(Op.READ_ONCE.ordinal(), 0, word, 7, 0, 0, 0);

    assertThat(new Columns(new TraceLines(trace), List.of(), step -> 1, 1, NONE, screen(60), true).render(""))
        .contains("w".repeat(200) + " = 7");
  }

  private static Finding finding(String oracle, int event) {
    return new Finding(oracle, Severity.RULE, "what", "rule", List.of(new Evidence(event, "role")), List.of());
  }

  @Test
  void aTaskOfWhichNothingIsShownHasNoColumn() {
    Trace trace = new Trace();
    trace.tasks().addAll(List.of("rcu", "vcpu0"));
    trace.append(Op.SMP_MB.ordinal(), 0, 0, 0, 0, 0, 0);
    trace.append(Op.RETRYING.ordinal(), 1, 0, 0, 0, 0, 0);

    assertThat(new Columns(new TraceLines(trace), List.of(), step -> 0, 0, NONE, screen(100), false).render(""))
        .isEqualTo("step  vcpu0\n   1  retry\n1 event folded (--wide shows all)\n");
  }

  private static String twoTasks(Op announced) {
    Trace trace = new Trace();
    trace.tasks().addAll(List.of("a", "b"));
    trace.append(Op.SMP_MB.ordinal(), 0, 0, 0, 0, 0, 0);
    trace.append(Op.SMP_MB.ordinal(), 1, 0, 0, 0, 0, 0);
    trace.append(announced.ordinal(), 0, 0, 0, 0, 0, 0);
    return new Columns(new TraceLines(trace), List.of(), step -> step < 2 ? 3 : 1, 3, NONE, screen(100), true)
        .render("");
  }

  @Test
  void holdersOfTheLockFollowEveryKindOfLock() {
    Trace trace = new Trace();
    trace.tasks().addAll(List.of("a", "b"));
    int lock = trace.objects().add(ObjectKind.RWLOCK, "mmu_lock");
    Op[] ops = {Op.READ_LOCK, Op.READ_LOCK, Op.READ_UNLOCK, Op.READ_UNLOCK, Op.WRITE_LOCK, Op.WRITE_UNLOCK,
        Op.SPIN_TRYLOCK, Op.SPIN_UNLOCK};
    int[] tasks = {0, 1, 0, 1, 1, 1, 0, 0};
    for (int i = 0; i < ops.length; i++) {
      trace.append(ops[i].ordinal(), tasks[i], lock, 1, 0, 0, 0);
    }

    String text = new Columns(new TraceLines(trace), List.of(), step -> 0, 0, NONE, screen(60), true).render("");

    assertThat(text.lines().skip(1).limit(ops.length).map(line -> line.substring(49).strip()))
        .containsExactly("R a", "R 2 tasks", "R b", "-", "W b", "-", "a", "-");
  }

  private String render(boolean wide, Screen screen) {
    return new Columns(
        new TraceLines(race.trace), List.of(race.finding()), race::offered, race.steps(),
        race.schedule(), screen, wide)
        .render(FOOTER);
  }

  private static Screen screen(boolean ascii, boolean colour) {
    return new Screen(Screen.WIDTH, ascii, new Colour(colour));
  }

  private static Screen screen(int width) {
    return new Screen(width, false, new Colour(false));
  }
}
