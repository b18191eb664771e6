package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Requests;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Tracepoint;
import io.stalemate.sequential.SequentialMachine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How vCPUs get roots, and what becomes of roots that are made invalid. */
final class TdpRootsTest {

  private final List<String> states = new ArrayList<>();
  private final SequentialMachine machine = new SequentialMachine(2) {
    @Override
    public void trace(Tracepoint point, long a, long b, long c, long d) {
      if (point == Tracepoint.TDP_ROOT) {
        states.add(a + " " + List.of("free", "valid", "invalid").get((int) b));
      }
    }
  };

  private TdpBench bench(Era era) {
    return new TdpBench(machine, era, new EptGeometry(2, 2), X86Vm.DEFAULT, 2);
  }

  private static boolean asked(TdpBench bench, int vcpu, int request) {
    return bench.kvm.requests.checkRequest(request, bench.vcpus.get(vcpu));
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void vcpusShareAValidRoot(Era era) {
    TdpBench bench = bench(era);
    bench.vcpus.forEach(bench::reload);
    long root = bench.vcpus.get(0).root.read();
    assertThat(bench.vcpus.get(1).root.read()).isEqualTo(root);
    assertThat(bench.mmu.toShadowPage(root).rootCount().read()).as("two vCPUs and the MMU").isEqualTo(3);
    assertThat(states).containsExactly(root + " valid");
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void aValidRootOutlivesItsVcpus(Era era) {
    TdpBench bench = bench(era);
    bench.vcpus.forEach(bench::reload);
    long root = bench.vcpus.get(0).root.read();
    bench.vcpus.forEach(bench.mmu.roots::kvmMmuUnload);
    assertThat(states).containsExactly(root + " valid");
    bench.reload(bench.vcpus.get(1));
    assertThat(bench.vcpus.get(1).root.read()).isEqualTo(root);
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_8", "V6_12"})
  void anInvalidRootIsFreedByTheVcpuThatUsedItLastAndReplacedAtOnce(Era era) {
    TdpBench bench = bench(era);
    bench.vcpus.forEach(bench::reload);
    X86Vcpu first = bench.vcpus.get(0);
    bench.map(first, 1, 1, TdpBench.PFN + 1, 0, false, true);
    long old = first.root.read();
    bench.zapAllFast();
    assertThat(asked(bench, 0, Requests.KVM_REQ_MMU_FREE_OBSOLETE_ROOTS)).isTrue();
    assertThat(asked(bench, 1, Requests.KVM_REQ_MMU_FREE_OBSOLETE_ROOTS)).isTrue();
    assertThat(bench.walk(old, 1)[0]).as("what the old root maps").isZero();
    assertThat(bench.mmu.roots.isObsoleteRoot(old)).isTrue();
    bench.reload(first);
    long fresh = first.root.read();
    assertThat(fresh).isNotEqualTo(old);
    assertThat(states).containsExactly(old + " valid", old + " invalid", fresh + " valid");
    bench.reload(bench.vcpus.get(1));
    assertThat(states).last().isEqualTo(old + " free");
    assertThat(bench.vcpus.get(1).root.read()).isEqualTo(fresh);
    bench.destroy();
    assertThat(machine.pages().allocated(PageUse.TABLE)).isZero();
    assertThat(machine.warnings()).isEmpty();
  }

  @Test
  void anInvalidRootIsUnmappedFromAndOthersThanItsZapperSkipIt() {
    TdpBench bench = bench(Era.V6_12);
    bench.vcpus.forEach(bench::reload);
    X86Vcpu vcpu = bench.vcpus.get(0);
    bench.map(vcpu, 1, 1, TdpBench.PFN + 1, 0, false, true);
    bench.map(vcpu, 2, 1, TdpBench.PFN + 2, 0, false, true);
    bench.kvm.mmuLock.writeLock();
    bench.mmu.roots.invalidateAllRoots();
    bench.kvm.mmuLock.writeUnlock();
    bench.mmu.zap.kvmZapGfnRange(2, 3);
    assertThat(bench.walk(vcpu.root.read(), 2)[0]).as("kvm_zap_gfn_range leaves it").isNotZero();
    assertThat(bench.unmap(1, 2)).as("vCPUs flush when they load another root").isFalse();
    assertThat(bench.walk(vcpu.root.read(), 1)[0]).as("a notifier does not").isZero();
  }

  @Test
  void theListIsWalkedPastRootsThatGoMeanwhile() {
    TdpBench bench = bench(Era.V6_12);
    X86Vcpu vcpu = bench.vcpus.get(0);
    List<Long> made = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      bench.reload(vcpu);
      made.add(vcpu.root.read());
      // Somebody's reference keeps the root in the list once it is invalid.
      bench.mmu.roots.getRoot(bench.mmu.toShadowPage(vcpu.root.read()));
      bench.zapAllFast();
    }
    bench.kvm.mmuLock.writeLock();
    KvmMmuPage last = bench.mmu.roots.next(null, false);
    assertThat(last.pfn()).isEqualTo(made.get(2));
    bench.mmu.roots.putRoot(bench.mmu.toShadowPage(made.get(1)));
    KvmMmuPage first = bench.mmu.roots.next(last, false);
    assertThat(first.pfn()).isEqualTo(made.get(0));
    assertThat(bench.mmu.roots.next(first, false)).isNull();
    assertThat(bench.mmu.roots.next(null, true)).isNull();
    bench.kvm.mmuLock.writeUnlock();
    assertThat(states).last().isEqualTo(made.get(1) + " free");
    assertThat(machine.warnings()).isEmpty();
  }

  @Test
  void withTheQuirkOffASlotTakesItsOwnLeafsAlone() {
    X86Vm quirkOff = new X86Vm(VmType.DEFAULT, true, false, true, false, false, -1, 0);
    TdpBench bench = new TdpBench(machine, Era.V6_12, new EptGeometry(2, 2), quirkOff, 1);
    X86Vcpu vcpu = bench.vcpus.get(0);
    bench.reload(vcpu);
    bench.map(vcpu, 1, 1, TdpBench.PFN + 1, 0, false, true);
    long root = vcpu.root.read();
    assertThat(bench.kvm.memoryRegions.setMemoryRegion(0, 0, 0, 0, 0)).isZero();
    assertThat(bench.walk(root, 1)[0]).isZero();
    assertThat(bench.mmu.roots.isObsoleteRoot(root)).isFalse();
  }
}
