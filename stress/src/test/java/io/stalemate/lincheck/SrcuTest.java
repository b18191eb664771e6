package io.stalemate.lincheck;

import static io.stalemate.lincheck.Call.call;

import io.stalemate.jvm.NativeMachine;
import io.stalemate.jvm.RcuCallbacks;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import java.util.List;
import java.util.Optional;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** SRCU: what a reader found in its section stays until the section ends. By itself, and as KVM uses it. */
@Tag("lincheck")
class SrcuTest {

  @Test
  void aReplacedVersionStaysForItsReaders() {
    versions(Versions.class).drawn(6).executions(150).assertCorrect();
  }

  @Test
  void aReplacedVersionStaysForItsReadersUnderStress() {
    ModelChecked.of(Versions.class, Register.class).drawn(2).stressExecutions(10).assertCorrectUnderStress();
  }

  @Test
  void aReaderOutsideASectionIsFound() {
    versions(ReaderOutside.class).assertFinds("loadAcquire", "synchronize");
  }

  @Test
  void anUpdateThatDoesNotWaitIsFound() {
    versions(NoWait.class).assertFinds("readLock", "storeRelease");
  }

  private static ModelChecked versions(Class<? extends Versions> tested) {
    return ModelChecked.of(tested, Register.class).pinned(List.of(call("read")), List.of(call("replace", 1)));
  }

  @Test
  void noReaderOfTheOldMemslotIsLeftWhenASwapReturns() {
    swaps(MemslotReaders.class).executions(80).assertCorrect();
  }

  @Test
  void aSwapOfMemslotsThatDoesNotWaitIsFound() {
    swaps(NoGracePeriod.class).assertFinds("gfnToMemslot", "swapActiveMemslots");
  }

  private static ModelChecked swaps(Class<? extends MemslotReaders> tested) {
    return ModelChecked.of(tested, NobodyLeft.class)
        .pinned(List.of(call("section"), call("section")), List.of(call("swap")));
  }

  /** A register whose value lies in a version that is replaced, and overwritten when no reader is left. */
  public static class Versions {

    static final long FREED = -1;
    private static final int VERSIONS_MAX = 8;

    private final NativeMachine m = new NativeMachine(1);
    final Srcu srcu = m.srcu("srcu");
    private final Word current = m.word("current", 0);
    private final WordArray values = m.words("values", VERSIONS_MAX);
    private final Word last = m.word("last", 0);

    /** Yields the value. */
    @Operation
    public long read() {
      int idx = enter();
      int version = (int) current.loadAcquire();
      long value = values.at(version).readOnce();
      leave(idx);
      return value;
    }

    /** Replaces the value. */
    @Operation(nonParallelGroup = "updates")
    public void replace(@Param(gen = IntGen.class, conf = "1:9") int value) {
      long old = last.read();
      last.write(old + 1);
      values.at((int) old + 1).writeOnce(value);
      // Pairs with the load in read().
      current.storeRelease(old + 1);
      waitForReaders();
      values.at((int) old).writeOnce(FREED);
    }

    /** Begins a section. */
    int enter() {
      return srcu.readLock();
    }

    /** Ends it. */
    void leave(int idx) {
      srcu.readUnlock(idx);
    }

    /** Waits for all sections there are. */
    void waitForReaders() {
      srcu.synchronize();
    }
  }

  /** The reader is in no section. */
  public static class ReaderOutside extends Versions {

    @Override
    int enter() {
      return 0;
    }

    @Override
    void leave(int idx) {}
  }

  /** The update does not wait. */
  public static class NoWait extends Versions {

    @Override
    void waitForReaders() {}
  }

  /** Specification: a register. */
  public static class Register {

    private long value;

    /** Yields the value. */
    public long read() {
      return value;
    }

    /** Replaces it. */
    public void replace(int by) {
      value = by;
    }
  }

  /** {@code kvm->srcu} and the memslots it guards: readers count themselves with the slot that they found. */
  public static class MemslotReaders {

    private static final Vms VM = Vms.onePage();
    private static final int SERIALS_MAX = 8;

    private final NativeMachine m = new NativeMachine(1, RcuCallbacks.AT_BARRIER);
    private final Kvm kvm;
    // By serial number of the memslot, which each change gives anew.
    private final WordArray readers = m.words("readers", SERIALS_MAX);

    /** A VM with one memslot. */
    public MemslotReaders() {
      this(Optional.empty());
    }

    /** The same with {@code race} in its text. */
    MemslotReaders(Optional<String> race) {
      this.kvm = VM.setup(race).boot(m).kvm();
    }

    /** Uses the memslot in a section. */
    @Operation
    public void section() {
      int idx = kvm.srcu.readLock();
      int slot = serial();
      readers.at(slot).fetchAdd(1);
      readers.at(slot).fetchAdd(-1);
      kvm.srcu.readUnlock(idx);
    }

    private int serial() {
      return (int) kvm.memslots.gfnToMemslot(0).orElseThrow().serial();
    }

    /** Has the memslot logged; yields how many readers the memslot has then that was there before. */
    @Operation
    public long swap() {
      int idx = kvm.srcu.readLock();
      int slot = serial();
      kvm.srcu.readUnlock(idx);
      kvm.memoryRegions.setMemoryRegion(0, 0, 1, 1, KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES);
      return readers.at(slot).readOnce();
    }
  }

  /** The swap does not wait. */
  public static class NoGracePeriod extends MemslotReaders {

    /** A VM with the race. */
    public NoGracePeriod() {
      super(Optional.of("no-grace-period"));
    }
  }

  /** Specification: nobody is left. */
  public static class NobodyLeft {

    /** Does nothing. */
    public void section() {}

    /** Yields 0. */
    public long swap() {
      return 0;
    }
  }
}
