package io.stalemate.scenario.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.DirtyAction;
import io.stalemate.scenario.DirtyTracking;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.TaskKind;
import io.stalemate.scenario.input.Refused;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The keys and actions of dirty logging. */
class DirtyKeysTest {

  private static Scenario parse(String vm, String actions) {
    String text = "name = a\ntitle = b\nvm { host { mappings = [{ name = ram, hva = 16, pages = 2 }] }\n"
        + "memslots = [{ id = 0, gfn = 0, pages = 2, hva = ram, flags = [log-dirty] }]\n" + vm + " }\n"
        + "tasks = [{ name = v, kind = vcpu, do = [{ do = load, gfn = 0 }] }\n"
        + "{ name = d, kind = dirty-log, do = [" + actions + "] }]\n";
    return ScenarioFile.parse("f.conf", text.getBytes(StandardCharsets.UTF_8));
  }

  private static void refuses(String vm, String actions, String line) {
    assertThatThrownBy(() -> parse(vm, actions)).isInstanceOf(Refused.class).hasMessage(line)
        .extracting(refused -> ((Refused) refused).exitCode()).isEqualTo(2);
  }

  @Test
  void keysAndActionsBecomeTheValuesTheySay() {
    Scenario scenario = parse("eras = [v6.12], dirty-log { manual-protect = true, initially-set = true }, "
            + "dirty-ring { entries = 8 }, eager-split = 4",
        "{ do = get-dirty-log, id = 0 }, { do = clear-dirty-log, id = 0, gfn = 1, pages = 2 }, "
            + "{ do = harvest-ring, vcpu = v }, { do = reset-rings, times = 2 }");
    assertThat(scenario.vm().dirtyTracking()).isEqualTo(new DirtyTracking(true, true, 8, 4));
    assertThat(scenario.tasks().get(1).kind()).isEqualTo(TaskKind.DIRTY_LOG);
    assertThat(scenario.tasks().get(1).actions()).containsExactly(
        new Repeated(new DirtyAction.GetDirtyLog(0), 1), new Repeated(new DirtyAction.ClearDirtyLog(0, 1, 2), 1),
        new Repeated(new DirtyAction.HarvestRing("v"), 1), new Repeated(new DirtyAction.ResetRings(), 2));
  }

  @Test
  void withoutKeysTheLogIsABitmapThatGetClears() {
    assertThat(parse("", "{ do = get-dirty-log, id = 0 }").vm().dirtyTracking()).isEqualTo(DirtyTracking.DEFAULT);
  }

  @Test
  void keysThatTheKernelWouldRefuseAreSaid() {
    String get = "{ do = get-dirty-log, id = 0 }";
    refuses("dirty-log { initially-set = true }", get,
        "f.conf:5: initially-set without manual-protect; the kernel has it only with manual-protect = true");
    refuses("dirty-log { manual = true }", get,
        "f.conf:5: unknown key 'manual' in the dirty log; did you mean 'manual-protect'?");
    refuses("dirty-ring { entries = 8 }", get,
        "f.conf:5: dirty-ring in era v5.15; arm64 has dirty rings from v6.2 on (set vm.eras)");
    refuses("eras = [v6.2], dirty-ring { entries = 6 }", get,
        "f.conf:5: entries = 6; a power of two from 4 to 4096 is allowed");
    refuses("eras = [v6.2], dirty-ring { entries = 2 }", get,
        "f.conf:5: entries = 2; a whole number from 4 to 4096 is allowed");
    refuses("eras = [v6.2, v6.12], eager-split = 4", get,
        "f.conf:5: eager-split in era v6.2; arm64 splits eagerly from v6.4 on (set vm.eras)");
    refuses("eras = [v6.12], eager-split = 3", get,
        "f.conf:5: eager-split = 3; 0 or a leaf of this geometry, 1, 4, is allowed");
  }

  @Test
  void actionsOnNothingAreSaid() {
    refuses("", "{ do = get-dirty-log, id = 3 }", "f.conf:7: id = 3; no memslot ever has it");
    refuses("", "{ do = clear-dirty-log, id = 0, gfn = 0 }",
        "f.conf:7: an action without 'pages'; a whole number is needed");
    refuses("", "{ do = clear-dirty-log, id = 0, gfn = 15, pages = 2 }",
        "f.conf:7: pages = 2; a whole number from 1 to 1 is allowed");
    refuses("", "{ do = reset-rings }",
        "f.conf:7: dirty rings in a vm that has none; vm.dirty-ring { entries } gives each vcpu one");
    refuses("eras = [v6.12], dirty-ring { entries = 8 }", "{ do = harvest-ring, vcpu = w }",
        "f.conf:7: vcpu = 'w'; one of v is allowed");
    refuses("", "{ do = load, gfn = 0 }",
        "f.conf:7: action 'load' in a task of kind 'dirty-log'; kind vcpu does it");
  }
}
