package io.stalemate.linux.kvm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests to vCPUs and the interrupts that make them look. The requester stores the request and then reads the mode,
 * the vCPU stores its mode and then reads its requests, each with a full barrier between: one of the two sees the
 * other. Follows {@code virt/kvm/kvm_main.c} and {@code include/linux/kvm_host.h}.
 */
public class Requests {
  /** Bits of a request that are its number; the flags below are above. */
  public static final int KVM_REQUEST_MASK = 0xff;
  /** The vCPU need not be woken from sleep for the request. */
  public static final int KVM_REQUEST_NO_WAKEUP = 1 << 8;
  /** The requester waits until the vCPU is out of the guest. */
  public static final int KVM_REQUEST_WAIT = 1 << 9;

  public static final int KVM_REQ_TLB_FLUSH = KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP;
  public static final int KVM_REQ_VM_DEAD = 1 | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP;
  public static final int KVM_REQ_DIRTY_RING_SOFT_FULL = 3;

  // x86's own begin at KVM_REQUEST_ARCH_BASE. Follows arch/x86/include/asm/kvm_host.h.
  private static final int KVM_REQUEST_ARCH_BASE = 8;
  /** The vCPU waits for a page, because its guest knows no asynchronous page faults. */
  public static final int KVM_REQ_APF_HALT = KVM_REQUEST_ARCH_BASE + 7;
  public static final int KVM_REQ_APIC_PAGE_RELOAD =
      KVM_REQUEST_ARCH_BASE + 17 | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP;
  /** An asynchronous page fault is done. */
  public static final int KVM_REQ_APF_READY = KVM_REQUEST_ARCH_BASE + 28;
  /** The root in use may be invalid: let go of it before the next entry. */
  public static final int KVM_REQ_MMU_FREE_OBSOLETE_ROOTS =
      KVM_REQUEST_ARCH_BASE + 31 | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP;

  protected final Kvm kvm;
  protected final Machine m;

  public Requests(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
  }

  /** Sets {@code req} for one vCPU; no interrupt. */
  @KernelFunction(value = "kvm_make_request", file = "include/linux/kvm_host.h", version = "v5.15-v6.12")
  public void makeRequest(int req, KvmVcpu vcpu) {
    // What the request is about is stored before the bit: pairs with smp_mb__after_atomic() in checkRequest().
    m.smpWmb();
    vcpu.requests.fetchOr(bit(req));
  }

  /** {@code kvm_request_pending()}: whether {@code vcpu} has any request. */
  public boolean pending(KvmVcpu vcpu) {
    return vcpu.requests.readOnce() != 0;
  }

  /** Yields whether {@code req} was pending, and takes it. Called by the vCPU. */
  @KernelFunction(value = "kvm_check_request", file = "include/linux/kvm_host.h", version = "v5.15-v6.12")
  public boolean checkRequest(int req, KvmVcpu vcpu) {
    if ((vcpu.requests.readOnce() & bit(req)) == 0) {
      return false;
    }
    // Fully ordered, so it is the barrier that pairs with makeRequest() as well.
    vcpu.requests.fetchAnd(~bit(req));
    return true;
  }

  /** Sets {@code req} for every vCPU and kicks those that need it; yields whether any was. Waits for WAIT requests. */
  @KernelFunction(value = "kvm_make_all_cpus_request", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "waking vCPUs that sleep: every request made of all here has KVM_REQUEST_NO_WAKEUP")
  public boolean makeAllCpusRequest(int req) {
    List<KvmVcpu> kicked = new ArrayList<>();
    for (KvmVcpu vcpu : kvm.vcpus()) {
      makeRequest(req, vcpu);
      if (requestNeedsIpi(vcpu, req)) {
        kicked.add(vcpu);
      }
    }
    kickManyCpus(kicked, (req & KVM_REQUEST_WAIT) != 0);
    return !kicked.isEmpty();
  }

  /** Interrupts the vCPUs once all of them have the request; with {@code wait} until each has taken it. */
  @KernelFunction(value = "kvm_kick_many_cpus", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "the caller's own CPU: no caller runs on a vCPU's")
  protected void kickManyCpus(List<KvmVcpu> vcpus, boolean wait) {
    for (KvmVcpu vcpu : vcpus) {
      m.ipi().send(vcpu.cpu);
    }
    for (KvmVcpu vcpu : vcpus) {
      if (wait) {
        // model: smp_call_function_many() is an interrupt to all, above, and a wait for each
        m.ipi().sendAndWait(vcpu.cpu);
      }
    }
  }

  /**
   * Makes {@code vcpu} leave the guest if it is in there. One that sleeps, as only {@link AsyncPf#block} has it, need
   * not be woken: it would look whether a work is done and sleep on, and who adds a work wakes it by itself.
   */
  @KernelFunction(value = "kvm_vcpu_kick", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "waking a vCPU that sleeps: it has nothing to do but what its waker wakes it for")
  public void vcpuKick(KvmVcpu vcpu) {
    if (exitingGuestMode(vcpu) == KvmVcpu.IN_GUEST_MODE) {
      m.ipi().send(vcpu.cpu);
    }
  }

  /** A WAIT request interrupts every vCPU not outside the guest, others only one that is in it. */
  protected boolean requestNeedsIpi(KvmVcpu vcpu, int req) {
    long mode = exitingGuestMode(vcpu);
    return (req & KVM_REQUEST_WAIT) != 0 ? mode != KvmVcpu.OUTSIDE_GUEST_MODE : mode == KvmVcpu.IN_GUEST_MODE;
  }

  /** Yields the vCPU's mode, and turns IN_GUEST into EXITING: one kick is enough. */
  @KernelFunction(value = "kvm_vcpu_exiting_guest_mode", file = "include/linux/kvm_host.h", version = "v5.15-v6.12")
  protected long exitingGuestMode(KvmVcpu vcpu) {
    // The request is stored before the mode is read: pairs with smp_store_mb() of the mode at guest entry.
    m.smpMb();
    return vcpu.mode.cmpxchg(KvmVcpu.IN_GUEST_MODE, KvmVcpu.EXITING_GUEST_MODE);
  }

  /**
   * {@code KVM_BUG_ON()}: warns if {@code bug}, and then has no vCPU enter the guest again. Yields {@code bug}.
   *
   * @param what the warning
   */
  @KernelFunction(value = "kvm_vm_bugged", file = "include/linux/kvm_host.h", version = "v5.15-v6.12",
      elided = "vm_bugged and vm_dead: ioctls go on, and every time is warned of")
  public boolean bugOn(boolean bug, String what) {
    if (m.warnOn(bug, what)) {
      makeAllCpusRequest(KVM_REQ_VM_DEAD);
    }
    return bug;
  }

  private static long bit(int req) {
    return 1L << (req & KVM_REQUEST_MASK);
  }
}
