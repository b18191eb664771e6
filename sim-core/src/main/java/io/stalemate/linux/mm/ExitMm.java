package io.stalemate.linux.mm;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Word;

/**
 * The end of an address space: each thread of the VMM lets go of it when it exits, the last one takes it apart. The
 * VM's file descriptors may live on in another process. Kernel threads (reclaim, migration) find pages by rmap and hold
 * nothing, so they may come upon it at any moment. Follows {@code kernel/exit.c} and {@code kernel/fork.c}.
 */
public class ExitMm {
  protected final MmStruct mm;
  private final Mmap mmap;
  /** {@code mm->mm_users}: threads that have not exited. */
  private final Word mmUsers;

  /** The address space {@code mm} with {@code users} threads. Set-up only. */
  public ExitMm(MmStruct mm, int users) {
    this.mm = mm;
    this.mmap = new Mmap(mm);
    this.mmUsers = mm.m.word("mm->mm_users", users);
  }

  /** One thread exits and never comes back. Sleeps if it is the last one. */
  @KernelFunction(value = "exit_mm", file = "kernel/exit.c", version = "v5.15-v6.12",
      elided = "mm_count, lazy TLB, core dumps")
  public void exitMm() {
    mmput();
  }

  @KernelFunction(value = "mmput", file = "kernel/fork.c", version = "v5.15-v6.12", elided = "khugepaged, KSM, uprobes")
  private void mmput() {
    long users = mmUsers.fetchAdd(-1) - 1;
    mm.m.warnOn(users < 0, "mmput: nobody uses the mm any more");
    if (users == 0) {
      mmap.exitMmap();
    }
  }
}
