package io.stalemate.lincheck;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.Hypercall;
import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.jvm.NativeMachine;
import io.stalemate.jvm.RcuCallbacks;
import io.stalemate.linux.Errno;
import io.stalemate.linux.arm64.Hypercalls;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.testbed.BootedVm;
import io.stalemate.testbed.GuestVcpu;
import java.util.Optional;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * A VM with the MMIO guard, whose guest says of one page that it is a device, uses it and takes that back, on a vCPU
 * for each of Lincheck's threads.
 *
 * <p>Why not linearizable means harm here: what a hypercall returned is all that a guest's driver knows of its page.
 * Two UNMAPs that both succeed after one MAP tell two drivers that each gave back what was its own. And an access that
 * leaves to the VMM without a note hands the VMM what the guest never meant for it; one that stays although MAP has
 * returned, and no UNMAP since, is a device that is gone.
 */
public abstract class MmioGuardVm {

  private static final int VCPUS = 4;
  private static final long GFN = 2;
  private static final long IPA = GFN << StageTwoGeometry.PAGE_SHIFT;
  private static final int SLOT = 0;
  private static final long HVA = 1;
  private static final String VM = """
      vm {
        eras = [v6.12]
        geometry { levels = 2, bits = 1 }
        host { mappings = [{ name = ram, hva = 1, pages = 1, populate = true }] }
        mmio = [2]
        mmio-guard { lasting = %s }
      }
      tasks = [{ name = slots0, kind = memslot, do = [{ do = slot-create, id = 0, gfn = 2, pages = 1, hva = ram }] }]
      """;
  private static final Vms SERIES = Vms.of("kvm-arm64", VM.formatted(false));
  private static final Vms LASTING = Vms.of("kvm-arm64", VM.formatted(true));

  private final NativeMachine m = new NativeMachine(VCPUS, RcuCallbacks.AT_BARRIER);
  private final Kvm kvm;
  private final GuestVcpu[] vcpus = new GuestVcpu[VCPUS];

  /** A VM that has enrolled, with {@code race} in its text; {@code lasting} is the guard whose notes outlive slots. */
  MmioGuardVm(boolean lasting, Optional<String> race) {
    BootedVm vm = (lasting ? LASTING : SERIES).setup(race).boot(m);
    this.kvm = vm.kvm();
    for (int cpu = 0; cpu < VCPUS; cpu++) {
      vcpus[cpu] = vm.vcpu(1 + cpu, cpu);
    }
    vcpus[0].enter(new Hypercall(Hypercalls.MMIO_GUARD_ENROLL, 0));
  }

  /** The hypercall MAP: yields whether the page is a device now. */
  @Operation
  public boolean map(@Param(gen = ThreadIdGen.class) int thread) {
    return vcpus[thread].enter(new Hypercall(Hypercalls.MMIO_GUARD_MAP, IPA)) == Hypercalls.SMCCC_RET_SUCCESS;
  }

  /** The hypercall UNMAP: yields whether it was one until now. */
  @Operation
  public boolean unmap(@Param(gen = ThreadIdGen.class) int thread) {
    return vcpus[thread].enter(new Hypercall(Hypercalls.MMIO_GUARD_UNMAP, IPA)) == Hypercalls.SMCCC_RET_SUCCESS;
  }

  /** A load, which the guard checks: yields whether it left to the VMM. Otherwise there was memory, or an abort. */
  @Operation
  public boolean leaves(@Param(gen = ThreadIdGen.class) int thread) {
    ExitReason left = vcpus[thread].enter(GuestInstruction.load(GFN));
    if (left != ExitReason.MMIO && left != ExitReason.SYSTEM_EVENT) {
      throw new IllegalStateException("left for " + left);
    }
    return left == ExitReason.MMIO;
  }

  /** The VMM puts memory there. Not drawn: what it does to a note, only the guard that lasts defines. */
  public int createSlot() {
    return kvm.memoryRegions.setMemoryRegion(SLOT, GFN, 1, HVA, 0);
  }

  /** The VMM takes it away again. */
  public int deleteSlot() {
    return kvm.memoryRegions.setMemoryRegion(SLOT, 0, 0, 0, 0);
  }

  /** Fails if the text warned. */
  @Validate
  public void theTextDidNotWarn() {
    if (!m.warnings().isEmpty()) {
      throw new IllegalStateException("warnings: " + m.warnings());
    }
  }

  /** Specification: a page that is a device or not, and that has memory or not. */
  public static class Page {

    private boolean device;
    private boolean memory;

    /** A device, unless there is memory. */
    public boolean map(int thread) {
      device |= !memory;
      return !memory;
    }

    /** No device any more. */
    public boolean unmap(int thread) {
      boolean before = device;
      device = false;
      return before;
    }

    /** Whether the page is a device, and no memory. */
    public boolean leaves(int thread) {
      return device && !memory;
    }

    /** There is memory. */
    public int createSlot() {
      memory = true;
      return 0;
    }

    /** There is none. */
    public int deleteSlot() {
      int ret = memory ? 0 : -Errno.EINVAL;
      memory = false;
      return ret;
    }
  }
}
