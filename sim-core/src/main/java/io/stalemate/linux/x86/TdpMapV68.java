package io.stalemate.linux.x86;

/** Maps the page of a fault in v6.8, which has no RET_PF_WRITE_PROTECTED. */
public class TdpMapV68 extends TdpMap {

  public TdpMapV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  protected int writeProtected() {
    return RetPf.EMULATE;
  }
}
