package io.stalemate.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.stalemate.machine.Completion;
import io.stalemate.machine.Ipi;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.WaitQueue;
import io.stalemate.machine.Word;
import io.stalemate.sim.WorldFault;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract can fail: each claim here is broken by a defect planted in a binding that keeps it otherwise. */
class ContractRejectsTest {

  private static final WordsContractTest WORDS = new WordsContractTest();
  private static final LocksContractTest LOCKS = new LocksContractTest();
  private static final ReadersAndWritersContractTest READERS_AND_WRITERS = new ReadersAndWritersContractTest();
  private static final MisuseContractTest MISUSE = new MisuseContractTest();
  private static final WaitsContractTest WAITS = new WaitsContractTest();
  private static final GracePeriodsContractTest GRACE_PERIODS = new GracePeriodsContractTest();
  private static final PagesContractTest PAGES = new PagesContractTest();
  private static final TlbContractTest TLB = new TlbContractTest();
  private static final InterruptsContractTest INTERRUPTS = new InterruptsContractTest();
  private static final MachineContractTest MACHINE = new MachineContractTest();

  /** A binding that does not keep a claim. */
  private record Defective(String name, Binding binding, Consumer<Binding> claim) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Defective without(String primitive, String method, Consumer<Binding> claim) {
    return new Defective("no " + primitive + "." + method, Broken.without(primitive, method), claim);
  }

  private static Defective broken(
      String name, String primitive, String method, Broken.Defect defect, Consumer<Binding> claim) {
    return new Defective(name, Broken.binding(primitive, method, defect), claim);
  }

  static Stream<Defective> words() {
    return Stream.of(
        broken("an addition in two steps", "word", "fetchAdd", (target, right, arguments) -> {
          Word word = (Word) target;
          long old = word.readOnce();
          word.writeOnce(old + (Long) arguments[0]);
          return old;
        }, WORDS::additionsAreNotLost),
        broken("an exchange in two steps", "word", "xchg", (target, right, arguments) -> {
          Word word = (Word) target;
          long old = word.readOnce();
          word.writeOnce((Long) arguments[0]);
          return old;
        }, WORDS::whatIsExchangedGoesToOneTask),
        broken("cmpxchg that does not compare", "word", "cmpxchg", (target, right, arguments) -> {
          ((Word) target).writeOnce((Long) arguments[1]);
          return arguments[0];
        }, WORDS::onlyOneOfManyExchangesTheSameValue),
        broken("bits set in two steps", "word", "fetchOr", (target, right, arguments) -> {
          Word word = (Word) target;
          long old = word.readOnce();
          word.writeOnce(old | (Long) arguments[0]);
          return old;
        }, WORDS::bitsOfOthersAreLeftAlone),
        new Defective("no smp_wmb", LateStores.binding(false), WORDS::barriersOfStoresAndLoadsPair),
        new Defective("no smp_mb", LateStores.binding(false), WORDS::afterAFullBarrierOneOfTwoSeesTheOther),
        new Defective("a release that is none", LateStores.binding(false), WORDS::aReleaseHandsOverWhatCameBefore),
        new Defective(
            "xchg_relaxed", LateStores.binding(false), WORDS::afterAReadModifyWriteOneOfTwoSeesTheOther),
        broken("bits that stay", "word", "fetchAnd", (target, right, arguments) -> ((Word) target).readOnce(),
            WORDS::wordsDoWhatTheirNamesSay));
  }

  static Stream<Defective> locks() {
    return Stream.of(
        without("spinlock", "lock", LOCKS::aSpinlockExcludes),
        without("mutex", "lock", LOCKS::aMutexExcludes),
        without("rwlock", "writeLock", LOCKS::theWriterOfAnRwlockExcludes),
        without("rwSemaphore", "downWrite", LOCKS::theWriterOfASemaphoreExcludes),
        without("rwlock", "readLock", READERS_AND_WRITERS::readersOfAnRwlockSeeNoHalfOfAWriter),
        without("rwSemaphore", "downRead", READERS_AND_WRITERS::readersOfASemaphoreSeeNoHalfOfAWriter),
        broken("readers that exclude each other", "rwlock", "readLock", (target, right, arguments) -> {
          ((Rwlock) target).writeLock();
          return null;
        }, READERS_AND_WRITERS::readersAreInsideTogether),
        without("rwlock", "needbreak", READERS_AND_WRITERS::aWriterIsToldOfReadersThatWait),
        without("rwlock", "readLock", READERS_AND_WRITERS::aWriterThatWaitsForAnRwlockKeepsNewReadersOut),
        without("rwSemaphore", "downRead", READERS_AND_WRITERS::aWriterThatWaitsForASemaphoreKeepsNewReadersOut),
        broken("trylock that always succeeds", "spinlock", "trylock", (target, right, arguments) -> true,
            LOCKS::tryingFailsWhileSomebodyHolds),
        broken("trylock that always succeeds", "mutex", "trylock", (target, right, arguments) -> true,
            LOCKS::aMutexThatWasTriedForExcludes),
        broken("trylock that always succeeds", "spinlock", "trylock", (target, right, arguments) -> true,
            LOCKS::aSpinlockThatWasTriedForExcludes),
        without("spinlock", "assertHeld", MISUSE::misuseIsReported),
        without("rwlock", "assertHeldWrite", MISUSE::misuseIsReported),
        without("srcu", "readUnlock", MISUSE::whoHoldsALockMaySayIt));
  }

  static Stream<Defective> waits() {
    return Stream.of(
        without("rcuWait", "wakeUp", WAITS::stateBeforeTestLosesNoWakeUp),
        without("rcuWait", "wakeUp", WAITS::aWakeUpSaysWhetherSomebodySlept),
        broken("wake-ups that always woke", "rcuWait", "wakeUp", (target, right, arguments) -> true,
            WAITS::nobodyIsWokenWhereNobodyWaits),
        broken("wake_up_all of one", "waitQueue", "wakeUpAll", (target, right, arguments) -> {
          ((WaitQueue) target).wakeUp();
          return null;
        }, WAITS::wakeUpAllReachesEveryWaiter),
        broken("wake_up of all", "waitQueue", "wakeUp", (target, right, arguments) -> {
          ((WaitQueue) target).wakeUpAll();
          return null;
        }, WAITS::wakeUpReachesWhoWaitedFirst),
        without("completion", "waitFor", WAITS::aCompletionServesOneWaitEach),
        broken("complete_all of one", "completion", "completeAll", (target, right, arguments) -> {
          ((Completion) target).complete();
          return null;
        }, WAITS::completeAllServesEveryWait));
  }

  static Stream<Defective> gracePeriods() {
    return Stream.of(
        without("srcu", "synchronize", GRACE_PERIODS::anSrcuGracePeriodWaitsForReadersThatCameBefore),
        without("srcu", "synchronize", GRACE_PERIODS::whatAReaderDidIsSeenAfterTheGracePeriod),
        without("srcu", "synchronize", GRACE_PERIODS::theEndOfAnInnerSectionIsNotTheEnd),
        without("rcu", "synchronize", GRACE_PERIODS::anRcuGracePeriodWaitsForReadersThatCameBefore),
        broken("callbacks at once", "rcu", "call", (target, right, arguments) -> {
          ((Runnable) arguments[0]).run();
          return null;
        }, GRACE_PERIODS::anRcuCallbackWaitsForReadersThatCameBefore),
        without("rcu", "call", GRACE_PERIODS::rcuCallbacksRunInTheOrderTheyWereQueued),
        without("srcu", "readUnlock", GRACE_PERIODS::readersThatCameLaterAreNotWaitedFor));
  }

  static Stream<Defective> pagesAndTlb() {
    return Stream.of(
        without("pages", "free", PAGES::freedFramesComeBackLastInFirstOutAndZeroed),
        without("pages", "free", PAGES::aFrameIsReusedForItsUseAndSizeAlone),
        broken("tags that are cleared with the page", "pages", "clear", (target, right, arguments) -> {
          ((Pages) target).tags((Long) arguments[0]).at(1).writeOnce(0);
          return right.call(arguments);
        }, PAGES::tagsAreWhateverTheLastOwnerLeft),
        without("pages", "copy", PAGES::zeroesAreToldApartAndCopiesAreEqual),
        broken("one frame for all", "pages", "alloc", (target, right, arguments) -> {
          right.call(arguments);
          return 0x100L;
        }, PAGES::aFrameHasOneOwner),
        broken("one CPU's TLB for all", "tlb", "access", (target, right, arguments) -> {
          arguments[0] = 0;
          return right.call(arguments);
        }, TLB::aTranslationServesItsCpuItsVmAndItsPermissions),
        without("tlb", "tlbiIpa", TLB::anInvalidationDropsWhatItNamesAndNothingElse),
        without("tlb", "tlbiRange", TLB::anInvalidationDropsWhatItNamesAndNothingElse),
        without("tlb", "tlbiVmid", TLB::aWalkThatAnInvalidationOvertookFillsNothing),
        without("tlb", "dsb", TLB::afterTheBarrierNobodyReachesTheOldPage),
        without("tlb", "tlbiIpa", TLB::afterTheBarrierNobodyReachesTheOldPage),
        without("tlb", "invept", TLB::inveptDropsWhatItsCpuHasOfARoot),
        without("tlb", "walkFault", TLB::aWalkForWhatIsCachedReplacesItOrDropsIt),
        without("tlb", "loaded", TLB::whatWasLoadedIsTheTasksOwn));
  }

  static Stream<Defective> interruptsAndTheRest() {
    return Stream.of(
        broken("a sender that does not wait", "ipi", "sendAndWait", (target, right, arguments) -> {
          ((Ipi) target).send((Integer) arguments[0]);
          return null;
        }, INTERRUPTS::anInterruptThatIsWaitedForHasBeenTaken),
        without("ipi", "take", INTERRUPTS::takingAnInterruptLetsTheSenderGoOn),
        without("ipi", "take", INTERRUPTS::anInterruptStaysPendingWhileInterruptsAreOff),
        without("ipi", "irqsOff", INTERRUPTS::anInterruptStaysPendingWhileInterruptsAreOff),
        broken("WARN_ON that warns of nothing", "warnOn", "", (target, right, arguments) -> false,
            MACHINE::aWarningYieldsItsCondition));
  }

  @ParameterizedTest
  @MethodSource({"words", "locks", "waits", "gracePeriods", "pagesAndTlb", "interruptsAndTheRest"})
  void aDefectiveBindingIsRejected(Defective defective) {
    Throwable thrown = catchThrowable(() -> defective.claim.accept(defective.binding));
    assertThat(thrown).isInstanceOfAny(AssertionError.class, WorldFault.class);
    if (thrown instanceof WorldFault) {
      assertThat(thrown).cause().isInstanceOfAny(AssertionError.class);
    }
  }

  /** Memory that is weak, and no more than that, keeps the contract: it is the barriers that are put to the test. */
  @Test
  void lateStoresAreNoDefect() {
    WORDS.barriersOfStoresAndLoadsPair(LateStores.binding(true));
    WORDS.afterAFullBarrierOneOfTwoSeesTheOther(LateStores.binding(true));
    WORDS.aReleaseHandsOverWhatCameBefore(LateStores.binding(true));
    WORDS.afterAReadModifyWriteOneOfTwoSeesTheOther(LateStores.binding(true));
  }
}
