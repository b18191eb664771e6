package io.stalemate.testbed;

import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmVcpu;
import io.stalemate.scenario.DirtyAction;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.Scenario;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Performs what a VMM does with the dirty log, and remembers what a VMM does: the dirty pages it was last told of. */
final class DirtyLogActions {

  private static final int WORDS = Limits.GFNS / Long.SIZE;

  private final Kvm kvm;
  private final List<String> tasks;
  // Where slots begin. VMMs that migrate do not move them.
  private final SortedMap<Integer, Long> baseGfns = new TreeMap<>();
  private final ConcurrentMap<Integer, long[]> told = new ConcurrentSkipListMap<>();

  DirtyLogActions(Kvm kvm, Scenario scenario) {
    this.kvm = kvm;
    this.tasks = scenario.taskNames();
    for (Memslot slot : scenario.vm().memslots()) {
      baseGfns.put(slot.id(), slot.gfn());
    }
  }

  /** Performs {@code action}; yields 0 or more, or a negative errno. */
  int perform(DirtyAction action) {
    return switch (action) {
      case DirtyAction.GetDirtyLog it -> get(it.id());
      case DirtyAction.ClearDirtyLog it -> clear(it);
      case DirtyAction.HarvestRing it -> kvm.dirtyLog.reaper.harvest(vcpu(it.vcpu()));
      case DirtyAction.ResetRings it -> kvm.dirtyLog.resetDirtyRings();
    };
  }

  private int get(int id) {
    long[] buffer = new long[WORDS];
    int ret = kvm.dirtyLog.getDirtyLog(id, buffer);
    if (ret != 0) {
      return ret;
    }
    told.put(id, buffer);
    int dirty = 0;
    for (long word : buffer) {
      dirty += Long.bitCount(word);
    }
    return dirty;
  }

  private int clear(DirtyAction.ClearDirtyLog it) {
    long firstPage = it.gfn() - baseGfns.getOrDefault(it.id(), 0L);
    long[] known = told.getOrDefault(it.id(), new long[WORDS]);
    long[] buffer = new long[WORDS];
    int first = (int) Math.max(0, firstPage / Long.SIZE);
    System.arraycopy(known, first, buffer, 0, WORDS - first);
    return kvm.dirtyLog.clearDirtyLog(it.id(), firstPage, it.pages(), buffer);
  }

  /** A vCPU's id is its task's number. */
  private KvmVcpu vcpu(String task) {
    int id = tasks.indexOf(task);
    return kvm.vcpus().stream().filter(vcpu -> vcpu.id == id).findFirst().orElseThrow();
  }
}
