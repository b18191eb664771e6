package io.stalemate.linux.x86;

/**
 * Asynchronous page faults before the clean-ups of v6.11: a work does not keep its fault's error code, and the replay
 * is a supervisor's read of whatever kind the gfn has by then.
 */
public class AsyncPageFaultV68 extends AsyncPageFault {

  public AsyncPageFaultV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  protected long storedErrorCode(KvmPageFault fault) {
    return 0;
  }

  @Override
  protected boolean refuses(long errorCode) {
    return false;
  }
}
