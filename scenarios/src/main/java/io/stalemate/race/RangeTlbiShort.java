package io.stalemate.race;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmTlb;
import java.util.List;

/**
 * The largest range that an operand can name is encoded as none. The CPUs here have operands of one scale and one bit
 * of NUM, so that their largest range is four pages; those of the kernel's name 2^21.
 */
final class RangeTlbiShort implements Race {

  @Override
  public Card card() {
    return new Card("range-tlbi-short",
        "a range TLBI of the largest size invalidates nothing of the range",
        Kind.HISTORICAL,
        "fixed by e3ba51ab24fd (v6.9, \"arm64: tlb: Fix TLBI RANGE operand\"): NUM is masked to its bits before 1 is "
        + "taken off, so that the largest number becomes -1 in every scale",
        List.of("v6.12"),
        List.of("range-tlbi-vs-access"),
        "stale-translation");
  }

  @Override
  public Arm64Text patch(Arm64Text text) {
    return text.withTlb((m, cpu) -> new KvmTlb(m, cpu.tlbRange()) {
      @Override
      protected int rangeScaleMax() {
        return 0;
      }

      @Override
      protected int rangeNum(long pages, int scale) {
        // missing: no more than the largest range, before the bits are taken
        return (int) (pages >>> 1 & 1) - 1;
      }
    });
  }
}
