package io.stalemate.linux.x86;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.KvmPfn;
import io.stalemate.linux.kvm.KvmHva;
import io.stalemate.machine.OnStack;
import org.jspecify.annotations.Nullable;

/** {@code struct kvm_page_fault}: one fault on its way through the MMU, on its vCPU's stack. */
@OnStack
public final class KvmPageFault {

  /** Byte address that the guest touched. */
  public final long addr;
  /** 64 bits, see {@link PfErrorCode}. */
  public final long errorCode;
  /** Nobody waits for the result: an asynchronous fault's replay, or KVM_PRE_FAULT_MEMORY. */
  public final boolean prefetch;
  public final boolean exec;
  public final boolean write;
  public final boolean present;
  public final boolean rsvd;
  public final boolean user;
  /** The guest wants private memory. */
  public final boolean isPrivate;
  public final long gfn;

  /** The memslot around {@link #gfn}; null if there is none. Valid inside the srcu section. */
  public @Nullable KvmMemorySlot slot;

  // Outputs of kvm_faultin_pfn().
  public long mmuSeq;
  public long pfn = KvmPfn.ERR_FAULT;
  public long hva = KvmHva.ERR_BAD;
  public boolean mapWritable;

  /** Largest level that may be mapped. */
  public int maxLevel;
  /** Level that the memory would allow. */
  public int reqLevel = EptGeometry.LEVEL_4K;
  /** Level that is going to be mapped. */
  public int goalLevel = EptGeometry.LEVEL_4K;
  /** The write hit a write-tracked gfn. */
  public boolean writeFaultToShadowPgtable;
  /** The VMM is to be told of the fault: the run page is filled once it is over. */
  public boolean memoryFaultExit;

  /** A fault at byte address {@code addr}; {@code maxLevel} as the geometry allows. */
  public KvmPageFault(long addr, long errorCode, boolean isPrivate, boolean prefetch, int maxLevel) {
    this.addr = addr;
    this.errorCode = errorCode;
    this.prefetch = prefetch;
    this.exec = (errorCode & PfErrorCode.FETCH) != 0;
    this.write = (errorCode & PfErrorCode.WRITE) != 0;
    this.present = (errorCode & PfErrorCode.PRESENT) != 0;
    this.rsvd = (errorCode & PfErrorCode.RSVD) != 0;
    this.user = (errorCode & PfErrorCode.USER) != 0;
    this.isPrivate = isPrivate;
    this.gfn = addr >>> EptGeometry.PAGE_SHIFT;
    this.maxLevel = maxLevel;
  }

  /**
   * {@code kvm_mmu_prepare_memory_fault_exit()}: the VMM is to make the page what the guest wants. model: noted here,
   * as nobody looks at the run page before the fault is over.
   */
  void prepareMemoryFaultExit() {
    memoryFaultExit = true;
  }
}
