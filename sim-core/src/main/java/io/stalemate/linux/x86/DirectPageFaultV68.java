package io.stalemate.linux.x86;

/** The fault path of v6.8, which has no code of its own for a write to a write-tracked gfn: it is emulated. */
public class DirectPageFaultV68 extends DirectPageFault {

  /** The fault path of the VM whose MMU is {@code mmu}. */
  public DirectPageFaultV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  protected int writeProtected() {
    return RetPf.EMULATE;
  }
}
