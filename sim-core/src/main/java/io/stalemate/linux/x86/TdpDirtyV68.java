package io.stalemate.linux.x86;

import org.jspecify.annotations.Nullable;

/** Dirty logging and write tracking up to v6.8: pages are write-protected and made clean in invalid roots too. */
public class TdpDirtyV68 extends TdpDirty {

  /** As {@link TdpDirty#TdpDirty}. */
  public TdpDirtyV68(X86Mmu mmu) {
    super(mmu);
  }

  @Override
  protected @Nullable KvmMmuPage nextToProtect(@Nullable KvmMmuPage previous) {
    return mmu.roots.next(previous, false);
  }
}
