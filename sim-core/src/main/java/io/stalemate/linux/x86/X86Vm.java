package io.stalemate.linux.x86;

/**
 * The VM and the CPUs it runs on.
 *
 * @param type what kind of VM
 * @param adBits the CPUs set accessed and dirty bits
 * @param pml the CPUs log what they set a dirty bit of ({@code cpu_dirty_log_size}); needs {@code adBits}
 * @param mmioCaching {@code enable_mmio_caching}: MMIO has SPTEs
 * @param slotZapAll {@code KVM_X86_QUIRK_SLOT_ZAP_ALL} (v6.12): a slot that goes takes all roots with it
 * @param asyncPf the guest takes asynchronous page faults
 * @param apicAccessPage gfn of the APIC access page's internal slot; -1 for none
 * @param firstGeneration memslot generation that the VM begins with
 */
public record X86Vm(
    VmType type,
    boolean adBits,
    boolean pml,
    boolean mmioCaching,
    boolean slotZapAll,
    boolean asyncPf,
    long apicAccessPage,
    long firstGeneration) {

  /** Capability bits of {@link io.stalemate.machine.Tracepoint#CREATE_VM}: the VM may have private memory. */
  public static final int PRIVATE_MEM = 1;

  /** The guest says with each access whether it wants private memory. */
  public static final int SNP = 1 << 1;
  public static final int MMIO_CACHING = 1 << 2;

  /** A default VM on CPUs with accessed and dirty bits and without page-modification logging. */
  public static final X86Vm DEFAULT = new X86Vm(VmType.DEFAULT, true, false, true, true, false, -1, 0);

  /** Refuses combinations that no CPU has. */
  public X86Vm {
    if (pml && !adBits) {
      throw new IllegalArgumentException("page-modification logging needs accessed and dirty bits");
    }
  }

  /** What the page-fault path asks about the VM, as bits. */
  int caps() {
    return (type.hasPrivateMem() ? PRIVATE_MEM : 0) | (type == VmType.SNP ? SNP : 0) | (mmioCaching ? MMIO_CACHING : 0);
  }
}
