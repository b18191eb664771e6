package io.stalemate.sim;

import io.stalemate.machine.Access;
import io.stalemate.machine.Tlb;
import java.util.ArrayList;
import java.util.List;

/** The TLBs of a world: one state machine and owner for each CPU. */
final class SimTlb implements Tlb {

  private static final int PAGE_SHIFT = 12;
  private static final int NO_TAGS = -1;

  private final World world;
  private final Engine engine;
  private final SimPages pages;
  private final List<TlbState> states = new ArrayList<>();
  private final List<TlbOwner> owners = new ArrayList<>();
  private final long[] loaded = new long[64];
  private final int[] deniedLevels = new int[64];
  private int cpus;
  private int cpuObjects;

  SimTlb(World world, Engine engine, SimPages pages) {
    this.world = world;
    this.engine = engine;
    this.pages = pages;
  }

  void reset(int cpuCount, int firstCpuObject) {
    while (states.size() < cpuCount) {
      TlbState state = new TlbState();
      states.add(state);
      owners.add(engine.own(state));
    }
    cpus = cpuCount;
    cpuObjects = firstCpuObject;
    for (int cpu = 0; cpu < cpus; cpu++) {
      states.get(cpu).reset();
    }
  }

  @Override
  public int access(int cpu, int vmid, long gfn, Access access, long value) {
    return access(cpu, vmid, gfn, NO_TAGS, access, value);
  }

  @Override
  public int accessTags(int cpu, int vmid, long gfn, int word, Access access, long value) {
    return access(cpu, vmid, gfn, word, access, value);
  }

  private int access(int cpu, int vmid, long gfn, int tagWord, Access access, long value) {
    int opcode = switch (access) {
      case LOAD -> Code.GUEST_LOAD;
      case STORE -> Code.GUEST_STORE;
      case FETCH -> Code.GUEST_FETCH;
      case LOAD_TAGS -> Code.GUEST_LOAD_TAGS;
      case STORE_TAGS -> Code.GUEST_STORE_TAGS;
    };
    world.announce(opcode, cpuObjects + cpu);
    TlbState tlb = states.get(cpu);
    int entry = tlb.lookup(vmid, gfn);
    if (entry < 0) {
      world.record(Code.TLB_MISS, cpuObjects + cpu, gfn, access.ordinal(), 0, cpu);
      return MISS;
    }
    if ((tlb.permissions(entry) & needed(access)) == 0) {
      deniedLevels[world.current()] = tlb.level(entry);
      world.record(Code.TLB_DENIED, cpuObjects + cpu, gfn, access.ordinal(), 0, cpu);
      return DENIED;
    }
    long pfn = tlb.pfn(entry, gfn);
    int word = tagWord == NO_TAGS ? pages.dataWord(pfn) : pages.tagWord(pfn, tagWord);
    int task = world.current();
    long token = value;
    if (access == Access.STORE || access == Access.STORE_TAGS) {
      world.memory().store(task, word, value, opcode);
    } else {
      token = world.memory().load(task, word, opcode);
      loaded[task] = token;
    }
    world.record(opcode, word, gfn, pfn, token, cpu);
    return HIT;
  }

  private static int needed(Access access) {
    return switch (access) {
      case LOAD, LOAD_TAGS -> READ;
      case STORE, STORE_TAGS -> WRITE;
      case FETCH -> EXEC;
    };
  }

  @Override
  public long loaded() {
    return loaded[world.current()];
  }

  @Override
  public int deniedLevel() {
    return deniedLevels[world.current()];
  }

  @Override
  public void walkBegin(int cpu, int vmid, long gfn) {
    world.announce(Code.WALK_BEGIN, cpuObjects + cpu);
    owners.get(cpu).walkBegin(vmid, gfn);
    world.record(Code.WALK_BEGIN, cpuObjects + cpu, gfn, 0, 0, cpu);
  }

  @Override
  public boolean fill(int cpu, int vmid, int level, long gfnBase, long count, long pfnBase, int permissions) {
    world.announce(Code.TLB_FILL, cpuObjects + cpu);
    if (again(cpu, level, gfnBase, count)) {
      return false;
    }
    owners.get(cpu).fill(vmid, level, gfnBase, count, pfnBase, permissions);
    world.record(Code.TLB_FILL, cpuObjects + cpu, gfnBase, pfnBase, count,
        cpu | (long) vmid << 16 | (long) level << 32 | (long) permissions << 40);
    return true;
  }

  @Override
  public boolean walkFault(int cpu, int vmid, long gfn) {
    world.announce(Code.WALK_FAULT, cpuObjects + cpu);
    if (again(cpu, -1, gfn, 1)) {
      return false;
    }
    owners.get(cpu).walkEnd();
    world.record(Code.WALK_FAULT, cpuObjects + cpu, gfn, 0, 0, cpu);
    return true;
  }

  private boolean again(int cpu, int level, long gfn, long count) {
    if (!states.get(cpu).cancelled(level, gfn, count)) {
      return false;
    }
    owners.get(cpu).walkEnd();
    world.record(Code.WALK_AGAIN, cpuObjects + cpu, gfn, 0, 0, cpu);
    return true;
  }

  @Override
  public void tlbiIpa(int vmid, long ipa, int level) {
    world.announce(Code.TLBI_IPA, cpuObjects);
    invalidateAll(vmid, ipa >>> PAGE_SHIFT, 1, level);
    world.record(Code.TLBI_IPA, 0, vmid, ipa, level, 0);
  }

  @Override
  public void tlbiIpaLocal(int cpu, int vmid, long ipa, int level) {
    world.announce(Code.TLBI_IPA_LOCAL, cpuObjects + cpu);
    owners.get(cpu).invalidate(world.current(), vmid, ipa >>> PAGE_SHIFT, 1, level);
    world.record(Code.TLBI_IPA_LOCAL, 0, vmid, ipa, level, cpu);
  }

  @Override
  public void tlbiRange(int vmid, long ipa, long pageCount) {
    world.announce(Code.TLBI_RANGE, cpuObjects);
    invalidateAll(vmid, ipa >>> PAGE_SHIFT, pageCount, LEVEL_ANY);
    world.record(Code.TLBI_RANGE, 0, vmid, ipa, pageCount, 0);
  }

  @Override
  public void tlbiVmid(int vmid) {
    world.announce(Code.TLBI_VMID, cpuObjects);
    invalidateAll(vmid, 0, 0, LEVEL_ANY);
    world.record(Code.TLBI_VMID, 0, vmid, 0, 0, 0);
  }

  @Override
  public void tlbiAll() {
    world.announce(Code.TLBI_ALL, cpuObjects);
    invalidateAll(-1, 0, 0, LEVEL_ANY);
    world.record(Code.TLBI_ALL, 0, 0, 0, 0, 0);
  }

  private void invalidateAll(int vmid, long gfn, long count, int level) {
    int task = world.current();
    for (int cpu = 0; cpu < cpus; cpu++) {
      owners.get(cpu).invalidate(task, vmid, gfn, count, level);
    }
  }

  @Override
  public void dsbIshst() {
    world.announce(Code.DSB_ISHST, 0);
    world.record(Code.DSB_ISHST, 0, 0, 0, 0, 0);
  }

  @Override
  public void dsb() {
    world.announce(Code.DSB, 0);
    int task = world.current();
    for (int cpu = 0; cpu < cpus; cpu++) {
      owners.get(cpu).complete(task);
    }
    world.record(Code.DSB, 0, 0, 0, 0, 0);
  }

  @Override
  public void invept(int cpu, int root) {
    world.announce(Code.INVEPT, cpuObjects + cpu);
    int task = world.current();
    owners.get(cpu).invalidate(task, root, 0, 0, LEVEL_ANY);
    owners.get(cpu).complete(task);
    world.record(Code.INVEPT, 0, root, cpu, 0, 0);
  }
}
