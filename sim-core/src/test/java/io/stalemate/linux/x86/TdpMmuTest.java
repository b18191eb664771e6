package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.cpu.x86.EptPte;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.Tracepoint;
import io.stalemate.sequential.SequentialMachine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a single entry changes: what others did meanwhile is seen, and nothing of it is lost. */
final class TdpMmuTest {

  private static final long PFN = TdpBench.PFN;

  private final List<String> log = new ArrayList<>();
  private final SequentialMachine machine = new SequentialMachine(1) {
    @Override
    public void trace(Tracepoint point, long a, long b, long c, long d) {
      if (point == Tracepoint.TDP_SET_SPTE) {
        log.add(a + "@" + b + " " + kind(c, (int) b) + " to " + kind(d, (int) b));
      }
    }
  };

  private static String kind(long spte, int level) {
    return Spte.frozen(spte) ? "frozen" : Spte.table(spte, level) ? "table" : Spte.shadowPresent(spte) ? "leaf"
        : Spte.mmio(spte) ? "mmio" : "empty";
  }

  private TdpBench bench(Era era) {
    TdpBench bench = new TdpBench(machine, era, new EptGeometry(2, 2), X86Vm.DEFAULT, 1,
        text -> text.with(TdpMmu.class, mmu -> era == Era.V6_8 ? new TdpMmuV68(mmu) {
          @Override
          public void flushRemoteTlbsGfn(long gfn, int level) {
            log.add("flush " + gfn + "@" + level);
          }
        } : new TdpMmu(mmu) {
          @Override
          public void flushRemoteTlbsGfn(long gfn, int level) {
            log.add("flush " + gfn + "@" + level);
          }
        }));
    bench.vcpus.forEach(bench::reload);
    bench.map(vcpu(bench), 1, 1, PFN + 1, 0, false, true);
    log.clear();
    return bench;
  }

  private static X86Vcpu vcpu(TdpBench bench) {
    return bench.vcpus.getFirst();
  }

  private static TdpIter at(TdpBench bench, long gfn, int level) {
    TdpIter iter = bench.mmu.tdpMmu.iter(bench.mmu.toShadowPage(vcpu(bench).root.read()), level, gfn, gfn + 1);
    while (iter.level != level) {
      iter.next();
    }
    return iter;
  }

  @Test
  void aChangeUnderTheSharedLockFailsIfTheEntryIsNotWhatWasSeen() {
    TdpBench bench = bench(Era.V6_12);
    TdpIter iter = at(bench, 1, 1);
    long now = iter.oldSpte & ~EptPte.ACCESSED;
    iter.sptep().writeOnce(now);
    bench.kvm.mmuLock.readLock();
    assertThat(bench.mmu.tdpMmu.setSpteAtomic(iter, Spte.NONPRESENT)).isFalse();
    assertThat(iter.oldSpte).as("what is there is seen at once").isEqualTo(now);
    assertThat(log).isEmpty();
    assertThat(bench.mmu.tdpMmu.setSpteAtomic(iter, Spte.NONPRESENT)).isTrue();
    bench.kvm.mmuLock.readUnlock();
    assertThat(log).containsExactly("1@1 leaf to empty");
  }

  @Test
  void anEntryIsFrozenUntilTheTlbsAreFlushedAndThenTheTableBelowIsTakenDown() {
    TdpBench bench = bench(Era.V6_12);
    TdpIter iter = at(bench, 0, 2);
    bench.kvm.mmuLock.readLock();
    assertThat(bench.mmu.tdpMmu.zapSpteAtomic(iter)).isTrue();
    bench.kvm.mmuLock.readUnlock();
    assertThat(log).containsExactly("0@2 table to frozen", "flush 0@2", "0@2 frozen to empty",
        "0@1 empty to frozen", "1@1 leaf to frozen", "2@1 empty to frozen", "3@1 empty to frozen");
    assertThat(machine.warnings()).isEmpty();
  }

  @Test
  void beforeV610TheTableBelowWasTakenDownFirst() {
    TdpBench bench = bench(Era.V6_8);
    TdpIter iter = at(bench, 0, 2);
    bench.kvm.mmuLock.readLock();
    assertThat(bench.mmu.tdpMmu.zapSpteAtomic(iter)).isTrue();
    bench.kvm.mmuLock.readUnlock();
    assertThat(log).containsExactly("0@2 table to frozen",
        "0@1 empty to frozen", "1@1 leaf to frozen", "2@1 empty to frozen", "3@1 empty to frozen",
        "flush 0@2", "0@2 frozen to empty");
  }

  @Test
  void aFrozenEntryIsLeftAlone() {
    TdpBench bench = bench(Era.V6_12);
    at(bench, 1, 1).sptep().writeOnce(Spte.FROZEN);
    assertThat(bench.map(vcpu(bench), 1, 1, PFN + 1, 0, false, true)).isEqualTo(RetPf.RETRY);
    assertThat(log).isEmpty();
    assertThat(machine.warnings()).isEmpty();
  }

  @Test
  void bitsThatHardwareSetsWhileAnEntryIsZappedReachThePage() {
    TdpBench bench = bench(Era.V6_12);
    TdpIter iter = at(bench, 1, 1);
    long cleanAndOld = iter.oldSpte & ~(EptPte.ACCESSED | EptPte.DIRTY);
    iter.sptep().writeOnce(cleanAndOld | EptPte.ACCESSED | EptPte.DIRTY);
    iter.oldSpte = cleanAndOld;
    bench.kvm.mmuLock.writeLock();
    assertThat(bench.mmu.tdpMmu.iterSetSpte(iter, Spte.NONPRESENT) & EptPte.DIRTY).isNotZero();
    bench.kvm.mmuLock.writeUnlock();
    assertThat(bench.marked).containsExactly((PFN + 1) * 2 + 1, (PFN + 1) * 2);
  }

  @Test
  void aLeafThatTakesATablesPlaceIsFlushedAfterIt() {
    TdpBench bench = new TdpBench(machine, Era.V6_12, new EptGeometry(3, 1), X86Vm.DEFAULT, 1);
    bench.vcpus.forEach(bench::reload);
    bench.map(vcpu(bench), 1, 1, PFN + 1, 0, false, true);
    log.clear();
    assertThat(asksForFlush(bench)).isFalse();
    assertThat(bench.map(vcpu(bench), 1, 2, PFN, 0, false, true)).isEqualTo(RetPf.FIXED);
    assertThat(log).containsExactly("0@2 table to leaf", "0@1 empty to frozen", "1@1 leaf to frozen");
    assertThat(asksForFlush(bench)).isTrue();
    assertThat(bench.map(vcpu(bench), 1, 1, PFN + 1, 0, false, true)).as("split, and without D").isEqualTo(RetPf.FIXED);
    assertThat(asksForFlush(bench)).as("small pages translate as the huge one did").isFalse();
  }

  private static boolean asksForFlush(TdpBench bench) {
    return bench.kvm.requests.checkRequest(Requests.KVM_REQ_TLB_FLUSH, vcpu(bench));
  }

  @Test
  void aLeafWithAnotherFrameWithoutAZapInBetweenIsABug() {
    TdpBench bench = bench(Era.V6_12);
    bench.map(vcpu(bench), 1, 1, PFN + 7, 0, false, true);
    assertThat(machine.warnings()).containsExactly("handle_changed_spte: a leaf's pfn changed while it was present");
  }

  @Test
  void aGfnWithoutSlotGetsAnMmioEntryAndIsEmulated() {
    TdpBench bench = bench(Era.V6_12);
    assertThat(bench.mapMmio(vcpu(bench), 2)).isEqualTo(RetPf.EMULATE);
    assertThat(bench.mapMmio(vcpu(bench), 2)).as("though it was there").isEqualTo(RetPf.EMULATE);
    assertThat(log).containsExactly("2@1 empty to mmio");
  }

  @Test
  void aWriteToATrackedGfnIsNotMappedWritable() {
    for (Era era : List.of(Era.V6_8, Era.V6_12)) {
      TdpBench bench = bench(era);
      bench.mmu.hugePages.gfnWriteTrack(bench.slot(), 2).write(1);
      int expected = era == Era.V6_8 ? RetPf.EMULATE : RetPf.WRITE_PROTECTED;
      assertThat(bench.map(vcpu(bench), 2, 1, PFN + 2, PfErrorCode.WRITE, false, true)).isEqualTo(expected);
      long spte = at(bench, 2, 1).oldSpte;
      assertThat(spte & (EptPte.WRITE | Spte.MMU_WRITABLE | Spte.HOST_WRITABLE)).isEqualTo(Spte.HOST_WRITABLE);
      assertThat(bench.map(vcpu(bench), 3, 1, PFN + 3, PfErrorCode.WRITE, false, true)).isEqualTo(RetPf.FIXED);
    }
  }

  @Test
  void aWritablePageOfALoggedSlotIsDirtyFromTheStartThoughItWasRead() {
    TdpBench bench = bench(Era.V6_12);
    int gfns = (int) bench.geometry.gfns();
    assertThat(bench.kvm.memoryRegions.setMemoryRegion(0, 0, gfns, 0, KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES)).isZero();
    bench.map(vcpu(bench), 5, 1, PFN + 5, 0, false, true);
    bench.map(vcpu(bench), 6, 1, PFN + 6, 0, false, false);
    assertThat(bench.slot().dirtyBitmap().at(0).read()).isEqualTo(1 << 5);
  }
}
