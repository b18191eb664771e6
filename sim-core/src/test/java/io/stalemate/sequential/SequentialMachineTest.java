package io.stalemate.sequential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.machine.Access;
import io.stalemate.machine.Gfp;
import io.stalemate.machine.PageUse;
import io.stalemate.machine.Pages;
import io.stalemate.machine.TaskState;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class SequentialMachineTest {

  private static final int VMID = 1;

  private final SequentialMachine machine = new SequentialMachine(2);

  private static void refused(ThrowingCallable what, String why) {
    assertThatThrownBy(what).isInstanceOf(IllegalStateException.class).hasMessageContaining(why);
  }

  @Test
  void readModifyWriteYieldsWhatTheWordHeld() {
    Word word = machine.word("w", 5);
    assertThat(word.cmpxchg(4, 9)).isEqualTo(5);
    assertThat(word.cmpxchg(5, 6)).isEqualTo(5);
    assertThat(word.fetchAdd(-2)).isEqualTo(6);
    assertThat(word.fetchOr(3)).isEqualTo(4);
    assertThat(word.fetchAnd(6)).isEqualTo(7);
    assertThat(word.xchg(1)).isEqualTo(6);
    assertThat(word.read()).isEqualTo(1);
  }

  @Test
  void wordsOfARowAreTheSameObjectsEachTime() {
    WordArray row = machine.words("row", 3);
    row.at(2).write(7);
    assertThat(row.at(2)).isSameAs(row.at(2));
    assertThat(row.at(2).readOnce()).isEqualTo(7);
    assertThat(row.at(1).readOnce()).isZero();
  }

  @Test
  void locksTakenTwiceOrLetGoOfTwiceAreRefused() {
    var spin = machine.spinlock("spin");
    spin.lock();
    assertThat(spin.trylock()).isFalse();
    refused(spin::lock, "spin (held for writing), taken again, would wait for ever");
    spin.unlock();
    refused(spin::unlock, "spin (0 readers) is not held for writing");
    var rw = machine.rwlock("rw");
    rw.readLock();
    rw.readLock();
    rw.assertHeldRead();
    refused(rw::writeLock, "rw (2 readers), taken again");
    refused(rw::assertHeldWrite, "not held for writing");
    var mutex = machine.mutex("mutex");
    refused(mutex::lock, "mutex mutex may sleep, 2 atomic sections deep");
    assertThat(mutex.trylock()).isTrue();
    assertThat(mutex.trylock()).isFalse();
    var sem = machine.rwSemaphore("sem");
    rw.readUnlock();
    rw.readUnlock();
    sem.downWrite();
    assertThat(sem.downReadTrylock()).isFalse();
    refused(sem::downRead, "sem (held for writing), taken again");
  }

  @Test
  void sleepingInAtomicContextIsRefused() {
    machine.preemptDisable();
    refused(machine::mightSleep, "might_sleep()");
    refused(() -> machine.pages().alloc(PageUse.KERNEL, 1, Gfp.KERNEL), "GFP_KERNEL");
    machine.preemptEnable();
    machine.mightSleep();
    refused(machine::preemptEnable, "outside an atomic section");
  }

  @Test
  void waitingForNobodyIsRefused() {
    machine.setCurrentState(TaskState.INTERRUPTIBLE);
    refused(machine::schedule, "schedule() in state INTERRUPTIBLE would wait for ever");
    machine.waitQueue("wq").wakeUp();
    machine.schedule();
    var done = machine.completion("done");
    refused(done::waitFor, "wait_for_completion(done)");
    done.complete();
    done.waitFor();
    machine.ipi().irqsOff(1);
    refused(() -> machine.ipi().sendAndWait(1), "cpu 1");
  }

  @Test
  void gracePeriodsEndUnlessTheCallerReads() {
    var srcu = machine.srcu("srcu");
    int index = srcu.readLock();
    srcu.assertReadHeld();
    refused(srcu::synchronize, "synchronize_srcu(srcu) inside a section");
    srcu.readUnlock(index);
    srcu.synchronize();
    refused(() -> srcu.readUnlock(index), "section 0 ends while 0 are open");
    List<String> said = new ArrayList<>();
    machine.rcu().readLock();
    machine.rcu().call(() -> said.add("callback"));
    said.add("inside");
    machine.rcu().readUnlock();
    machine.rcu().call(() -> refused(machine::mightSleep, "1 atomic sections deep"));
    assertThat(said).containsExactly("inside", "callback");
  }

  @Test
  void framesAreZeroedHandedOutLastInFirstOutAndFreedOnce() {
    SequentialPages pages = machine.pages();
    long pfn = pages.alloc(PageUse.TABLE, 4, Gfp.KERNEL);
    pages.words(pfn).at(3).write(8);
    pages.free(pfn);
    assertThat(pages.isAllocated(pfn)).isFalse();
    refused(() -> pages.free(pfn), "freed twice");
    assertThat(pages.alloc(PageUse.USER, 1, Gfp.ATOMIC)).isNotEqualTo(pfn);
    assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC)).isEqualTo(pfn);
    assertThat(pages.words(pfn).at(3).read()).isZero();
    assertThat(pages.allocated(PageUse.TABLE)).isEqualTo(1);
    pages.failAfter(1);
    assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC)).isNotEqualTo(Pages.NO_PAGE);
    assertThat(pages.alloc(PageUse.TABLE, 4, Gfp.ATOMIC)).isEqualTo(Pages.NO_PAGE);
  }

  private boolean cached(int cpu, long gfn) {
    return machine.tlb().access(cpu, VMID, gfn, Access.LOAD, 0) == Tlb.HIT;
  }

  private void fill(int cpu, long gfn, int level, long base, long count) {
    machine.tlb().walkBegin(cpu, VMID, gfn);
    assertThat(machine.tlb().fill(cpu, VMID, level, base, count, 0x4000, Tlb.READ)).isTrue();
  }

  @Test
  void theTlbTranslatesToFramesAndDeniesWhatTheLeafDoes() {
    long pfn = machine.pages().alloc(PageUse.USER, 1, Gfp.KERNEL);
    Tlb tlb = machine.tlb();
    assertThat(tlb.access(0, VMID, 7, Access.LOAD, 0)).isEqualTo(Tlb.MISS);
    tlb.walkBegin(0, VMID, 7);
    tlb.fill(0, VMID, 3, 7, 1, pfn, Tlb.READ);
    machine.pages().words(pfn).at(0).write(42);
    assertThat(tlb.access(0, VMID, 7, Access.LOAD, 0)).isEqualTo(Tlb.HIT);
    assertThat(tlb.loaded()).isEqualTo(42);
    assertThat(tlb.access(0, VMID, 7, Access.STORE, 1)).isEqualTo(Tlb.DENIED);
    assertThat(tlb.deniedLevel()).isEqualTo(3);
    assertThat(tlb.access(0, VMID + 1, 7, Access.LOAD, 0)).isEqualTo(Tlb.MISS);
    assertThat(tlb.access(1, VMID, 7, Access.LOAD, 0)).isEqualTo(Tlb.MISS);
  }

  @Test
  void inveptDropsOneRootOrEveryRootOfItsCpu() {
    Tlb tlb = machine.tlb();
    fill(0, 5, 1, 5, 1);
    fill(0, 1030, 2, 1024, 512);
    fill(1, 5, 1, 5, 1);
    tlb.invept(0, VMID + 1);
    assertThat(cached(0, 5)).isTrue();
    tlb.invept(0, VMID);
    assertThat(cached(0, 5)).isFalse();
    assertThat(cached(0, 1030)).isFalse();
    assertThat(cached(1, 5)).isTrue();
    tlb.invept(1, Tlb.EVERY_ROOT);
    assertThat(cached(1, 5)).isFalse();
  }

  @Test
  void aWalkThatFaultsDropsWhatWasCached() {
    fill(0, 5, 1, 5, 1);
    fill(0, 6, 1, 6, 1);
    machine.tlb().walkBegin(0, VMID, 5);
    assertThat(machine.tlb().walkFault(0, VMID, 5)).isTrue();
    assertThat(cached(0, 5)).isFalse();
    assertThat(cached(0, 6)).isTrue();
  }

  @Test
  void invalidationsDropWhatTheyNameAndNothingElse() {
    Tlb tlb = machine.tlb();
    fill(0, 5, 3, 5, 1);
    fill(0, 1030, 2, 1024, 512);
    fill(1, 5, 3, 5, 1);
    tlb.tlbiIpa(VMID, 5 << 12, 2);
    assertThat(cached(0, 5)).as("the hint names another level").isTrue();
    tlb.tlbiIpaLocal(0, VMID, 5 << 12, 3);
    assertThat(cached(0, 5)).isFalse();
    assertThat(cached(1, 5)).isTrue();
    tlb.tlbiIpa(VMID, 1500L << 12, 2);
    assertThat(cached(0, 1030)).as("any address of the block will do").isFalse();
    tlb.tlbiRange(VMID + 1, 0, 16);
    assertThat(cached(1, 5)).isTrue();
    tlb.tlbiRange(VMID, 4 << 12, 2);
    assertThat(cached(1, 5)).isFalse();
    fill(1, 9, 3, 9, 1);
    tlb.tlbiVmid(VMID);
    assertThat(cached(1, 9)).isFalse();
  }

  @Test
  void warningsAreKept() {
    assertThat(machine.warnOn(false, "no")).isFalse();
    assertThat(machine.warnOn(true, "yes")).isTrue();
    assertThat(machine.warnings()).containsExactly("yes");
  }
}
