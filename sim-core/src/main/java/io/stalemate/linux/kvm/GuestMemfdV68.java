package io.stalemate.linux.kvm;

import io.stalemate.machine.KernelFunction;

/**
 * guest_memfd of v6.8: a page is cleared wherever it is looked up first, and no architecture hears of it (b85524314a3d
 * and d04c77d23122 moved that to the fault, for SNP).
 */
public class GuestMemfdV68 extends GuestMemfd {

  public GuestMemfdV68(Kvm kvm) {
    super(kvm);
  }

  @Override
  @KernelFunction(value = "kvm_gmem_get_folio", file = "virt/kvm/guest_memfd.c", version = "v6.8")
  protected long getFolio(KvmGmem gmem, long index) {
    long pfn = super.getFolio(gmem, index);
    if (pfn > 0 && !memMap.isPageUptodate(pfn)) {
      clear(pfn);
      memMap.setPageUptodate(pfn);
    }
    return pfn;
  }

  /** Never called: what getFolio() yields is up to date. */
  @Override
  protected int archPrepare(KvmMemorySlot slot, long gfn, long pfn) {
    return 0;
  }
}
