package io.stalemate.testbed;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.Hypercall;
import io.stalemate.linux.kvm.ExitReason;

/** A vCPU of a {@link BootedVm} that is told step by step what its guest does. One thread at a time is its VMM's. */
public interface GuestVcpu {

  /**
   * The ioctl {@code KVM_RUN}, with {@code access} as all that is left of the guest's program. What leaves to the VMM
   * as MMIO is answered (loads read 0), and the access is over then.
   *
   * @return why the vCPU first left: {@link ExitReason#SYSTEM_EVENT} if it was done, or if the guest took an abort and
   *     gave it up; {@link ExitReason#ERROR} or {@link ExitReason#MEMORY_FAULT} if the ioctl failed
   */
  ExitReason enter(GuestInstruction access);

  /**
   * The same for a hypercall.
   *
   * @return what it returned in {@code x0}
   * @throws IllegalStateException on an architecture whose hypercalls are not modelled
   */
  long enter(Hypercall call);

  /** The end of the vCPU's thread: it lets go of what the vCPU has. */
  void end();
}
