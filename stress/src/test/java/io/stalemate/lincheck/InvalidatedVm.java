package io.stalemate.lincheck;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.jvm.NativeMachine;
import io.stalemate.jvm.RcuCallbacks;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.mm.UserAccess;
import io.stalemate.scenario.HostAction;
import io.stalemate.testbed.BootedVm;
import io.stalemate.testbed.GuestVcpu;
import java.util.Optional;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * A VM whose one page of memory the guest loads from and stores to, the VMM stores to, and the host moves, swaps out
 * and throws away: {@code user_mem_abort()} against {@code kvm_mmu_notifier_invalidate_range_start()} and
 * {@code _end()}.
 *
 * <p>To those who use it the page is one register. A stale translation shows as a load that yields what was there
 * before a store that had returned.
 */
public abstract class InvalidatedVm {

  private static final long GFN = 0;
  private static final long HVA = 1;
  private static final Vms VM = Vms.onePage();

  private final NativeMachine m = new NativeMachine(2, RcuCallbacks.AT_BARRIER);
  private final BootedVm vm;
  private final UserAccess user;
  private final GuestVcpu[] vcpus;

  /** A VM whose page was never touched by the guest, with {@code race} in its text. */
  InvalidatedVm(Optional<String> race) {
    this.vm = VM.setup(race).boot(m);
    this.user = new UserAccess(vm.kvm().mm);
    this.vcpus = new GuestVcpu[] {vm.vcpu(0, 0), vm.vcpu(1, 1)};
    user.copyToUser(HVA, 0);
  }

  /** The guest loads on vCPU {@code vcpu}: yields what the page holds. */
  public long guestLoad(int vcpu) {
    ExitReason left = vcpus[vcpu].enter(GuestInstruction.load(GFN));
    // A page that was cleared holds a token below 0, another each time.
    return left == ExitReason.SYSTEM_EVENT ? Math.max(m.tlb().loaded(), 0) : -1 - left.ordinal();
  }

  /** The guest stores on vCPU {@code vcpu}: yields whether it could. */
  public boolean guestStore(int vcpu, int value) {
    return vcpus[vcpu].enter(GuestInstruction.store(GFN, value)) == ExitReason.SYSTEM_EVENT;
  }

  /** The VMM stores. */
  @Operation
  public int store(@Param(gen = IntGen.class, conf = "1:9") int value) {
    return user.copyToUser(HVA, value);
  }

  /** The host moves the page to another frame, if nobody holds it. */
  @Operation
  public void migrate() {
    vm.perform(new HostAction.Migrate(HVA));
  }

  /** The VMM throws the page away: it holds 0 when it is touched again. */
  @Operation
  public void punch() {
    vm.perform(new HostAction.Punch(HVA, 1));
  }

  /** The host swaps the page out, if nobody holds it. */
  @Operation
  public void swapOut() {
    vm.perform(new HostAction.SwapOut(HVA));
  }

  /** Fails if the text warned. */
  @Validate
  public void theTextDidNotWarn() {
    if (!m.warnings().isEmpty()) {
      throw new IllegalStateException("warnings: " + m.warnings());
    }
  }

  /** Specification: a register; where it is kept is nobody's business. */
  public static class Register {

    private long value;

    /** What was stored last. */
    public long guestLoad(int vcpu) {
      return value;
    }

    /** Stores. */
    public boolean guestStore(int vcpu, int stored) {
      value = stored;
      return true;
    }

    /** Stores. */
    public int store(int stored) {
      value = stored;
      return 0;
    }

    /** Clears. */
    public void punch() {
      value = 0;
    }

    /** Changes nothing. */
    public void migrate() {}

    /** Changes nothing. */
    public void swapOut() {}
  }
}
