package io.stalemate.testbed;

import io.stalemate.cpu.GuestCpu;
import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.nvhe.HostCpu;
import io.stalemate.linux.arm64.nvhe.HostMmu;
import io.stalemate.linux.arm64.nvhe.HypFfa;
import io.stalemate.linux.arm64.nvhe.HypMemory;
import io.stalemate.linux.arm64.nvhe.HypPgtable;
import io.stalemate.linux.arm64.nvhe.MemProtect;
import io.stalemate.linux.arm64.nvhe.MemProtectV612;
import io.stalemate.linux.arm64.nvhe.NpGuestVcpu;
import io.stalemate.linux.arm64.nvhe.NvheText;
import io.stalemate.linux.arm64.nvhe.PkvmHypVm;
import io.stalemate.linux.kvm.Era;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.Machine;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.race.Race;
import io.stalemate.scenario.Pkvm;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.Task;
import io.stalemate.scenario.TaskKind;
import io.stalemate.sim.World;
import io.stalemate.sim.WorldFault;
import io.stalemate.sim.WorldOptions;
import java.util.List;
import java.util.Optional;

/** Builds a host behind a protected KVM, and a guest of its. */
final class PkvmTestbed implements Testbed {

  /** Slots that tell oracles which page is behind a gfn: the host's identity map has this id, the guest's the gfns. */
  private static final int IDENTITY_SLOT = (int) Pkvm.FIRST_PAGE;

  private final Scenario scenario;
  private final Era era;
  private final Optional<Race> race;
  private final StageTwoGeometry geometry;

  PkvmTestbed(Scenario scenario, String era, Optional<Race> race) {
    this.scenario = scenario;
    this.era = KvmSetup.era(era);
    this.race = race;
    this.geometry = new StageTwoGeometry(scenario.vm().geometry().levels(), scenario.vm().geometry().bits());
  }

  @Override
  public WorldOptions options() {
    List<WorldOptions.AllocationFailure> failures = scenario.vm().allocFailures().stream()
        .map(failure -> new WorldOptions.AllocationFailure(failure.use(), failure.nth()))
        .toList();
    return new WorldOptions(scenario.vm().cpus(), false, failures);
  }

  @Override
  public void build(World world) {
    Machine m = world.machine();
    Pkvm pkvm = scenario.pkvm();
    frames(m, pkvm);
    NvheText correct = NvheText.of(era, geometry);
    NvheText text = race.isPresent() ? race.get().patch(correct) : correct;
    HypMemory memory = new HypMemory(m, pkvm.memory().stream()
        .map(region -> new HypMemory.Region(region.page(), region.end(), region.noMap()))
        .toList());
    HostMmu host = text.hostMmu().link(m, text, memory, pkvm.pool());
    HypPgtable hyp = new HypPgtable(m, Pkvm.FIRST_PAGE, pkvm.memoryEnd());
    PkvmHypVm vm = new PkvmHypVm(m, text, Pkvm.POOL_DEFAULT);
    MemProtect memProtect = text.memProtect().link(m, host, hyp, vm);
    Optional<HypFfa> ffa = memProtect instanceof MemProtectV612 newest
        ? Optional.of(new HypFfa(newest))
        : Optional.empty();
    PkvmActions actions = new PkvmActions(memProtect, ffa);
    for (int number = 0; number < scenario.tasks().size(); number++) {
      Task task = scenario.tasks().get(number);
      GuestCpu cpu = new GuestCpu(m, task.cpu(), geometry);
      Runnable body = task.kind() == TaskKind.VCPU
          ? vcpu(m, memProtect, cpu, task, number)
          : host(m, host, actions, cpu, task, number);
      world.addTask(task.name(), Testbed.role(task.kind()), body);
    }
  }

  /** The machine's memory, which the host maps page to page; the guest's gfns are behind its VMM's memslots. */
  private static void frames(Machine m, Pkvm pkvm) {
    for (long page = Pkvm.FIRST_PAGE; page < pkvm.memoryEnd(); page++) {
      long pfn = m.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
      if (pfn != page) {
        throw new WorldFault("frame 0x" + Long.toHexString(pfn) + " where the machine has page 0x"
            + Long.toHexString(page));
      }
      m.trace(Tracepoint.HOST_PTE, page, 0, page, 1);
    }
    m.trace(Tracepoint.SLOT_INSTALL, IDENTITY_SLOT, Pkvm.FIRST_PAGE, pkvm.pages(), Pkvm.FIRST_PAGE);
    pkvm.guest().forEach((gfn, page) -> m.trace(Tracepoint.SLOT_INSTALL, gfn, gfn, 1, page));
  }

  private Runnable host(Machine m, HostMmu host, PkvmActions actions, GuestCpu cpu, Task task, int number) {
    HostCpu hostCpu = new HostCpu(m, host, cpu);
    return () -> {
      hostCpu.pkvmProtFinalize();
      int done = 0;
      for (int i = 0; i < task.actions().size(); i++) {
        Repeated repeated = task.actions().get(i);
        int ret = 0;
        for (int n = 0; n < repeated.times(); n++) {
          ret = actions.perform(hostCpu, repeated.action(), token(number, done++));
        }
        m.trace(Tracepoint.RETURN, i, ret);
      }
    };
  }

  private Runnable vcpu(Machine m, MemProtect memProtect, GuestCpu cpu, Task task, int number) {
    if (!(memProtect instanceof MemProtectV612 newest)) {
      throw new IllegalStateException("guests need era v6.12");
    }
    NpGuestVcpu vcpu = new NpGuestVcpu(m, newest, cpu, number, scenario.pkvm().guest());
    return () -> {
      vcpu.load();
      int done = 0;
      for (int i = 0; i < task.actions().size(); i++) {
        Repeated repeated = task.actions().get(i);
        int ret = 0;
        for (int n = 0; n < repeated.times(); n++) {
          GuestInstruction instruction = PkvmActions.guestInstruction(repeated.action(), token(number, done++));
          ret = vcpu.execute(instruction);
        }
        m.trace(Tracepoint.RETURN, i, ret);
      }
    };
  }

  /** What access {@code done} of task {@code number} stores: a token of its own. */
  private static long token(int number, int done) {
    return (number + 1L) << 16 | (done + 1L);
  }
}
