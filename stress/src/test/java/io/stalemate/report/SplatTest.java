package io.stalemate.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.oracle.Evidence;
import io.stalemate.oracle.Finding;
import io.stalemate.oracle.Severity;
import io.stalemate.strategy.Schedule;
import io.stalemate.trace.TraceLines;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SplatTest {

  private static final Schedule NONE = new Schedule(new int[0], new int[0]);
  private final Race race = new Race();
  private final TraceLines lines = new TraceLines(race.trace);

  @Test
  void tellsTheRaceAndHowToSeeItAgain() throws IOException {
    GoldenText.check("splat.txt", full().render(screen(false, false)));
  }

  @Test
  void asciiAndColourChangeOnlyCharacters() {
    String plain = full().render(screen(false, false));

    assertThat(full().render(screen(true, false))).isEqualTo(plain.replace("→", "->")).matches("\\p{ASCII}*");
    assertThat(full().render(screen(false, true)).replaceAll("\u001b\\[[0-9;]*m", "")).isEqualTo(plain);
    assertThat(full().render(screen(false, true))).contains("\u001b[1;31mBUG: stalemate: ");
  }

  @Test
  void withoutStacksTheTasksAreNamedAndNothingElseIsMissing() throws IOException {
    GoldenText.check("splat-bare.txt",
        new Splat(lines, race.finding(), List.of(), Map.of(), NONE, "", Map.of()).render(screen(false, false)));
  }

  @Test
  void theBugLineNamesWhoeverCalledTheWalker() {
    Map<Integer, List<String>> stacks = Map.of(
        race.map(), List.of("__kvm_pgtable_visit", "__kvm_pgtable_walk", "_kvm_pgtable_walk", "kvm_pgtable_walk",
            "kvm_pgtable_stage2_map", "user_mem_abort"),
        race.zap(), List.of("kvm_pgtable_walk"));

    String splat = new Splat(lines, race.finding(), List.of(), stacks, NONE, "", Map.of())
        .render(screen(false, false));

    assertThat(splat).contains("BUG: stalemate: stale-translation in kvm_pgtable_stage2_map / kvm_pgtable_walk\n")
        .contains("\n __kvm_pgtable_visit\n __kvm_pgtable_walk\n");
  }

  @Test
  void foreignTextCannotSteerTheTerminalAndForeignEventsDoNotThrow() {
    Finding finding = new Finding("o\u001b[2J", Severity.RULE, "what\r\n", "rule\u202e",
        List.of(new Evidence(99_999, "role\u0007"), new Evidence(-1, "")), List.of("note\u009b"));
    Schedule schedule = new Schedule(new int[] {1}, new int[] {60});

    String splat = new Splat(lines, finding, List.of(), Map.of(), schedule, "", Map.of("replay", "x\u001b"))
        .render(screen(false, false));

    assertThat(splat.replace("\n", "").codePoints()).noneMatch(Character::isISOControl);
    assertThat(splat).contains("BUG: stalemate: o\ufffd[2J\n", "@1→task60\n", "replay    x\ufffd\n");
  }

  @Test
  void longSchedulesAreBrokenAndBounded() {
    int[] steps = new int[200];
    int[] tasks = new int[200];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = i * 10;
    }

    String splat = new Splat(lines, race.finding(), List.of(), Map.of(), new Schedule(steps, tasks), "", Map.of())
        .render(screen(false, false));

    assertThat(splat).contains("schedule (200 switches): @0→vcpu0  @10→vcpu0", "and 140 more\n");
    assertThat(splat.lines()).allMatch(line -> line.length() <= Screen.WIDTH);
  }

  private Splat full() {
    Map<String, String> handles = new LinkedHashMap<>();
    handles.put("replay", "stalemate replay sx1.fault-vs-invalidate.1501b95.j80p0rg.f0");
    handles.put("token", "sm1.fault-vs-invalidate.pct3.9yf2ht857frdm.1501b95.z8");
    Map<Integer, List<String>> stacks = Map.of(
        race.map(), List.of("kvm_pgtable_stage2_map", "user_mem_abort", "kvm_handle_guest_abort"),
        race.zap(), List.of("kvm_unmap_gfn_range", "kvm_mmu_notifier_invalidate_range_start"));
    return new Splat(
        lines, race.finding(), List.of(), stacks, race.schedule(), "found 1 in 184,220 runs (pct3)", handles);
  }

  private static Screen screen(boolean ascii, boolean colour) {
    return new Screen(Screen.WIDTH, ascii, new Colour(colour));
  }
}
