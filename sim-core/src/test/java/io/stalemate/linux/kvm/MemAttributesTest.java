package io.stalemate.linux.kvm;

import static io.stalemate.linux.kvm.MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE;
import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.linux.Errno;
import io.stalemate.machine.Tracepoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The memory-attributes ioctl. */
class MemAttributesTest {

  private final KvmVm vm = new KvmVm(Era.V6_12);

  @Test
  void erasBeforeTheIoctlDoNotKnowIt() {
    assertThat(new KvmVm(Era.V5_15).kvm.memAttributes.set(0, 1, 0)).isEqualTo(-Errno.ENOTTY);
    assertThat(new KvmVm(Era.V6_2).kvm.memAttributes.set(0, 1, 0)).isEqualTo(-Errno.ENOTTY);
  }

  @Test
  void badRangesAndAttributesAreInvalid() {
    MemAttributes attributes = vm.kvm.memAttributes;
    assertThat(attributes.set(1, 1, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(attributes.set(-1, 1, 0)).isEqualTo(-Errno.EINVAL);
    assertThat(attributes.set(0, 1, 1)).isEqualTo(-Errno.EINVAL);
  }

  @ParameterizedTest
  @CsvSource({
      "0x1000, 0x1000, 8, 0, 0",
      "0, 0x10000, 8, 0, 0",
      "0x1000, 0x1000, 0, 0, 0",
      "0x1000, 0x1000, 8, 1, EINVAL",
      "0x1000, 0x1000, 1, 0, EINVAL",
      "0x1000, 0x1000, 0x8000000000000000, 0, EINVAL",
      "0x1000, 0, 8, 0, EINVAL",
      "0x1001, 0x1000, 8, 0, EINVAL",
      "0x1000, 0xfff, 8, 0, EINVAL",
      "0x1000, 0x1800, 8, 0, EINVAL",
      "0xfffffffffffff000, 0x2000, 8, 0, EINVAL",
      "0xfffffffffffff000, 0x1000, 8, 0, EINVAL",
      "0x1000, 0xfffffffffffff000, 8, 0, EINVAL",
      "0xf000, 0x2000, 8, 0, 0",
      "0x8000000000000000, 0x1000, 8, 0, 0",
      "0xffffffffffffe000, 0x1000, 8, 0, 0",
  })
  void theIoctlChecksFlagsThenAttributesThenTheRange(
      String address, String size, String attributes, String flags, String errno) {
    int expected = errno.equals("EINVAL") ? -Errno.EINVAL : 0;
    assertThat(vm.kvm.memAttributes.setMemoryAttributes(
        unsigned(address), unsigned(size), unsigned(attributes), unsigned(flags))).isEqualTo(expected);
  }

  private static long unsigned(String text) {
    return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseUnsignedLong(text);
  }

  @Test
  void aRangeBeyondAllMemoryCountsWhereMemoryIs() {
    vm.slot(14, 2, 0);
    assertThat(vm.kvm.memAttributes.set(15, KvmVm.GFNS + 1, KVM_MEMORY_ATTRIBUTE_PRIVATE)).isZero();
    assertThat(vm.host.of(Tracepoint.MEM_ATTR)).containsExactly("15,8,0,0");
    assertThat(vm.host.of(Tracepoint.INVALIDATE_RANGE)).containsExactly("15,16,0,0");
    assertThat(vm.kvm.memAttributes.set(KvmVm.GFNS, KvmVm.GFNS + 1, KVM_MEMORY_ATTRIBUTE_PRIVATE)).isZero();
    assertThat(vm.host.of(Tracepoint.MEM_ATTR)).containsExactly("15,8,0,0");
  }

  @Test
  void aVmWithoutPrivateMemoryKnowsNoAttribute() {
    vm.arch.privateMem = false;
    assertThat(vm.kvm.memAttributes.supportedMemAttributes()).isZero();
    assertThat(vm.kvm.memAttributes.set(0, 1, KVM_MEMORY_ATTRIBUTE_PRIVATE)).isEqualTo(-Errno.EINVAL);
    assertThat(vm.kvm.memAttributes.set(0, 1, 0)).isZero();
  }

  @Test
  void aChangeIsAnInvalidationOfTheSlotsPartOfTheRange() {
    vm.slot(2, 2, 0);
    vm.arch.calls.clear();
    assertThat(vm.kvm.memAttributes.set(0, 3, KVM_MEMORY_ATTRIBUTE_PRIVATE)).isZero();
    assertThat(vm.arch.calls).containsExactly("unmap 2 3", "flush tlbs");
    assertThat(vm.host.of(Tracepoint.INVALIDATE_RANGE)).containsExactly("2,3,0,0");
    assertThat(vm.host.of(Tracepoint.MEM_ATTR)).containsExactly("0,8,0,0", "1,8,0,0", "2,8,0,0");
    assertThat(vm.host.of(Tracepoint.INVALIDATE_END)).containsExactly("1,0,0,0");
    assertThat(vm.kvm.memAttributes.isPrivate(2)).isTrue();
    assertThat(vm.kvm.memAttributes.isPrivate(3)).isFalse();
  }

  @Test
  void nothingHappensIfTheRangeHasTheAttributesAlready() {
    vm.slot(0, 4, 0);
    assertThat(vm.kvm.memAttributes.set(0, 4, 0)).isZero();
    assertThat(vm.kvm.mmuInvalidateSeq.readOnce()).isZero();
  }

  @Test
  void withoutASlotInTheRangeTheSequenceStays() {
    vm.slot(0, 4, 0);
    assertThat(vm.kvm.memAttributes.set(4, 6, KVM_MEMORY_ATTRIBUTE_PRIVATE)).isZero();
    assertThat(vm.kvm.memAttributes.isPrivate(5)).isTrue();
    assertThat(vm.kvm.mmuInvalidateSeq.readOnce()).isZero();
  }

  @Test
  void aFaultThatOverlapsAChangeIsSentBackOrZapped() {
    int retried = 0;
    for (long seed = 0; seed < 500; seed++) {
      KvmVm w = new KvmVm(Era.V6_12);
      w.slot(0, 4, 0);
      w.host.task("vcpu", () -> w.fault(1));
      w.host.task("ioctl", () -> w.kvm.memAttributes.set(0, 2, KVM_MEMORY_ATTRIBUTE_PRIVATE));
      w.host.run(seed);
      retried += w.host.count(Tracepoint.FAULT_RETRY);
      w.assertCoherent(seed);
    }
    assertThat(retried).isPositive();
  }
}
