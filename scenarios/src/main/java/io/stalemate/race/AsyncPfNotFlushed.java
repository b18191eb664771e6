package io.stalemate.race;

import io.stalemate.linux.x86.AsyncPageFault;
import io.stalemate.linux.x86.AsyncPageFaultV68;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A vCPU goes without waiting for the worker that finishes one of its asynchronous page faults. */
final class AsyncPfNotFlushed implements Race {

  @Override
  public Card card() {
    return new Card("async-pf-not-flushed",
        "the worker of an asynchronous page fault outlives its vCPU",
        Kind.HISTORICAL,
        "3d75b8aa5c29 (v6.9): a work that was taken off the completion queue was freed without "
        + "waiting for its function to return, which still wakes the vCPU up",
        List.of("v6.12", "v6.8"),
        List.of("async-pf-vs-vcpu-end"),
        "accounting");
  }

  @Override
  public X86Text patch(X86Text text) {
    return switch (text.era()) {
      case V6_8 -> text.with(AsyncPageFault.class, mmu -> new AsyncPageFaultV68(mmu) {
        @Override
        protected void flush(long work) {
          // missing: flush_work()
        }
      });
      case V5_15, V6_2, V6_12 -> text.with(AsyncPageFault.class, mmu -> new AsyncPageFault(mmu) {
        @Override
        protected void flush(long work) {
          // missing: flush_work()
        }
      });
    };
  }
}
