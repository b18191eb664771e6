package io.stalemate.linux.kvm;

import io.stalemate.machine.Completion;
import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.RwSemaphore;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/**
 * {@code struct kvm_gmem}, with the file and the inode it belongs to: {@code npages} pages of memory that only guests
 * reach. model: one file for an inode, as one VM alone can use it.
 */
public final class KvmGmem {

  /** Number of the file among the VM's, from 0; the model's file descriptor. */
  public final int id;

  /** {@code i_size} in pages. */
  public final long npages;

  /** {@code filemap_invalidate_lock()}: bindings change under it, and pages go; faults do not take it. */
  final RwSemaphore filemapInvalidateLock;

  /** {@code inode->i_mapping->i_pages}: the frame of each page, 0 for a hole. Changed under the page's lock. */
  final WordArray pages;

  /** {@code gmem->bindings}: serial of the memslot that each page is bound to, 0 for none; read without a lock. */
  final WordArray bindings;

  // Whether the file descriptor is still in the VMM's table.
  private final Word fd;
  private final Word count;
  private final Completion lastFput;

  /** A file of {@code npages} holes; {@code id} must be new in its VM. Set-up only. */
  KvmGmem(Machine m, int id, long npages) {
    this.id = id;
    this.npages = npages;
    this.filemapInvalidateLock = m.rwSemaphore("filemap_invalidate_lock");
    this.pages = m.words(row("gmem->i_pages", id), (int) npages);
    this.bindings = m.words(row("gmem->bindings", id), (int) npages);
    this.fd = m.word("gmem_fd", id, 1);
    this.count = m.word("gmem_file->f_count", id, 1);
    this.lastFput = m.completion("gmem_file->f_last");
  }

  /** The first file's rows bear the plain name. */
  private static String row(String name, int id) {
    return id == 0 ? name : name + "(" + id + ")";
  }

  /** {@code fdget()}: yields whether the descriptor is open, and if so takes a reference for the system call. */
  boolean fdget() {
    return fd.readOnce() != 0 && getFile();
  }

  /** {@code get_file_rcu()}: yields whether the caller got a reference; false once the last one is gone. */
  @KernelFunction(value = "get_file_rcu", file = "include/linux/fs.h", version = "v6.8-v6.12")
  boolean getFile() {
    long seen = count.readOnce();
    while (seen > 0) {
      long before = count.cmpxchg(seen, seen + 1);
      if (before == seen) {
        return true;
      }
      seen = before;
    }
    return false;
  }

  /**
   * Drops a reference. model: the kernel hands the release to whoever drops the last one, on its way to user space;
   * here it is always the task in close(), which waits for that.
   */
  @KernelFunction(value = "fput", file = "fs/file_table.c", version = "v6.8-v6.12", elided = "task work")
  void fput() {
    if (count.fetchAdd(-1) == 1) {
      lastFput.complete();
    }
  }

  /** Takes the descriptor out of the table; yields whether it was in there. */
  boolean closeFd() {
    return fd.cmpxchg(1, 0) == 1;
  }

  /** Drops the descriptor's reference and sleeps until nobody has one. */
  void lastFput() {
    if (count.fetchAdd(-1) != 1) {
      lastFput.waitFor();
    }
  }
}
