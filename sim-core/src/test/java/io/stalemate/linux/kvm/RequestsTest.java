package io.stalemate.linux.kvm;

import static io.stalemate.linux.kvm.KvmVcpu.EXITING_GUEST_MODE;
import static io.stalemate.linux.kvm.KvmVcpu.IN_GUEST_MODE;
import static io.stalemate.linux.kvm.KvmVcpu.OUTSIDE_GUEST_MODE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.Errno;
import io.stalemate.linux.mm.HostVm;
import io.stalemate.machine.PageUse;
import io.stalemate.sim.Role;
import io.stalemate.sim.WorldOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** vCPU requests, kicks, and the page cache of a vCPU. */
class RequestsTest {

  private static final int REQ = 5;

  private static KvmVcpu vcpu(KvmVm vm) {
    KvmVcpu vcpu = new KvmVcpu(vm.kvm, 0, 0, new MmuMemoryCache(vm.host.m, 0, 2, 4));
    vm.kvm.addVcpu(vcpu);
    vm.host.m.ipi().irqsOff(0);
    return vcpu;
  }

  @Test
  void aRequestIsTakenOnce() {
    KvmVm vm = new KvmVm(Era.V6_12);
    KvmVcpu vcpu = vcpu(vm);
    vm.kvm.requests.makeRequest(REQ, vcpu);
    assertThat(vm.kvm.requests.pending(vcpu)).isTrue();
    assertThat(vm.kvm.requests.checkRequest(REQ + 1, vcpu)).isFalse();
    assertThat(vm.kvm.requests.checkRequest(REQ, vcpu)).isTrue();
    assertThat(vm.kvm.requests.checkRequest(REQ, vcpu)).isFalse();
    assertThat(vm.kvm.requests.pending(vcpu)).isFalse();
  }

  @Test
  void onlyAVcpuInTheGuestIsKickedAndOnlyOnce() {
    KvmVm vm = new KvmVm(Era.V6_12);
    KvmVcpu vcpu = vcpu(vm);
    assertThat(vm.kvm.requests.makeAllCpusRequest(REQ)).isFalse();
    vcpu.mode.writeOnce(IN_GUEST_MODE);
    assertThat(vm.kvm.requests.makeAllCpusRequest(REQ)).isTrue();
    assertThat(vcpu.mode.readOnce()).isEqualTo(EXITING_GUEST_MODE);
    assertThat(vm.host.m.ipi().pending(0)).isTrue();
    assertThat(vm.kvm.requests.makeAllCpusRequest(REQ)).isFalse();
  }

  /** The two halves of the handshake: whoever is second sees the other. */
  @Test
  void aVcpuThatEntersSeesTheRequestOrIsKicked() {
    int seen = 0;
    int kicked = 0;
    for (long seed = 0; seed < 500; seed++) {
      KvmVm vm = new KvmVm(Era.V6_12);
      KvmVcpu vcpu = vcpu(vm);
      boolean[] entered = new boolean[1];
      vm.host.world.addTask("vcpu", Role.VCPU, () -> {
        vcpu.mode.writeOnce(IN_GUEST_MODE);
        vm.host.m.smpMb();
        entered[0] = !vm.kvm.requests.pending(vcpu);
        if (!entered[0]) {
          vcpu.mode.writeOnce(OUTSIDE_GUEST_MODE);
        }
      });
      vm.host.task("host", () -> vm.kvm.requests.makeAllCpusRequest(REQ));
      vm.host.run(seed);
      boolean pending = vm.host.m.ipi().pending(0);
      assertThat(!entered[0] || pending).as("seed %d", seed).isTrue();
      seen += entered[0] ? 0 : 1;
      kicked += pending ? 1 : 0;
    }
    assertThat(seen).isPositive();
    assertThat(kicked).isPositive();
  }

  @Test
  void topupFillsToCapacityOrSaysThatItCannot() {
    List<Integer> results = new ArrayList<>();
    HostVm host = new HostVm(
        new WorldOptions.AllocationFailure(PageUse.TABLE, 2), new WorldOptions.AllocationFailure(PageUse.TABLE, 3));
    MmuMemoryCache cache = new MmuMemoryCache(host.m, 0, 2, 4);
    host.task("vcpu", () -> {
      results.add(cache.topup(2));
      results.add(cache.pages());
      results.add(cache.topup(1));
      results.add(cache.topup(2));
      results.add(cache.topup(2));
      results.add(cache.pages());
      cache.free();
      results.add(cache.pages());
    });
    host.run(0);
    assertThat(results).containsExactly(-Errno.ENOMEM, 1, 0, -Errno.ENOMEM, 0, 4, 0);
  }

  @Test
  void anEmptyCacheWarnsAndFallsBackToAnAtomicAllocation() {
    HostVm host = new HostVm();
    MmuMemoryCache cache = new MmuMemoryCache(host.m, 0, 2, 4);
    assertThat(cache.alloc()).isPositive();
    assertThat(host.warnings()).containsExactly("kvm_mmu_memory_cache_alloc from an empty cache");
  }
}
