package io.stalemate.linux.arm64;

import static io.stalemate.linux.Errno.ENOENT;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import java.util.Optional;

/**
 * The ioctl as version 9 of its series had it (March 2021), for known races: no lock around the memslots, tags read
 * whoever's they are, PG_mte_tagged never set, {@code -ENOENT} for a missing page, and 0 for a complete copy, so that
 * of a partial one nothing is known. None of it was merged.
 */
public class MteCopyTagsV9 extends MteCopyTagsV515 {

  /** The ioctl of {@code kvm}. */
  public MteCopyTagsV9(Kvm kvm) {
    super(kvm);
  }

  @Override
  protected void lockSlots() {
    // missing: mutex_lock(&kvm->slots_lock)
  }

  @Override
  protected void unlockSlots() {}

  /** The lookup that asks for srcu, which nobody here holds, as lockdep says. */
  @Override
  protected Optional<KvmMemorySlot> gfnToMemslot(long gfn) {
    return kvm.memslots.gfnToMemslot(gfn);
  }

  @Override
  protected boolean readPage(UserTags user, long gfn, long pfn, int at) {
    // missing: test_bit(PG_mte_tagged)
    return mteCopyTagsToUser(user, gfn, pfn, at) == TAGS_PER_PAGE;
  }

  @Override
  protected void markTagged(long pfn) {
    // missing: set_bit(PG_mte_tagged)
  }

  @Override
  protected int noPage() {
    return -ENOENT;
  }

  @Override
  protected long stopped(long copied, int ret) {
    return ret;
  }

  @Override
  protected long finished(long length) {
    return 0;
  }
}
