package io.stalemate.jvm;

import io.stalemate.machine.Access;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Word;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * A table of translations for each CPU, under a monitor of its own, which an access holds while it uses one. So an
 * invalidation is complete when it returns, which is earlier than the architecture promises: a missing barrier after
 * one does not show here.
 */
final class NativeTlb implements Tlb {

  private static final int PAGE_SHIFT = 12;
  private static final int EVERY_VMID = -1;
  private static final int CAPACITY = 64;

  private final NativePages pages;
  private final NativeTasks tasks;
  private final List<Cpu> cpus = new ArrayList<>();

  NativeTlb(NativePages pages, NativeTasks tasks, int cpuCount) {
    this.pages = pages;
    this.tasks = tasks;
    for (int cpu = 0; cpu < cpuCount; cpu++) {
      cpus.add(new Cpu());
    }
  }

  private record Entry(int vmid, int level, long gfn, long count, long pfn, int permissions) {
    boolean translates(int ofVmid, long someGfn) {
      return vmid == ofVmid && someGfn >= gfn && someGfn - gfn < count;
    }
  }

  /** What an invalidation names: {@code count} gfns from {@code gfn}, all of them if it is 0, at one level or any. */
  private record Named(int vmid, long gfn, long count, int level) {
    boolean names(int ofVmid, long first, long pageCount, int ofLevel) {
      return (vmid == EVERY_VMID || vmid == ofVmid)
          && (count == 0 || (first < gfn + count && gfn < first + pageCount))
          && (level == LEVEL_ANY || ofLevel == level);
    }
  }

  /** Guarded by its own monitor. */
  private static final class Cpu {
    final List<Entry> entries = new ArrayList<>();
    // What was invalidated while a walk was under way.
    final List<Named> meanwhile = new ArrayList<>();
    boolean walking;
    int walkVmid;
    long walkGfn;

    /** The walk ends, and with it what was cached of the gfn it was for. */
    void walkEnd() {
      walking = false;
      entries.removeIf(entry -> entry.translates(walkVmid, walkGfn));
    }
  }

  @Override
  public int access(int cpu, int vmid, long gfn, Access access, long value) {
    return access(cpu, vmid, gfn, 0, access, value);
  }

  @Override
  public int accessTags(int cpu, int vmid, long gfn, int word, Access access, long value) {
    return access(cpu, vmid, gfn, word, access, value);
  }

  private int access(int cpu, int vmid, long gfn, int word, Access access, long value) {
    Cpu at = cpus.get(cpu);
    synchronized (at) {
      for (Entry entry : at.entries) {
        if (entry.translates(vmid, gfn)) {
          return use(entry, gfn, word, access, value);
        }
      }
    }
    return MISS;
  }

  private int use(Entry entry, long gfn, int index, Access access, long value) {
    int needed = switch (access) {
      case LOAD, LOAD_TAGS -> READ;
      case STORE, STORE_TAGS -> WRITE;
      case FETCH -> EXEC;
    };
    if ((entry.permissions & needed) == 0) {
      tasks.current().deniedLevel = entry.level;
      return DENIED;
    }
    long pfn = entry.pfn + (gfn - entry.gfn);
    boolean tags = access == Access.LOAD_TAGS || access == Access.STORE_TAGS;
    Word word = (tags ? pages.tags(pfn) : pages.words(pfn)).at(index);
    if (needed == WRITE) {
      word.writeOnce(value);
    } else {
      tasks.current().loaded = word.readOnce();
    }
    return HIT;
  }

  @Override
  public long loaded() {
    return tasks.current().loaded;
  }

  @Override
  public int deniedLevel() {
    return tasks.current().deniedLevel;
  }

  @Override
  public void walkBegin(int cpu, int vmid, long gfn) {
    Cpu at = cpus.get(cpu);
    synchronized (at) {
      at.walking = true;
      at.walkVmid = vmid;
      at.walkGfn = gfn;
      at.meanwhile.clear();
    }
  }

  @Override
  public boolean fill(int cpu, int vmid, int level, long gfnBase, long count, long pfnBase, int permissions) {
    Cpu at = cpus.get(cpu);
    synchronized (at) {
      at.walkEnd();
      for (Named named : at.meanwhile) {
        if (named.names(vmid, gfnBase, count, level)) {
          return false;
        }
      }
      if (at.entries.size() == CAPACITY) {
        at.entries.removeFirst();
      }
      at.entries.add(new Entry(vmid, level, gfnBase, count, pfnBase, permissions));
      return true;
    }
  }

  @Override
  public boolean walkFault(int cpu, int vmid, long gfn) {
    Cpu at = cpus.get(cpu);
    synchronized (at) {
      at.walkEnd();
      for (Named named : at.meanwhile) {
        // A fault has no level: any will do.
        if (named.names(vmid, gfn, 1, named.level)) {
          return false;
        }
      }
      return true;
    }
  }

  @Override
  public void tlbiIpa(int vmid, long ipa, int level) {
    everywhere(new Named(vmid, ipa >>> PAGE_SHIFT, 1, level));
  }

  @Override
  public void tlbiIpaLocal(int cpu, int vmid, long ipa, int level) {
    invalidate(cpus.get(cpu), new Named(vmid, ipa >>> PAGE_SHIFT, 1, level));
  }

  @Override
  public void tlbiRange(int vmid, long ipa, long pageCount) {
    everywhere(new Named(vmid, ipa >>> PAGE_SHIFT, pageCount, LEVEL_ANY));
  }

  @Override
  public void tlbiVmid(int vmid) {
    everywhere(new Named(vmid, 0, 0, LEVEL_ANY));
  }

  @Override
  public void tlbiAll() {
    everywhere(new Named(EVERY_VMID, 0, 0, LEVEL_ANY));
  }

  private void everywhere(Named named) {
    cpus.forEach(cpu -> invalidate(cpu, named));
  }

  private static void invalidate(Cpu cpu, Named named) {
    synchronized (cpu) {
      cpu.entries.removeIf(entry -> named.names(entry.vmid, entry.gfn, entry.count, entry.level));
      if (cpu.walking) {
        cpu.meanwhile.add(named);
      }
    }
  }

  /** Walks read entries with opaque loads: a full fence before they are told to look again is enough. */
  @Override
  public void dsbIshst() {
    VarHandle.fullFence();
  }

  @Override
  public void dsb() {
    VarHandle.fullFence();
  }

  @Override
  public void invept(int cpu, int root) {
    invalidate(cpus.get(cpu), new Named(root == EVERY_ROOT ? EVERY_VMID : root, 0, 0, LEVEL_ANY));
    VarHandle.fullFence();
  }
}
