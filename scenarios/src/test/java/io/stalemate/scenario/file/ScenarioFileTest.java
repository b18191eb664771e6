package io.stalemate.scenario.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.machine.PageUse;
import io.stalemate.scenario.AllocFailure;
import io.stalemate.scenario.CpuFeature;
import io.stalemate.scenario.Geometry;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.HostAction;
import io.stalemate.scenario.Mapping;
import io.stalemate.scenario.MappingKind;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.OutcomeClass;
import io.stalemate.scenario.ProcessExit;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.SetAttributes;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.SlotFlag;
import io.stalemate.scenario.SystemUnderTest;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.TaskKind;
import io.stalemate.scenario.Vm;
import io.stalemate.scenario.input.Refused;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScenarioFileTest {

  private static final String HEAD = "name = a\ntitle = b\n";
  private static final String VM =
      "vm { host { mappings = [{ name = ram, hva = 16, pages = 2 }] }, "
          + "memslots = [{ id = 0, gfn = 0, pages = 2, hva = ram }] }\n";
  private static final String TASKS = "tasks = [{ name = v, kind = vcpu, do = [{ do = load, gfn = 0 }] }]\n";

  private static Scenario parse(String text) {
    return ScenarioFile.parse("f.conf", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aFileBecomesTheValueItSays() {
    Scenario scenario = parse("""
        name = my-race
        title = "Of pages and slots"
        group = examples
        vm {
          era = v6.2
          eras = [v5.15, v6.2]
          cpus = 3
          geometry { levels = 3, bits = 1 }
          host {
            frames = 0x20
            mappings = [
              { name = ram, hva = 2, pages = 2, writable = false, populate = false }
              { name = huge, hva = 4, pages = 4, kind = hugetlb, shift = 2 }
            ]
          }
          memslots = [{ id = 1, gfn = 4, pages = 2, hva = "huge+2", flags = [log-dirty, readonly] }]
          mmio = [7]
          alloc-failures = [{ use = table, nth = 2 }]
        }
        tasks = [
          { name = v0, kind = vcpu, cpu = 2, do = [{ do = store, gfn = 4, times = 3 }, { do = fetch, gfn = 7 }] }
          { name = h0, kind = host-mm, do = [{ do = ksm, hva = ram, with = "ram+1" }
              { do = touch, hva = 2, write = true }] }
          { name = s0, kind = memslot, do = [{ do = slot-move, id = 1, gfn = 0 }] }
          { name = a0, kind = attributes, do = [{ do = set-attributes, gfn = 4, private = true }] }
        ]
        outcomes = [{ name = moved, when = "returned(s0, 0) == 0", class = interesting }]
        bounds { steps = 500 }
        """);

    assertThat(scenario.vm()).isEqualTo(new Vm("v6.2", List.of("v5.15", "v6.2"), 3, new Geometry(3, 1), 32,
        List.of(new Mapping("ram", 2, 2, MappingKind.ANON, 0, false, false),
            new Mapping("huge", 4, 4, MappingKind.HUGETLB, 2, true, true)),
        List.of(new Memslot(1, 4, 2, 6, Set.of(SlotFlag.READONLY, SlotFlag.LOG_DIRTY))),
        List.of(7L), List.of(new AllocFailure(PageUse.TABLE, 2))));
    assertThat(scenario.tasks()).containsExactly(
        new Task("v0", TaskKind.VCPU, 2,
            List.of(new Repeated(new GuestAction.Store(4, GuestAction.Store.FRESH), 3),
                new Repeated(new GuestAction.Fetch(7), 1))),
        new Task("h0", TaskKind.HOST_MM, Task.NO_CPU,
            List.of(new Repeated(new HostAction.Ksm(2, 3), 1), new Repeated(new HostAction.Touch(2, true), 1))),
        new Task("s0", TaskKind.MEMSLOT, Task.NO_CPU, List.of(new Repeated(new SlotAction.SlotMove(1, 0), 1))),
        new Task("a0", TaskKind.ATTRIBUTES, Task.NO_CPU,
            List.of(new Repeated(SetAttributes.of(4, 1, true), 1))));
    assertThat(scenario.system()).isEqualTo(SystemUnderTest.KVM_ARM64);
    assertThat(scenario.outcomes().getFirst().grade()).isEqualTo(OutcomeClass.INTERESTING);
    assertThat(scenario.outcomeClass(1)).isEqualTo(OutcomeClass.UNKNOWN);
    assertThat(scenario.stepsMax()).isEqualTo(500);
  }

  @Test
  void aScenarioWithoutRowsJudgesByOraclesAlone() {
    Scenario scenario = parse(HEAD + VM + TASKS);
    assertThat(scenario.outcomeClass(0)).isEqualTo(OutcomeClass.ACCEPTABLE);
    assertThat(scenario.outcomeName(0)).isEqualTo("other");
    assertThat(scenario.stepsMax()).isEqualTo(20_000);
  }

  @Test
  void theDigestIgnoresCommentsAndLayoutAndNothingElse() {
    String digest = parse(HEAD + VM + TASKS).digest();
    assertThat(digest).matches("[0-9a-f]{10}");
    assertThat(parse(TASKS + "# a comment\n\n" + VM + HEAD).digest()).isEqualTo(digest);
    assertThat(parse(HEAD + VM + TASKS.replace("gfn = 0", "gfn = 1")).digest()).isNotEqualTo(digest);
  }

  @Test
  void unknownNamesGetLineAndNearestName() {
    refuses(HEAD + "tilte = c\n" + VM + TASKS, "f.conf:3: unknown key 'tilte' in the scenario; did you mean 'title'?");
    refuses(HEAD + VM + TASKS.replace("load", "lode"),
        "f.conf:4: unknown do 'lode' in an action; did you mean 'load'?");
    refuses(HEAD + VM + TASKS.replace("vcpu", "vpcu"), "f.conf:4: unknown kind 'vpcu' in a task; did you mean 'vcpu'?");
    refuses(HEAD + VM + TASKS.replace("gfn = 0", "gfn = 0, gnf = 1"),
        "f.conf:4: unknown key 'gnf' in an action; did you mean 'gfn'?");
    refuses(HEAD + VM.replace("hva = ram", "hva = rum") + TASKS,
        "f.conf:3: unknown mapping 'rum'; did you mean 'ram'?");
    refuses(HEAD + VM.replace("vm {", "vm { era = v6.1,") + TASKS,
        "f.conf:3: unknown era 'v6.1' in the vm; did you mean 'v6.2'?");
    refuses(HEAD + VM + TASKS + "goals = [{ name = g\n when = \"count(page_reff) > 0\" }]\n",
        "f.conf:6: condition, column 7: unknown tracepoint 'page_reff'; did you mean 'page_ref'?");
  }

  @Test
  void valuesOfTheWrongShapeOrSizeAreSaid() {
    refuses(HEAD + VM + TASKS.replace("gfn = 0", "gfn = 16"),
        "f.conf:4: gfn = 16; a whole number from 0 to 15 is allowed");
    refuses(HEAD + VM + TASKS.replace("gfn = 0", "gfn = 1.5"),
        "f.conf:4: gfn = '1.5'; a whole number from 0 to 15 is allowed");
    refuses(HEAD + VM + TASKS.replace("gfn = 0", "gfn = 99999999999999999999"),
        "f.conf:4: gfn = '99999999999999999999'; a whole number from 0 to 15 is allowed");
    refuses(HEAD + VM + TASKS.replace("gfn = 0", "gfn = [0]"),
        "f.conf:4: gfn = a list; a whole number from 0 to 15 is allowed");
    refuses(HEAD + VM + TASKS + "bounds { steps = 1000001 }\n",
        "f.conf:5: steps = 1000001; a whole number from 1 to 1000000 is allowed");
    refuses("title = b\n" + VM + TASKS, "f.conf:1: the scenario without 'name'; a name is needed");
    refuses(HEAD.replace("= a", "= A_b") + VM + TASKS,
        "f.conf:1: name 'A_b'; a lower-case letter, then up to 39 of a-z 0-9 - are allowed");
    refuses(HEAD.replace("= b", "= \"\\u001b[2J\"") + VM + TASKS,
        "f.conf:2: title with a character that could disturb a terminal; printable text is allowed");
    refuses(HEAD + VM, "f.conf:1: no tasks; a scenario needs at least one");
    refuses(HEAD + VM + TASKS.replace("[{ name", "[4, { name"),
        "f.conf:4: tasks with '4'; a list of objects { ... } is allowed");
    refuses(HEAD + "vm { geometry { levels = 5 } }\n" + TASKS,
        "f.conf:3: levels = 5; a whole number from 2 to 4 is allowed");
  }

  @Test
  void keysAreGivenOnceAndNest() {
    refuses(HEAD + "title = c\n" + VM + TASKS, "f.conf:3: key 'title' given twice; once is allowed");
    refuses(HEAD + "\"title\" : c\n" + VM + TASKS, "f.conf:3: key 'title' given twice; once is allowed");
    refuses(HEAD + VM + VM + TASKS, "f.conf:4: key 'vm' given twice; once is allowed");
    refuses(HEAD + "vm.era = v6.2\n" + TASKS,
        "f.conf:3: key 'vm.era'; one word of a-z 0-9 - is allowed, objects nest as a { b = 1 }");
    refuses(HEAD + "\"ti\\u0074le\" = c\n",
        "f.conf:3: key '\"ti\\u0074le\"'; one word of a-z 0-9 - is allowed, objects nest as a { b = 1 }");
    refuses(HEAD + VM + "goals = [ {\n  { name = a, when = \"true\" } ]\n" + TASKS,
        "f.conf:5: '{' where a key is due; write a { b = 1 }, and [ ] around a list (is a bracket above still open?)");
    refuses(HEAD + VM + "goals = [ { = 3 } ]\n" + TASKS,
        "f.conf:4: '=' where a key is due; write a { b = 1 }, and [ ] around a list (is a bracket above still open?)");
  }

  @Test
  void jsonIsASyntaxToo() {
    String json = """
        {"name": "a", "title": "b",
         "system": "yardstick",
         "tasks": [{"name": "v", "kind": "vcpu", "do": [{"do": "yardstick-fault"}]}]}""";
    assertThat(parse(json).tasks()).hasSize(1);
    assertThat(parse(json).digest())
        .isEqualTo(parse(HEAD + "system = yardstick, tasks = \n[{ name = v\n\nkind = vcpu, "
            + "do\n:[{ do = yardstick-fault }] }]".replace("do\n:", "do :")).digest());
  }

  @Test
  void contradictionsAreSaid() {
    refuses(HEAD + VM + TASKS.replace("gfn = 0", "gfn = 5"),
        "f.conf:4: gfn = 5; no memslot ever covers it (list it under vm.mmio if meant)");
    refuses(HEAD + VM + TASKS.replace("vcpu", "memslot"),
        "f.conf:4: action 'load' in a task of kind 'memslot'; kind vcpu does it");
    refuses(HEAD + VM + TASKS.replace("do = load, gfn = 0", "do = yardstick-fault"),
        "f.conf:4: action 'yardstick-fault' in system 'kvm-arm64'; it belongs to system 'yardstick'");
    refuses(HEAD + VM + TASKS.replace("}] }]", "}] }, { name = v, kind = vcpu, do = [{ do = load, gfn = 0 }] }]"),
        "f.conf:4: task 'v' given twice; names are unique");
    refuses(HEAD + VM.replace("hva = ram }", "hva = ram }, { id = 0, gfn = 8, pages = 1, hva = ram }") + TASKS,
        "f.conf:3: memslot 0 given twice; ids are unique");
    refuses(HEAD + VM.replace("pages = 2, hva = ram", "pages = 3, hva = ram") + TASKS,
        "f.conf:3: host page 18 (3 from 16); no mapping ever covers it");
    refuses(HEAD + VM + "tasks = [{ name = s, kind = memslot, do = [{ do = slot-delete, id = 3 }] }]",
        "f.conf:4: id = 3; no memslot ever has it");
    refuses(HEAD + VM + "tasks = [{ name = h, kind = notifier, do = [{ do = migrate, hva = \"ram+2\" }] }]",
        "f.conf:4: hva 'ram+2'; mapping 'ram' has 2 pages, counted from 0");
    refuses(HEAD + "system = yardstick\n" + VM + TASKS,
        "f.conf:4: a vm in system 'yardstick'; the yardstick's is fixed");
    refuses(HEAD + VM.replace("pages = 2 }]", "pages = 2, kind = hugetlb, shift = 1 }]") + TASKS,
        "f.conf:3: shift = 1 on a hugetlb mapping; multiples of 2 up to 2 are blocks of this geometry");
    refuses(HEAD + VM + TASKS + "outcomes = [{ name = other, class = acceptable, when = \"1 == 1\" }]",
        "f.conf:5: outcome 'other'; that name is kept for what no outcome describes");
  }

  @Test
  void aMissingFileIsAUsersMistake() {
    assertThatThrownBy(() -> ScenarioFile.read(Path.of("no-such\u001bfile"))).isInstanceOf(Refused.class)
        .hasMessage("no-such\uFFFDfile: no such file; name a scenario ('list' shows them) or a file *.scenario.conf");
  }

  @Test
  void aProcessEndsOnceAndLast() {
    String exit = "tasks = [{ name = h, kind = host-mm, do = [{ do = touch, hva = ram }, { do = exit-mm }] }]";
    assertThat(parse(HEAD + VM + exit).tasks().getFirst().actions().getLast().action())
        .isEqualTo(new ProcessExit());
    String line = "f.conf:4: an action after exit-mm; exit-mm is the last of its task, and done once";
    refuses(HEAD + VM + exit.replace("exit-mm }", "exit-mm }, { do = touch, hva = ram }"), line);
    refuses(HEAD + VM + exit.replace("exit-mm", "exit-mm, times = 2"), line);
    refuses(HEAD + VM + exit.replace("host-mm", "notifier"),
        "f.conf:4: action 'exit-mm' in a task of kind 'notifier'; kind host-mm does it");
  }

  @Test
  void cpuFeaturesAreNamed() {
    assertThat(parse(HEAD + VM + TASKS).vm().cpuFeatures()).isEmpty();
    assertThat(parse(HEAD + VM.replace("vm {", "vm { cpu-features = [fwb, tlbirange],") + TASKS).vm().cpuFeatures())
        .containsExactly(CpuFeature.TLBIRANGE, CpuFeature.FWB);
    refuses(HEAD + VM.replace("vm {", "vm { cpu-features = [tlbrange],") + TASKS,
        "f.conf:3: unknown cpu-feature 'tlbrange' in the vm; did you mean 'tlbirange'?");
  }

  private static void refuses(String text, String line) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(Refused.class).hasMessage(line)
        .extracting(refused -> ((Refused) refused).exitCode()).isEqualTo(2);
  }
}
