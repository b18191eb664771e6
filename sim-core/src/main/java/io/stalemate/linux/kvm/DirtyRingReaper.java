package io.stalemate.linux.kvm;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Mutex;

/**
 * model: the part of a VMM that reaps dirty rings: it reads what is dirty, has the rings reset, and only then copies
 * pages. One lock is around it, as in QEMU, whose reaper thread and vCPU threads all do it.
 */
public final class DirtyRingReaper {

  private final Kvm kvm;
  private final Mutex reapLock;

  DirtyRingReaper(Kvm kvm) {
    Machine m = kvm.m;
    this.kvm = kvm;
    this.reapLock = m.mutex("vmm->reap_lock");
  }

  /** Reads the dirty entries of {@code vcpu}'s ring; yields how many. Sleeps. */
  public int harvest(KvmVcpu vcpu) {
    reapLock.lock();
    int count = vcpu.dirtyRing.harvest();
    reapLock.unlock();
    return count;
  }

  /** Reads the dirty entries of all rings and has them reset, as a vCPU's thread does whose ring is full. Sleeps. */
  public void reap() {
    reapLock.lock();
    for (KvmVcpu vcpu : kvm.vcpus()) {
      vcpu.dirtyRing.harvest();
    }
    kvm.dirtyLog.resetDirtyRings();
    reapLock.unlock();
  }
}
