package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.x86.EptGeometry;
import io.stalemate.linux.kvm.Era;
import io.stalemate.sequential.SequentialMachine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which entries a walk comes to, and where it goes on after an interruption. Entries are "gfn@level". */
final class TdpIterTest {

  private final TdpBench bench =
      new TdpBench(new SequentialMachine(1), Era.V6_12, new EptGeometry(3, 1), X86Vm.DEFAULT, 1);
  private KvmMmuPage root;

  @BeforeEach
  void mapGfns2And3AndAHugePageAt4() {
    X86Vcpu vcpu = bench.vcpus.getFirst();
    bench.reload(vcpu);
    root = bench.mmu.toShadowPage(vcpu.root.read());
    bench.map(vcpu, 2, 1, TdpBench.PFN + 2, 0, false, true);
    bench.map(vcpu, 3, 1, TdpBench.PFN + 3, 0, false, true);
    bench.map(vcpu, 4, 2, TdpBench.PFN + 4, 0, false, true);
  }

  private TdpIter iter(int minLevel, long start, long end) {
    return bench.mmu.tdpMmu.iter(root, minLevel, start, end);
  }

  private static String at(TdpIter iter) {
    return iter.gfn + "@" + iter.level;
  }

  private List<String> rest(TdpIter iter) {
    List<String> seen = new ArrayList<>();
    for (; iter.valid; iter.next()) {
      seen.add(at(iter));
    }
    return seen;
  }

  @Test
  void everyEntryComesBeforeThoseOfTheTableItPointsTo() {
    assertThat(rest(iter(1, 0, 8))).containsExactly("0@3", "0@2", "2@2", "2@1", "3@1", "4@3", "4@2", "6@2");
  }

  @Test
  void aWalkStaysAboveItsLowestLevel() {
    assertThat(rest(iter(2, 0, 8))).containsExactly("0@3", "0@2", "2@2", "4@3", "4@2", "6@2");
    assertThat(rest(iter(3, 0, 8))).containsExactly("0@3", "4@3");
  }

  @Test
  void aWalkGoesStraightToItsStartAndEndsBeforeItsEnd() {
    assertThat(rest(iter(1, 3, 5))).containsExactly("0@3", "2@2", "3@1", "4@3", "4@2");
    assertThat(rest(iter(1, 2, 3))).containsExactly("0@3", "2@2", "2@1");
  }

  @Test
  void anInterruptedWalkStartsAgainFromTheRootTowardsThePageThatComesNext() {
    TdpIter iter = iter(1, 0, 8);
    while (!at(iter).equals("3@1")) {
      iter.next();
    }
    iter.yielded = true;
    iter.next();
    assertThat(at(iter)).isEqualTo("0@3");
    assertThat(iter.yielded).isFalse();
    assertThat(iter.yieldedGfn).isEqualTo(3);
    iter.next();
    assertThat(rest(iter)).containsExactly("2@2", "3@1", "4@3", "4@2", "6@2");
  }

  @Test
  void aTableThatWentWhileTheWalkWasInterruptedIsNotEntered() {
    TdpIter iter = iter(1, 2, 4);
    iter.next();
    iter.next();
    assertThat(at(iter)).isEqualTo("2@1");
    bench.map(bench.vcpus.getFirst(), 2, 2, TdpBench.PFN + 2, 0, false, true);
    iter.yielded = true;
    iter.next();
    assertThat(rest(iter)).containsExactly("0@3", "2@2");
  }

  @Test
  void progressIsToHaveLeftTheLastPageWhereItWasInterrupted() {
    TdpIter iter = iter(1, 2, 4);
    assertThat(bench.mmu.tdpMmu.madeProgress(iter)).isFalse();
    iter.next();
    iter.next();
    assertThat(bench.mmu.tdpMmu.madeProgress(iter)).as("at the first page").isFalse();
    iter.next();
    assertThat(bench.mmu.tdpMmu.madeProgress(iter)).as("at the second").isTrue();
    iter.yielded = true;
    iter.next();
    assertThat(bench.mmu.tdpMmu.madeProgress(iter)).as("back at the root").isFalse();
  }
}
