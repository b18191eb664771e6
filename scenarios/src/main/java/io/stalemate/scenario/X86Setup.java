package io.stalemate.scenario;

/**
 * What a VM has on x86 alone.
 *
 * @param type what kind of VM it is
 * @param adBits the CPUs set accessed and dirty bits
 * @param pml the CPUs log which pages they set a dirty bit for; needs {@code adBits}
 * @param mmioCaching gfns without memory get MMIO SPTEs
 * @param slotZapAll a memslot that goes takes all roots with it ({@code KVM_X86_QUIRK_SLOT_ZAP_ALL})
 * @param asyncPf a fault that needs I/O goes on in the background
 * @param memslotGeneration the memslot generation that the VM begins with
 * @param convertsOnMemoryFault whether the VMM answers a memory-fault exit by converting the page; else it stops
 * @param apicAccessPage gfn of the APIC access page's internal memslot; {@link #NO_APIC_PAGE} without one
 */
public record X86Setup(
    X86VmType type,
    boolean adBits,
    boolean pml,
    boolean mmioCaching,
    boolean slotZapAll,
    boolean asyncPf,
    long memslotGeneration,
    boolean convertsOnMemoryFault,
    long apicAccessPage) {

  /** In place of a gfn. */
  public static final long NO_APIC_PAGE = -1;

  /** Name of the host mapping whose first page is the APIC access page. */
  public static final String APIC_MAPPING = "apic";

  /** Memslot generations that a VM may begin with; MMIO SPTEs hold 19 bits of them. */
  public static final int GENERATION_MAX = 1 << 24;

  /** What a VM has unless its file says otherwise. */
  public static final X86Setup DEFAULT =
      new X86Setup(X86VmType.DEFAULT, true, false, true, true, false, 0, true, NO_APIC_PAGE);

  public X86Setup {
    Limits.check("memslot-generation", memslotGeneration, 0, GENERATION_MAX);
    Limits.check("apic-access-page", apicAccessPage, NO_APIC_PAGE, Limits.GFNS - 1);
    if (pml && !adBits) {
      throw new IllegalArgumentException("pml without accessed and dirty bits");
    }
  }
}
