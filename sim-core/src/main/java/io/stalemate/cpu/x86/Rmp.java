package io.stalemate.cpu.x86;

import io.stalemate.machine.Machine;
import io.stalemate.machine.ObjectTable;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;

/**
 * The reverse map table of SEV-SNP, one for the machine: whose each frame is. Hardware looks a frame up when a guest's
 * walk has found it (AMD APM, volume 2, "Secure Nested Paging").
 *
 * <p>elided: all of an entry but whether it is assigned, so the ASID, the gpa, page sizes and the PSMASH of 2M entries,
 * permission levels, and with PVALIDATE the Validated flag; and the check of the host's own writes.
 */
public final class Rmp {

  private final Machine m;
  // An entry by pfn, made when its frame first comes up. Only which words there are is kept here, no state.
  private final ObjectTable<Word> entries = new ObjectTable<>();

  /** A table that assigns no frame. */
  public Rmp(Machine m) {
    this.m = m;
  }

  /** Whether frame {@code pfn} is a guest's; without a lock. */
  public boolean assigned(long pfn) {
    return entry(pfn).readOnce() != 0;
  }

  /**
   * {@code RMPUPDATE}: frame {@code pfn} is the guest's from now on, or the host's again. Whoever takes a frame from
   * the guest has flushed the TLBs that may translate to it: what is cached was checked when it was filled.
   */
  public void update(long pfn, boolean assigned) {
    entry(pfn).xchg(assigned ? 1 : 0);
    m.trace(Tracepoint.RMPUPDATE, pfn, assigned ? 1 : 0);
  }

  private Word entry(long pfn) {
    Word entry = entries.find((int) pfn);
    return entry != null ? entry : entries.putIfAbsent((int) pfn, m.word("rmp", pfn, 0));
  }
}
