package io.stalemate.linux.arm64.nvhe;

import static io.stalemate.linux.Errno.EAGAIN;
import static io.stalemate.linux.Errno.EFAULT;
import static io.stalemate.linux.Errno.EINVAL;
import static io.stalemate.linux.Errno.ENOMEM;
import static io.stalemate.linux.Errno.EPERM;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.linux.arm64.EachEra;
import io.stalemate.linux.kvm.Era;
import io.stalemate.oracle.Ending;
import io.stalemate.sim.DirectEngine;
import io.stalemate.sim.Role;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldOptions;
import io.stalemate.strategy.RandomWalk;
import io.stalemate.trace.Op;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The host's stage-2 table, one CPU at a time. */
final class HostMmuTest {

  private static final int BLOCK = 2;
  private static final int PAGE = 3;
  private static final int POOL = 16;

  private static World run(Era era, StageTwoGeometry geometry, int pool, Consumer<SmallHost> test) {
    World world = DirectEngine.world();
    world.begin(WorldOptions.of(1));
    SmallHost host = new SmallHost(world.machine(), era, geometry, pool);
    world.addTask("host0", Role.HOST_CPU, () -> test.accept(host));
    assertThat(world.run(new RandomWalk(), 1, 20_000)).isEqualTo(Ending.QUIESCENT);
    for (int event = 0; event < world.trace().size(); event++) {
      assertThat(world.trace().op(event)).isNotEqualTo(Op.WARN);
    }
    return world;
  }

  private static void run(Era era, Consumer<SmallHost> test) {
    run(era, SmallHost.GEOMETRY, POOL, test);
  }

  @ParameterizedTest
  @EachEra
  void aFaultMapsTheLargestBlockThatTheRegionHolds(Era era) {
    run(era, host -> {
      assertThat(host.load(0x103)).isZero();
      assertThat(host.leaf(0x100).level()).isEqualTo(BLOCK);
      assertThat(StageTwoPte.pfn(host.leaf(0x107).pte())).isEqualTo(0x100);
      assertThat(host.leaf(SmallHost.MMIO).pte()).isZero();
    });
  }

  @ParameterizedTest
  @EachEra
  void mmioIsNotExecutable(Era era) {
    run(era, host -> {
      assertThat(host.load(SmallHost.MMIO)).isZero();
      assertThat(host.leaf(SmallHost.MMIO).pte() & StageTwoPte.XN).isNotZero();
      assertThat(host.load(SmallHost.MEMORY)).isZero();
      assertThat(host.leaf(SmallHost.MEMORY).pte() & StageTwoPte.XN).isZero();
    });
  }

  @ParameterizedTest
  @EachEra
  void aFaultThatFindsAValidLeafIsToTryAgain(Era era) {
    run(era, host -> {
      assertThat(host.load(0x103)).isZero();
      assertThat(host.host.handleHostMemAbort(0, 0, 0x104L << 12)).isEqualTo(-EAGAIN);
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_2", "V6_12"})
  void aPageGivenAwayIsRefusedAndItsNeighboursComeBackAsPages(Era era) {
    run(era, host -> {
      assertThat(host.load(0x103)).isZero();
      assertThat(host.memProtect.pkvmHostDonateHyp(0x103, 1)).isZero();
      assertThat(host.load(0x103)).isEqualTo(-EPERM);
      assertThat(host.load(0x102)).isZero();
      assertThat(host.leaf(0x102).level()).isEqualTo(PAGE);
      assertThat(host.leaf(0x103).pte()).isEqualTo(StageTwoPte.ownedBy(PkvmComponent.HYP.ordinal()));
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_2", "V6_12"})
  void aWholeBlockGivenAwayIsNotedPageByPage(Era era) {
    run(era, host -> {
      assertThat(host.memProtect.pkvmHostDonateHyp(0x100, 8)).isZero();
      assertThat(host.leaf(0x100).level()).isEqualTo(PAGE);
      assertThat(host.memProtect.pkvmHypDonateHost(0x101, 1)).isZero();
      assertThat(host.load(0x101)).isZero();
      assertThat(host.load(0x106)).isEqualTo(-EPERM);
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_2", "V6_12"})
  void aRangeIsGivenAwayAsAWholeOrNotAtAll(Era era) {
    run(era, host -> {
      assertThat(host.memProtect.pkvmHostShareHyp(0x105)).isZero();
      assertThat(host.memProtect.pkvmHostDonateHyp(0x104, 2)).isEqualTo(-EPERM);
      assertThat(host.load(0x104)).isZero();
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_2", "V6_12"})
  void aRangeThatCrossesRegionsIsRefusedThoughOneEmptyEntryCoversIt(Era era) {
    run(era, host -> {
      assertThat(host.memProtect.pkvmHostDonateHyp(0x107, 2)).isEqualTo(-EINVAL);
      assertThat(host.memProtect.pkvmHostDonateHyp(SmallHost.MMIO + 7, 2)).isEqualTo(-EINVAL);
      assertThat(host.memProtect.pkvmHostDonateHyp(SmallHost.END - 1, 2)).isEqualTo(-EINVAL);
      assertThat(host.memProtect.pkvmHostDonateHyp(SmallHost.NO_MAP, 2)).isEqualTo(-EPERM);
      assertThat(host.load(0x107)).isZero();
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_2", "V6_12"})
  void theHypervisorHasNothingToDoWithPagesBehindTheLastMemory(Era era) {
    run(era, host -> {
      assertThat(host.memProtect.pkvmHypDonateHost(SmallHost.END, 1)).isEqualTo(-EPERM);
      assertThat(host.memProtect.pkvmHostShareHyp(SmallHost.END)).isEqualTo(-EPERM);
      assertThat(host.memProtect.hypPinSharedMem(SmallHost.END)).isEqualTo(-EPERM);
      assertThat(host.memProtect.hyp().hypWrite(SmallHost.END)).isEqualTo(-EFAULT);
      assertThat(host.memProtect.hyp().hypRead(SmallHost.END)).isEqualTo(-EFAULT);
    });
  }

  @Test
  void theSecureWorldHasNoPagesBehindTheLastMemory() {
    run(Era.V6_12, host -> {
      HypFfa ffa = new HypFfa((MemProtectV612) host.memProtect);
      assertThat(ffa.doFfaMemShare(SmallHost.END)).isEqualTo(-EPERM);
      assertThat(ffa.doFfaMemReclaim(SmallHost.END)).isEqualTo(-EINVAL);
    });
  }

  @ParameterizedTest
  @EachEra
  void aSharedPageKeepsItsStateThoughTheBlockAroundItGoes(Era era) {
    run(era, host -> {
      assertThat(host.load(0x103)).isZero();
      assertThat(host.memProtect.pkvmHostShareHyp(0x103)).isZero();
      assertThat(PkvmPageState.getState(host.leaf(0x103).pte())).isEqualTo(PkvmPageState.SHARED_OWNED);
      assertThat(host.leaf(0x102).pte()).isZero();
      assertThat(host.load(0x102)).isZero();
      assertThat(PkvmPageState.getState(host.leaf(0x103).pte())).isEqualTo(PkvmPageState.SHARED_OWNED);
    });
  }

  @Test
  void mmioTablesAreRecycledWhenThePoolIsEmptyAndOwnersAreNot() {
    StageTwoGeometry fourLevels = new StageTwoGeometry(4, 3);
    run(Era.V6_12, fourLevels, 5, host -> {
      assertThat(host.memProtect.pkvmHostDonateHyp(0x103, 1)).isZero();
      assertThat(host.load(0x200)).isZero();
      assertThat(host.load(0x400)).isZero();
      assertThat(host.leaf(0x200).pte()).isZero();
      assertThat(host.load(0x103)).isEqualTo(-EPERM);
    });
  }

  @Test
  void aPoolThatMemoryAloneUsesUpIsAnError() {
    StageTwoGeometry fourLevels = new StageTwoGeometry(4, 3);
    run(Era.V6_12, fourLevels, 4, host -> {
      assertThat(host.memProtect.pkvmHostDonateHyp(0x103, 1)).isZero();
      assertThat(host.load(0x200)).isEqualTo(-ENOMEM);
    });
  }

  @Test
  void donatedPagesAreCutOffBeforeTheHypervisorMapsThem() {
    World world = run(Era.V6_12, SmallHost.GEOMETRY, POOL, host -> {
      assertThat(host.load(0x103)).isZero();
      assertThat(host.memProtect.pkvmHostDonateHyp(0x103, 1)).isZero();
    });
    int invalidated = -1;
    int mapped = -1;
    for (int event = 0; event < world.trace().size(); event++) {
      boolean store = world.trace().op(event) == Op.STORE_RELEASE;
      if (world.trace().op(event) == Op.DSB) {
        invalidated = event;
      } else if (store && world.trace().objects().name(world.trace().object(event)).startsWith("pkvm_pgtable")) {
        mapped = event;
      }
    }
    assertThat(invalidated).isPositive();
    assertThat(mapped).isGreaterThan(invalidated);
  }
}
