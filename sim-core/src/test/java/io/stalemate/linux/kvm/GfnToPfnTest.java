package io.stalemate.linux.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.mm.HostVm;
import io.stalemate.linux.mm.Pte;
import io.stalemate.linux.mm.VmaKind;
import org.junit.jupiter.api.Test;

/** The frame behind a gfn where GUP refuses: a driver's mapping. */
class GfnToPfnTest {

  private final KvmVm vm = new KvmVm(Era.V6_12);

  private KvmPfn pfnmap(boolean writeFault) {
    KvmPfn pfn = vm.kvm.gfnToPfn.hvaToPfn(0, writeFault, true);
    if (!pfn.isErrorNoslot()) {
      vm.kvm.gfnToPfn.releasePfnClean(pfn.pfn());
    }
    return pfn;
  }

  @Test
  void aDriversFrameIsAsWritableAsItsEntry() {
    vm.host.mmap.mmap(0, HostVm.PAGES, VmaKind.PFNMAP, 0, true);
    long frame = Pte.pfn(vm.host.mm.pte(0).readOnce());
    assertThat(pfnmap(false)).isEqualTo(new KvmPfn(frame, true));
    assertThat(pfnmap(true)).isEqualTo(new KvmPfn(frame, true));
    // The mapping becomes writable again, its entries do not.
    assertThat(vm.host.mmap.mprotect(0, HostVm.PAGES, false)).isZero();
    assertThat(vm.host.mmap.mprotect(0, HostVm.PAGES, true)).isZero();
    assertThat(pfnmap(false)).isEqualTo(new KvmPfn(frame, false));
    assertThat(pfnmap(true)).isEqualTo(new KvmPfn(KvmPfn.ERR_RO_FAULT, false));
    vm.host.assertAccountsBalance(0);
  }

  @Test
  void anUnmappedPageIsAnErrorForReadsAndWrites() {
    vm.host.mmap.munmap(0, HostVm.PAGES);
    assertThat(pfnmap(false)).isEqualTo(new KvmPfn(KvmPfn.ERR_FAULT, false));
    assertThat(pfnmap(true)).isEqualTo(new KvmPfn(KvmPfn.ERR_FAULT, false));
  }
}
