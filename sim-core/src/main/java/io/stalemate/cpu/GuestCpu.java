package io.stalemate.cpu;

import io.stalemate.machine.Access;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/**
 * One physical CPU while a guest runs on it. An access goes through the TLB, else a hardware walk that reads
 * descriptors with no lock, else it becomes a stage-2 abort for KVM. Follows the Arm ARM ("VMSAv8-64 translation table
 * walks").
 */
public class GuestCpu {

  private static final int VMID_SHIFT = 48;

  private final Machine m;
  private final int cpu;
  private final StageTwoGeometry geometry;
  /** {@code VTTBR_EL2}: VMID and root table. A register of this CPU, so the walk uses what guest entry loaded. */
  private final Word vttbr;

  /** The physical CPU {@code cpu}, whose stage-2 tables have shape {@code geometry}. */
  public GuestCpu(Machine m, int cpu, StageTwoGeometry geometry) {
    this.m = m;
    this.cpu = cpu;
    this.geometry = geometry;
    this.vttbr = m.word("vttbr_el2", cpu, 0);
  }

  /** The number of this CPU. */
  public int cpu() {
    return cpu;
  }

  /** {@code __load_stage2()}: guest accesses translate through the root table {@code pgdPfn} under {@code vmid}. */
  public void loadStage2(int vmid, long pgdPfn) {
    vttbr.write(((long) vmid << VMID_SHIFT) | (pgdPfn << StageTwoGeometry.PAGE_SHIFT));
  }

  /** Whether a physical interrupt is pending, which takes the CPU out of the guest before its next instruction. */
  public boolean interrupted() {
    return m.ipi().pending(cpu);
  }

  /** Announces that vCPU {@code vcpu} comes to {@code instruction}; once for each, however often it faults. */
  public void begin(int vcpu, GuestInstruction instruction) {
    m.trace(
        Tracepoint.GUEST_ACCESS, vcpu, instruction.gfn(), instruction.performed().ordinal(), instruction.value());
  }

  /**
   * Tries {@code instruction} once for vCPU {@code vcpu}; {@link #begin} came before.
   *
   * @return 0 if the access was done, else the {@link Syndrome} of its abort
   */
  public long execute(int vcpu, GuestInstruction instruction) {
    long root = vttbr.read();
    int vmid = (int) (root >>> VMID_SHIFT);
    Access access = instruction.performed();
    Tlb tlb = m.tlb();
    for (;;) {
      int result = switch (access) {
        case LOAD, STORE, FETCH -> tlb.access(cpu, vmid, instruction.gfn(), access, instruction.value());
        case LOAD_TAGS, STORE_TAGS ->
            tlb.accessTags(cpu, vmid, instruction.gfn(), instruction.tagWord(), access, instruction.value());
      };
      if (result == Tlb.HIT) {
        boolean store = access == Access.STORE || access == Access.STORE_TAGS;
        long value = store ? instruction.value() : tlb.loaded();
        m.trace(Tracepoint.GUEST_ACCESS_DONE, vcpu, instruction.gfn(), access.ordinal(), value);
        return 0;
      }
      if (result == Tlb.DENIED) {
        return Syndrome.of(instruction, Syndrome.FSC_PERMISSION, tlb.deniedLevel());
      }
      long esr = walk(vmid, StageTwoPte.pfn(root), instruction);
      if (esr != 0) {
        return esr;
      }
    }
  }

  /** The abort of {@code instruction} whose first attempt memory answers with an error; 0 if it does not. */
  public long externalAbort(GuestInstruction instruction) {
    return instruction.external() ? Syndrome.of(instruction, Syndrome.FSC_EXTERNAL, 0) : 0;
  }

  /** Walks the tables and caches what it finds; yields 0 or the syndrome of the fault it ended in. */
  private long walk(int vmid, long rootPfn, GuestInstruction instruction) {
    long gfn = instruction.gfn();
    for (;;) {
      m.tlb().walkBegin(cpu, vmid, gfn);
      int level = geometry.firstLevel();
      long pte = instruction.ipa() >>> geometry.ipaBits() == 0 ? entry(rootPfn, instruction.ipa(), level) : 0;
      while (StageTwoPte.table(pte, level)) {
        level++;
        pte = entry(StageTwoPte.pfn(pte), instruction.ipa(), level);
      }
      if (!StageTwoPte.valid(pte) || (pte & StageTwoPte.AF) == 0) {
        // Translation faults come before access-flag faults. A walk that an invalidation overtook starts again.
        int type = StageTwoPte.valid(pte) ? Syndrome.FSC_ACCESS_FLAG : Syndrome.FSC_TRANSLATION;
        if (m.tlb().walkFault(cpu, vmid, gfn)) {
          return Syndrome.of(instruction, type, level);
        }
      } else if (fill(vmid, gfn, level, pte)) {
        return 0;
      }
    }
  }

  private boolean fill(int vmid, long gfn, int level, long pte) {
    // A leaf that does not permit the access is cached too; the TLB then denies it, which is the permission fault.
    long pages = geometry.pages(level);
    return m.tlb().fill(
        cpu, vmid, level, gfn & -pages, pages, StageTwoPte.pfn(pte) & -pages, StageTwoPte.permissions(pte));
  }

  private long entry(long tablePfn, long ipa, int level) {
    // Pairs with the kernel's release stores of descriptors: what a table descriptor points to is initialised.
    return m.pages().words(tablePfn).at(geometry.index(ipa, level)).readOnce();
  }
}
