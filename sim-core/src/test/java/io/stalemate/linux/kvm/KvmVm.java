package io.stalemate.linux.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.mm.HostVm;
import io.stalemate.linux.mm.Pte;
import io.stalemate.linux.mm.VmaKind;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A VM on a {@link HostVm}, hva pages 0 to 7 anonymous memory, with a {@link TableArch} and no memslots. */
final class KvmVm {

  static final int GFNS = 16;

  final HostVm host;
  final Kvm kvm;
  final TableArch arch;

  KvmVm(Era era) {
    this(era, HostVm.PAGES);
  }

  /** With anonymous memory in hva pages 0 up to {@code pages}, and eight gfns more than that. */
  KvmVm(Era era, int pages) {
    this(era, pages, text -> text);
  }

  /** With classes replaced by {@code patch}. */
  KvmVm(Era era, UnaryOperator<KernelText> patch) {
    this(era, HostVm.PAGES, patch);
  }

  private KvmVm(Era era, int pages, UnaryOperator<KernelText> patch) {
    host = new HostVm(pages);
    kvm = new Kvm(host.m, patch.apply(KernelText.of(era, TableArch::new)), host.mm, GFNS + pages - HostVm.PAGES);
    arch = (TableArch) kvm.archMmu;
    host.mmap.mmap(0, pages, VmaKind.ANON, 0, true);
  }

  /** Sets memslot 0 to {@code npages} pages at {@code gfn}, on hva 0 and up. */
  int slot(long gfn, long npages, int flags) {
    return kvm.memoryRegions.setMemoryRegion(0, gfn, npages, 0, flags);
  }

  /** A write fault on {@code gfn} as architectures handle it; yields whether it installed. */
  boolean fault(long gfn) {
    int idx = kvm.srcu.readLock();
    long seq = kvm.mmuInvalidation.sample();
    kvm.m.smpRmb();
    Optional<KvmMemorySlot> slot = kvm.memslots.gfnToMemslot(gfn);
    KvmPfn pfn = kvm.gfnToPfn.gfnToPfnMemslot(slot, gfn, true);
    boolean installed = false;
    if (!pfn.isErrorNoslot()) {
      kvm.mmuLock.readLock();
      if (!kvm.mmuInvalidation.retry(seq, gfn)) {
        arch.leaves.at((int) gfn).writeOnce(pfn.pfn());
        installed = true;
      }
      kvm.mmuLock.readUnlock();
      kvm.gfnToPfn.releasePfnClean(pfn.pfn());
    }
    kvm.srcu.readUnlock(idx);
    return installed;
  }

  /** Nothing is in progress any more, and a leaf maps what the host maps. */
  void assertCoherent(long seed) {
    assertThat(kvm.mmuInvalidateInProgress.readOnce()).as("in progress, seed %d", seed).isZero();
    assertThat(kvm.mnActiveInvalidateCount.readOnce()).as("active, seed %d", seed).isZero();
    int idx = kvm.srcu.readLock();
    for (int gfn = 0; gfn < GFNS; gfn++) {
      long leaf = arch.leaves.at(gfn).readOnce();
      if (leaf != 0) {
        Optional<KvmMemorySlot> slot = kvm.memslots.gfnToMemslot(gfn);
        assertThat(slot).as("slot of leaf %d, seed %d", gfn, seed).isPresent();
        long pte = host.mm.pte(slot.orElseThrow().gfnToHva(gfn)).readOnce();
        assertThat(Pte.isPresent(pte) ? Pte.pfn(pte) : 0).as("leaf %d, seed %d", gfn, seed).isEqualTo(leaf);
      }
    }
    kvm.srcu.readUnlock(idx);
    host.assertAccountsBalance(seed);
  }
}
