package io.stalemate.linux.x86;

/** The fast path of v6.8: it does not look at what kind of memory the guest wants. */
public class FastPageFaultV68 extends FastPageFault {

  /** As {@link FastPageFault#FastPageFault}. */
  public FastPageFaultV68(X86Mmu mmu) {
    super(mmu);
  }

  /** Never: no VM of v6.8 can want what its attributes do not say. */
  @Override
  protected boolean isOfOtherKind(KvmPageFault fault) {
    return false;
  }
}
