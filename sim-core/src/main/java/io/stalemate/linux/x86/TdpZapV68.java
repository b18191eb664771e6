package io.stalemate.linux.x86;

import org.jspecify.annotations.Nullable;

/** Zapping up to v6.8: invalid roots are treated like others, and the tables below a root go in one piece. */
public class TdpZapV68 extends TdpZap {

  public TdpZapV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  protected boolean needsFlush(KvmMmuPage root) {
    return true;
  }

  @Override
  protected @Nullable KvmMmuPage nextToZap(@Nullable KvmMmuPage previous) {
    return mmu.roots.next(previous, false);
  }

  @Override
  protected int[] zapLevels() {
    int top = mmu.geometry.levels();
    return new int[] {top - 1, top};
  }
}
