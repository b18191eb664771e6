package io.stalemate.race;

import io.stalemate.linux.x86.ApicAccessPage;
import io.stalemate.linux.x86.X86Text;
import java.util.List;

/** A vCPU looks its APIC access page up while the host is still taking it away, and is not asked again. */
final class ApicPageReloadEarly implements Race {

  @Override
  public Card card() {
    return new Card("apic-page-reload-early",
        "a vCPU reloads its APIC access page inside an invalidation and keeps the old frame",
        Kind.HISTORICAL,
        "up to v5.7, fixed by e649b3f0188f (v5.8); since v6.4 the reload itself retries, which is removed here",
        List.of("v6.12", "v6.8"),
        List.of("apic-page-vs-migration"),
        "conformance");
  }

  @Override
  public X86Text patch(X86Text text) {
    return text.with(ApicAccessPage.class, mmu -> new ApicAccessPage(mmu) {
      @Override
      protected boolean mayBeStale(long mmuSeq, long gfn) {
        // missing: mmu_invalidate_retry_gfn()
        return false;
      }
    });
  }
}
