package io.stalemate.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.trace.ObjectKind;
import io.stalemate.trace.Op;
import io.stalemate.trace.Trace;
import org.junit.jupiter.api.Test;

class OracleSetTest {

  @Test
  void keepsTheFirstFindingOfEachOracleWorstFirst() {
    Story story = new Story(new KernelWarning(), new Lockdep(), new Progress());
    int task = story.task("vcpu0");
    int spin = story.object(ObjectKind.SPINLOCK, "mmu_lock");
    story.by(task).op(Op.WARN, 0, story.trace().text("count < 0")).op(Op.WARN, 0, story.trace().text("other"))
        .op(Op.SPIN_LOCK, spin).op(Op.BLOCKED, spin, Op.SPIN_LOCK.ordinal());
    assertThat(story.ends(Ending.DEADLOCK)).extracting(Finding::what).containsExactly(
        "deadlock: vcpu0 waits for mmu_lock", "WARNING: count < 0",
        "mmu_lock is taken again by the task that holds it");
  }

  @Test
  void startsAfreshAndTakesInWhatIsThereAlready() {
    OracleSet set = new OracleSet(Oracles.all(1));
    Trace trace = new Trace();
    trace.append(Op.WARN.ordinal(), Trace.BOOT, 0, trace.text("early"), 0, 0, 0);
    set.begin(trace);
    assertThat(set.foundAny()).isTrue();
    assertThat(set.findings()).extracting(Finding::oracle).containsExactly("kernel-warning");
    set.begin(new Trace());
    set.end(Ending.QUIESCENT);
    assertThat(set.findings()).isEmpty();
  }

  @Test
  void namesAreThoseOfTheCatalogue() {
    assertThat(Oracles.names()).containsExactly("stale-translation", "guest-memory", "guest-tags", "break-before-make",
        "accounting", "progress", "staleness-protocol", "lockdep", "data-race", "kernel-warning", "conformance",
        "dirty-log", "page-ownership", "private-shared", "write-tracking", "spte-updates", "linearizability");
    assertThat(Oracles.byName("lockdep", 2)).map(Oracle::name).contains("lockdep");
    assertThat(Oracles.byName("lockdepp", 2)).isEmpty();
  }
}
