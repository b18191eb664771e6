package io.stalemate.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.arm64.EachEra;
import io.stalemate.linux.arm64.nvhe.PkvmCall;
import io.stalemate.linux.arm64.nvhe.SmallHost;
import io.stalemate.linux.kvm.Era;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** {@code page-transitions.tsv} against the kernel text: every transition from every state, one after the other. */
final class PageTransitionsTest {

  private static final long PAGE = 0x102;
  private static final long OTHER_PAGE = 0x104;
  private static final long FREE_GFN = 5;
  private static final long TAKEN_GFN = 1;
  private static final Map<String, Integer> ERRNOS =
      Map.of("-EPERM", -1, "-ENOENT", -2, "-EBUSY", -16, "-EINVAL", -22, "map", 0);

  private final DecisionTable table = DecisionTable.resource("page-transitions.tsv");

  /** The calls that bring a page into each state. */
  private static Map<String, List<String>> ways(Era era) {
    Map<String, List<String>> ways = new LinkedHashMap<>();
    String share = era == Era.V5_15 ? "share-hyp-v5.15" : "share-hyp";
    ways.put("host-owned", List.of());
    ways.put("shared-hyp", List.of(share));
    ways.put("no-map", List.of());
    ways.put("mmio", List.of());
    if (era != Era.V5_15) {
      ways.put("pinned", List.of(share, "pin"));
      ways.put("hyp-owned", List.of("donate-hyp"));
    }
    if (era == Era.V6_12) {
      ways.put("shared-ffa", List.of("share-ffa"));
      ways.put("shared-guest", List.of("share-guest"));
    }
    return ways;
  }

  private static List<String> calls(Era era) {
    return switch (era) {
      case V5_15 -> List.of("share-hyp-v5.15", "host-abort");
      case V6_2 -> List.of(
          "share-hyp", "unshare-hyp", "donate-hyp", "hyp-donate-host", "pin", "unpin", "host-abort");
      case V6_8, V6_12 -> List.of(
          "share-hyp", "unshare-hyp", "donate-hyp", "hyp-donate-host", "pin", "unpin", "share-ffa",
          "unshare-ffa", "share-guest", "unshare-guest", "host-abort");
    };
  }

  @ParameterizedTest
  @EachEra
  void everyTransitionFromEveryStateYieldsWhatTheTableSays(Era era) {
    ways(era).forEach((state, way) -> {
      for (String call : calls(era)) {
        for (String gfn : call.endsWith("-guest") ? List.of("free", "taken") : List.of("free")) {
          int row = table.row(new int[] {
              table.values(0).indexOf(state), table.values(1).indexOf(call), table.values(2).indexOf(gfn)});
          String outcome = table.outcome(row);
          if (!outcome.equals("never")) {
            int expected = outcome.startsWith("ok:") ? 0 : ERRNOS.getOrDefault(outcome, Integer.MIN_VALUE);
            assertThat(result(era, state, way, call, gfn)).as("%s, %s in state %s, gfn %s", era, call, state, gfn)
                .isEqualTo(expected);
          }
        }
      }
    });
  }

  private static int result(Era era, String state, List<String> way, String call, String gfn) {
    long page = switch (state) {
      case "no-map" -> SmallHost.NO_MAP;
      case "mmio" -> SmallHost.MMIO;
      default -> PAGE;
    };
    boolean taken = gfn.equals("taken");
    int[] result = {Integer.MAX_VALUE};
    OracleSet oracles = new OracleSet(Oracles.all(SmallHost.GEOMETRY.bits()));
    World world = DirectEngine.world(oracles::on);
    world.begin(WorldOptions.of(1));
    oracles.begin(world.trace());
    SmallHost host = new SmallHost(world.machine(), era, SmallHost.GEOMETRY, 16);
    world.addTask("host0", Role.HOST_CPU, () -> {
      for (String each : way) {
        assertThat(host.call(each, page, TAKEN_GFN)).as("%s on the way to %s", each, state).isZero();
      }
      if (taken && !state.equals("shared-guest") && call.equals("share-guest")) {
        assertThat(host.call("share-guest", OTHER_PAGE, TAKEN_GFN)).isZero();
      }
      boolean elsewhere = taken && !state.equals("shared-guest") && call.equals("unshare-guest");
      // A gfn that another page took says nothing about this one.
      result[0] = elsewhere ? -1 : host.call(call, page, taken ? TAKEN_GFN : FREE_GFN);
      for (long near = SmallHost.MEMORY; near < SmallHost.MMIO; near++) {
        int ret = host.load(near);
        assertThat(ret).isIn(0, -1);
      }
    });
    Ending ending = world.run(new RandomWalk(), 1, 20_000);
    oracles.end(ending);
    assertThat(ending).isEqualTo(Ending.QUIESCENT);
    assertThat(oracles.findings()).as("%s, %s in state %s, gfn %s", era, call, state, gfn).isEmpty();
    return result[0];
  }

  @Test
  void theTableKnowsTheCallsInTheOrderOfTheText() {
    List<String> calls = Arrays.stream(PkvmCall.values()).map(PkvmCall::word).toList();
    assertThat(table.values(1).subList(0, calls.size())).isEqualTo(calls);
    assertThat(table.values(1)).hasSize(calls.size() + 1).endsWith("host-abort");
  }

  @Test
  void everyCombinationIsDecidedAndEveryRowDecidesOne() {
    TreeSet<Integer> deciding = new TreeSet<>();
    for (int state = 0; state < table.values(0).size(); state++) {
      for (int call = 0; call < table.values(1).size(); call++) {
        for (int gfn = 0; gfn < table.values(2).size(); gfn++) {
          deciding.add(table.row(new int[] {state, call, gfn}));
        }
      }
    }
    assertThat(deciding).doesNotContain(-1).hasSize(table.rows());
  }
}
