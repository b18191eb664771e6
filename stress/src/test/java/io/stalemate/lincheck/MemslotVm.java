package io.stalemate.lincheck;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.jvm.NativeMachine;
import io.stalemate.jvm.RcuCallbacks;
import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.mm.UserAccess;
import io.stalemate.testbed.BootedVm;
import io.stalemate.testbed.GuestVcpu;
import java.util.Optional;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * A VM whose one page of memory a memslot gives to the guest or does not; the VMM stores into the page all the while.
 *
 * <p>Why not linearizable means harm here: once a deletion has returned, the page is the VMM's alone, and what it
 * stores then is none of the guest's business. A reader that yields a value stored after the deletion, and before the
 * slot was there again, has read through a slot that was gone; no order of the calls explains that.
 *
 * <p>KVM as a whole is not linearizable while a slot goes: lookups miss it before the guest's translations are gone.
 * So a scenario has readers of one kind, {@link #readGuest} or {@link #guestLoad}, and of the latter one vCPU.
 */
public abstract class MemslotVm {

  static final long NO_SLOT = -1;

  private static final int SLOT = 0;
  private static final long GFN = 0;
  private static final Vms VM = Vms.onePage();
  private static final long HVA = 1;

  private final NativeMachine m = new NativeMachine(1, RcuCallbacks.AT_BARRIER);
  private final Kvm kvm;
  private final UserAccess user;
  private final GuestVcpu vcpu;

  /** A VM with the memslot, and with {@code race} in its text. */
  MemslotVm(Optional<String> race) {
    BootedVm vm = VM.setup(race).boot(m);
    this.kvm = vm.kvm();
    this.user = new UserAccess(kvm.mm);
    this.vcpu = vm.vcpu(0, 0);
    user.copyToUser(HVA, 0);
  }

  /** Creates the memslot; without effect if it is there. */
  @Operation
  public int create() {
    return kvm.memoryRegions.setMemoryRegion(SLOT, GFN, 1, HVA, 0);
  }

  /** Deletes the memslot. */
  @Operation
  public int delete() {
    return kvm.memoryRegions.setMemoryRegion(SLOT, 0, 0, 0, 0);
  }

  /** The VMM stores to the page. */
  @Operation
  public int store(@Param(gen = IntGen.class, conf = "1:9") int value) {
    return user.copyToUser(HVA, value);
  }

  /** gfn_to_hva(): yields the hva page of the guest's page, or {@link #NO_SLOT}. */
  @Operation
  public long lookUp() {
    int idx = kvm.srcu.readLock();
    long hva = kvm.memslots.gfnToHvaMany(kvm.memslots.gfnToMemslot(GFN), GFN, false);
    kvm.srcu.readUnlock(idx);
    return Math.max(hva, NO_SLOT);
  }

  /** kvm_read_guest_page(): yields what the guest's page holds, or {@link #NO_SLOT}. */
  @Operation
  public long readGuest() {
    int idx = kvm.srcu.readLock();
    long hva = kvm.memslots.gfnToHvaMany(kvm.memslots.gfnToMemslot(GFN), GFN, false);
    long value = hva < 0 ? NO_SLOT : user.copyFromUser(hva).orElse(-Errno.EFAULT);
    kvm.srcu.readUnlock(idx);
    return value;
  }

  /** The guest loads: yields what its page holds, or {@link #NO_SLOT} if the access left as MMIO. */
  public long guestLoad() {
    ExitReason left = vcpu.enter(GuestInstruction.load(GFN));
    return left == ExitReason.SYSTEM_EVENT ? m.tlb().loaded() : left == ExitReason.MMIO ? NO_SLOT : -2 - left.ordinal();
  }

  /** Fails if the text warned. */
  @Validate
  public void theTextDidNotWarn() {
    if (!m.warnings().isEmpty()) {
      throw new IllegalStateException("warnings: " + m.warnings());
    }
  }

  /** Specification: a slot that is there or not, and a page. */
  public static class Slot {

    private boolean there = true;
    private long value;

    /** The slot is there. */
    public int create() {
      there = true;
      return 0;
    }

    /** The slot is gone, if it was there. */
    public int delete() {
      int ret = there ? 0 : -Errno.EINVAL;
      there = false;
      return ret;
    }

    /** The page holds {@code stored}. */
    public int store(int stored) {
      value = stored;
      return 0;
    }

    /** Where the page is. */
    public long lookUp() {
      return there ? HVA : NO_SLOT;
    }

    /** What the page holds. */
    public long readGuest() {
      return there ? value : NO_SLOT;
    }

    /** What the page holds. */
    public long guestLoad() {
      return readGuest();
    }
  }
}
