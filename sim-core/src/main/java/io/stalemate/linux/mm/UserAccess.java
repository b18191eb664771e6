package io.stalemate.linux.mm;

import io.stalemate.linux.Errno;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Word;
import java.util.OptionalLong;

/**
 * The kernel's accesses to the memory of a process, through the host's own tables, for whoever runs in that process.
 * Follows {@code lib/usercopy.c}. Data is one token a page.
 */
public class UserAccess {

  protected final MmStruct mm;
  protected final MemoryFault fault;

  /** Accesses to the memory of {@code mm}. */
  public UserAccess(MmStruct mm) {
    this.mm = mm;
    this.fault = new MemoryFault(mm);
  }

  /** Yields the token at hva page {@code hva}, or nothing for -EFAULT. Sleeps; takes mmap_lock if it faults. */
  @KernelFunction(value = "__copy_from_user", file = "include/linux/uaccess.h", version = "v6.8-v6.12")
  public OptionalLong copyFromUser(long hva) {
    while (true) {
      mm.m.mightSleep();
      mm.ptl.lock();
      OptionalLong token = OptionalLong.empty();
      long pte = pte(hva);
      if (Pte.isPresent(pte)) {
        token = OptionalLong.of(data(pte).readOnce());
      }
      mm.ptl.unlock();
      if (token.isPresent() || fault.doPageFault(hva, false) != 0) {
        return token;
      }
    }
  }

  /** Stores {@code token} at hva page {@code hva}. Yields 0 or -EFAULT. Sleeps; takes mmap_lock if it faults. */
  @KernelFunction(value = "__copy_to_user", file = "include/linux/uaccess.h", version = "v6.8-v6.12")
  public int copyToUser(long hva, long token) {
    while (true) {
      mm.m.mightSleep();
      mm.ptl.lock();
      long pte = pte(hva);
      boolean done = Pte.isWritable(pte);
      if (done) {
        data(pte).writeOnce(token);
      }
      mm.ptl.unlock();
      if (done) {
        return 0;
      }
      if (fault.doPageFault(hva, true) != 0) {
        return -Errno.EFAULT;
      }
    }
  }

  // model: the CPU's own translation. A CPU that unmaps a page waits, with its TLB shootdown, for accesses through the
  // old entry; here the access is made under the lock that guards the entry.
  private long pte(long hva) {
    return mm.inRange(hva, 1) ? mm.pte(hva).readOnce() : Pte.NONE;
  }

  private Word data(long pte) {
    return mm.m.pages().words(Pte.pfn(pte)).at(0);
  }
}
