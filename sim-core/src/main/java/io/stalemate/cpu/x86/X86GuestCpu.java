package io.stalemate.cpu.x86;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.machine.Access;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import java.util.Optional;

/**
 * One physical x86 CPU while a guest runs on it. An access goes through the TLB, else a hardware walk that reads
 * entries with no lock and sets accessed and dirty flags in them, else it becomes an exit for KVM. Follows the Intel
 * SDM (volume 3, "The Extended Page Table Mechanism").
 *
 * <p>Translations are cached under the root they came from; those of an SNP guest, whose encryption bit is an address
 * bit, under {@code root * 2 + C}.
 *
 * <p>A cached translation that does not permit the access makes the CPU walk again, so a stale one costs nothing but
 * the walk. The SDM lets it report a violation at once as well, which KVM would find spurious.
 *
 * <p>Accessed and dirty flags: if the EPTP enables them, hardware sets them in every entry that it uses, whatever
 * software keeps in bits 52 and 53, which it ignores. KVM plants entries of type AD_DISABLED only where they are off.
 *
 * <p>elided: paging-structure caches, the guest's own tables but for steps that name one, that with the flags enabled
 * a walk in those counts as a write, reserved bits other than those of {@link EptPte#misconfigured}.
 */
public class X86GuestCpu {

  /** What {@link #execute} yields when the access was done. */
  public static final long DONE = 0;

  /** The walk lost a race for an entry, or an invalidation overtook it. */
  private static final long AGAIN = -1;

  private final Machine m;
  private final int cpu;
  private final EptGeometry geometry;
  private final boolean adBits;
  private final Optional<Rmp> rmp;
  private final Optional<PmlBuffer> pml;
  /** {@code EPTP} / {@code nCR3}: the root table. */
  private final Word eptp;

  /**
   * The physical CPU {@code cpu}.
   *
   * @param adBits nested tables have accessed and dirty flags
   * @param rmp the machine's reverse map table if the guest is an SNP guest
   * @param pml where the vCPU has its page-modification log, if that is on; needs {@code adBits}
   */
  public X86GuestCpu(
      Machine m, int cpu, EptGeometry geometry, boolean adBits, Optional<Rmp> rmp, Optional<PmlBuffer> pml) {
    this.m = m;
    this.cpu = cpu;
    this.geometry = geometry;
    this.adBits = adBits;
    this.rmp = rmp;
    this.pml = pml;
    this.eptp = m.word("eptp", cpu, 0);
  }

  /** Guest accesses translate through the root table {@code rootPfn}. */
  public void loadEptp(long rootPfn) {
    eptp.write(rootPfn);
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
   * @return {@link #DONE}, or the {@link VmExit} that the access caused
   */
  public long execute(int vcpu, GuestInstruction instruction) {
    long root = eptp.read();
    int tag = tag(root, instruction.privateAccess());
    Access access = instruction.performed();
    Tlb tlb = m.tlb();
    while (tlb.access(cpu, tag, instruction.gfn(), access, instruction.value()) != Tlb.HIT) {
      long exit = walk(tag, root, instruction);
      if (exit != DONE) {
        return exit;
      }
    }
    long value = access == Access.STORE ? instruction.value() : tlb.loaded();
    m.trace(Tracepoint.GUEST_ACCESS_DONE, vcpu, instruction.gfn(), access.ordinal(), value);
    return DONE;
  }

  private int tag(long root, boolean privateAccess) {
    if (rmp.isEmpty()) {
      return (int) root;
    }
    return (int) root * 2 + (privateAccess ? 1 : 0);
  }

  /** Walks the tables and caches what it finds; yields {@link #DONE} or the exit it ended in. */
  private long walk(int tag, long root, GuestInstruction instruction) {
    long gfn = instruction.gfn();
    for (;;) {
      m.tlb().walkBegin(cpu, tag, gfn);
      long exit = tables(tag, root, instruction);
      if (exit == DONE || (exit != AGAIN && m.tlb().walkFault(cpu, tag, gfn))) {
        return exit;
      }
    }
  }

  private long tables(int tag, long root, GuestInstruction instruction) {
    long gfn = instruction.gfn();
    if (gfn >>> geometry.gfnBits() != 0) {
      return notPermitted(instruction, 0);
    }
    long table = root;
    long granted = EptPte.RWX;
    for (int level = geometry.levels();; level--) {
      Word entry = m.pages().words(table).at(geometry.index(gfn, level));
      // Pairs with the kernel's cmpxchg of entries: what an entry for a table points to is initialised.
      long pte = entry.readOnce();
      if (!EptPte.present(pte)) {
        return notPermitted(instruction, 0);
      }
      if (EptPte.misconfigured(pte)) {
        return misconfigured(instruction);
      }
      granted &= pte;
      if (EptPte.leaf(pte, level)) {
        return leaf(tag, instruction, entry, pte, level, granted);
      }
      if (adBits && (pte & EptPte.ACCESSED) == 0) {
        long exit = setFlags(entry, pte, EptPte.ACCESSED, gfn);
        if (exit != DONE) {
          return exit;
        }
      }
      table = EptPte.pfn(pte);
    }
  }

  /** Uses a leaf to which the walk came with {@code granted} of RWX from it and all tables. */
  private long leaf(int tag, GuestInstruction instruction, Word entry, long pte, int level, long granted) {
    Access access = instruction.performed();
    if ((granted & needed(access)) == 0) {
      return notPermitted(instruction, granted);
    }
    long gfn = instruction.gfn();
    long pages = geometry.pages(level);
    long first = gfn & -pages;
    long pfn = EptPte.pfn(pte) & -pages;
    if (rmp.isPresent() && rmp.get().assigned(pfn + (gfn - first)) != instruction.privateAccess()) {
      return VmExit.nestedPageFault(instruction, VmExit.NPF_PRESENT | VmExit.NPF_RMP);
    }
    if (adBits) {
      long flags = access == Access.STORE ? EptPte.ACCESSED | EptPte.DIRTY : EptPte.ACCESSED;
      if ((pte & flags) != flags) {
        long exit = setFlags(entry, pte, flags, gfn);
        if (exit != DONE) {
          return exit;
        }
      }
      if (((pte | flags) & EptPte.DIRTY) == 0) {
        // The first store has to walk again and set the flag.
        granted &= ~EptPte.WRITE;
      }
    }
    boolean filled =
        m.tlb().fill(cpu, tag, level, first, pages, pfn, EptPte.permissions(granted));
    return filled ? DONE : AGAIN;
  }

  /** A locked update of an entry that must not have changed since it was read; logs the page if it gets dirty. */
  private long setFlags(Word entry, long pte, long flags, long gfn) {
    // With the log full not even an accessed flag is set.
    if (pml.isPresent() && pml.get().index() < 0) {
      return VmExit.of(VmExit.PML_FULL);
    }
    if (entry.cmpxchg(pte, pte | flags) != pte) {
      return AGAIN;
    }
    if (pml.isPresent() && (flags & ~pte & EptPte.DIRTY) != 0) {
      pml.get().push(gfn);
    }
    return DONE;
  }

  private long notPermitted(GuestInstruction instruction, long granted) {
    if (rmp.isPresent()) {
      return VmExit.nestedPageFault(instruction, granted != 0 ? VmExit.NPF_PRESENT : 0);
    }
    return VmExit.violation(instruction, granted);
  }

  private long misconfigured(GuestInstruction instruction) {
    // What is misconfigured in EPT's format is a present entry with a reserved bit in that of nested paging.
    return rmp.isPresent()
        ? VmExit.nestedPageFault(instruction, VmExit.NPF_PRESENT | VmExit.NPF_RSVD)
        : VmExit.of(VmExit.EPT_MISCONFIG);
  }

  private static long needed(Access access) {
    return switch (access) {
      case LOAD -> EptPte.READ;
      case STORE -> EptPte.WRITE;
      case FETCH -> EptPte.EXEC;
      case LOAD_TAGS, STORE_TAGS -> throw new IllegalArgumentException("x86 has no tags");
    };
  }
}
