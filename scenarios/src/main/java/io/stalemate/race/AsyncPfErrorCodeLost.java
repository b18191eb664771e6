package io.stalemate.race;

import io.stalemate.linux.x86.AsyncPageFault;
import io.stalemate.linux.x86.KvmPageFault;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** The replay of an asynchronous page fault knows nothing of the fault. */
final class AsyncPfErrorCodeLost implements Race {

  @Override
  public Card card() {
    return new Card("async-pf-error-code-lost",
        "an asynchronous page fault is replayed with error code 0",
        Kind.HISTORICAL,
        "the page-fault clean-ups of v6.11 (check for invalid async page faults involving private "
        + "memory): until then the work did not keep the error code, so that a write was "
        + "replayed as a read, and a private fault would have gone unseen",
        List.of("v6.12"),
        List.of("async-pf-vs-attr"),
        "conformance");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(AsyncPageFault.class, mmu -> new AsyncPageFault(mmu) {
      @Override
      protected long storedErrorCode(KvmPageFault fault) {
        // missing: fault.errorCode
        return 0;
      }
    });
  }
}
