package io.stalemate.testbed;

import io.stalemate.linux.Errno;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.kvm.KvmMemorySlot;
import io.stalemate.linux.mm.Ksm;
import io.stalemate.linux.mm.MemoryFault;
import io.stalemate.linux.mm.Migrate;
import io.stalemate.linux.mm.MmStruct;
import io.stalemate.linux.mm.Mmap;
import io.stalemate.linux.mm.Shmem;
import io.stalemate.linux.mm.VmaKind;
import io.stalemate.linux.mm.Vmscan;
import io.stalemate.scenario.Action;
import io.stalemate.scenario.DirtyAction;
import io.stalemate.scenario.CopyTags;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.GuestCall;
import io.stalemate.scenario.HostAction;
import io.stalemate.scenario.MappingKind;
import io.stalemate.scenario.Memslot;
import io.stalemate.scenario.ProcessExit;
import io.stalemate.scenario.PkvmAction;
import io.stalemate.scenario.SetAttributes;
import io.stalemate.scenario.SlotAction;
import io.stalemate.scenario.SlotFlag;
import io.stalemate.scenario.Ucall;
import io.stalemate.scenario.X86Action;
import io.stalemate.scenario.YardstickAction;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.UnaryOperator;

/** Performs what the host's threads and the VMM's ioctls do in a scenario, on any number of threads at once. */
final class HostActions {

  private final Kvm kvm;
  private final Arch arch;
  private final MmStruct mm;
  private final Mmap mmap;
  private final Vmscan vmscan;
  private final Migrate migrate;
  private final Ksm ksm;
  private final MemoryFault memoryFault;
  private final Shmem shmem;
  // What the VMM remembers of its slots: it made them, so it need not ask the kernel.
  private final ConcurrentMap<Integer, Memslot> slots = new ConcurrentSkipListMap<>();
  private final GuestAddresses addresses;
  // Those that it has not deleted, for whose pages it has taken room.
  private final ConcurrentMap<Integer, Memslot> placed = new ConcurrentSkipListMap<>();

  HostActions(Kvm kvm, Arch arch, List<Memslot> booted, GuestAddresses addresses) {
    this.kvm = kvm;
    this.arch = arch;
    this.addresses = addresses;
    booted.forEach(slot -> slots.put(slot.id(), slot));
    placed.putAll(slots);
    this.mm = kvm.mm;
    this.mmap = new Mmap(mm);
    this.vmscan = new Vmscan(mm);
    this.migrate = new Migrate(mm);
    this.ksm = new Ksm(mm);
    this.memoryFault = new MemoryFault(mm);
    this.shmem = new Shmem(mm);
  }

  /** Performs {@code action}; yields 0 or more, or a negative errno. */
  int perform(Action action) {
    return switch (action) {
      case HostAction.Munmap it -> mmap.munmap(it.hva(), it.pages());
      case HostAction.Mmap it -> mmap.mmap(it.hva(), it.pages(), kind(it.mapping()), it.shift(), it.writable());
      case HostAction.Remap it -> mmap.mmap(it.hva(), it.pages(), kind(it.mapping()), it.shift(), it.writable());
      case HostAction.SwapOut it -> vmscan.shrinkPage(it.hva());
      case HostAction.Migrate it -> migrate.migratePage(it.hva());
      case HostAction.Ksm it -> ksm.mergePages(it.hva(), it.with());
      case HostAction.Punch it -> punch(it);
      case HostAction.Protect it -> mmap.mprotect(it.hva(), it.pages(), false);
      case HostAction.ProtectMte it -> mmap.mprotectMte(it.hva(), it.pages());
      case HostAction.Age it -> vmscan.age(it.hva(), it.pages());
      case HostAction.Touch it -> memoryFault.doPageFault(it.hva(), it.write());
      case SlotAction.SlotCreate it -> create(it.slot());
      case SlotAction.SlotAllocate it -> allocate(it);
      case SlotAction.SlotDelete it -> delete(it.id());
      case SlotAction.SlotMove it -> change(it, old -> old.movedTo(it.gfn()));
      case SlotAction.SlotFlags it -> change(it, old -> old.withFlags(it.flags()));
      case SetAttributes it -> kvm.memAttributes.setMemoryAttributes(
          it.address(), it.size(), it.attributes(), it.flags());
      case X86Action it -> arch.perform(it);
      case DirtyAction it -> throw wrong(it);
      case CopyTags it -> throw wrong(it);
      case GuestAction it -> throw wrong(it);
      case Ucall it -> throw wrong(it);
      case GuestCall it -> throw wrong(it);
      case ProcessExit it -> throw wrong(it);
      case YardstickAction.Fault it -> throw wrong(it);
      case YardstickAction.Invalidate it -> throw wrong(it);
      case PkvmAction it -> throw wrong(it);
    };
  }

  private static IllegalStateException wrong(Action action) {
    return new IllegalStateException(action + " is no host action");
  }

  private int punch(HostAction.Punch it) {
    mm.mmapLock.downRead();
    VmaKind kind = mm.vmaLookup(it.hva()).kind();
    mm.mmapLock.upRead();
    return kind == VmaKind.SHARED
        ? shmem.punchHole(it.hva(), it.pages())
        : mmap.madviseDontneed(it.hva(), it.pages());
  }

  /** Creates or changes a memslot at a gfn that the file chose. */
  private int create(Memslot slot) {
    addresses.take(slot.gfn(), slot.pages());
    return set(slot);
  }

  /**
   * Performs the ioctl for a memslot whose room is taken. Where another thread changed the same memslot meanwhile,
   * nobody can say whose place it has: both stay taken.
   */
  private int set(Memslot slot) {
    Memslot before = placed.get(slot.id());
    int ret = arch.setMemoryRegion(kvm, slot);
    if (ret != 0) {
      addresses.free(slot.gfn(), slot.pages());
      return ret;
    }
    slots.put(slot.id(), slot);
    if (before != null && placed.replace(slot.id(), before, slot)) {
      addresses.free(before.gfn(), before.pages());
    } else {
      placed.putIfAbsent(slot.id(), slot);
    }
    return 0;
  }

  /** Creates a memslot where the VMM has room, which is taken before the ioctl, so that no other thread takes it. */
  private int allocate(SlotAction.SlotAllocate it) {
    long gfn = addresses.allocate(it.pages());
    if (gfn < 0) {
      return (int) gfn;
    }
    return set(it.at(gfn));
  }

  /** Deletes a memslot; its place is free once the ioctl has returned. */
  private int delete(int id) {
    Memslot before = placed.get(id);
    int ret = kvm.memoryRegions.setMemoryRegion(id, 0, 0, 0, 0);
    if (ret == 0 && before != null && placed.remove(id, before)) {
      addresses.free(before.gfn(), before.pages());
    }
    return ret;
  }

  private int change(SlotAction action, UnaryOperator<Memslot> changes) {
    Memslot old = slots.get(action.id());
    return old == null ? -Errno.EINVAL : create(changes.apply(old));
  }

  static int flags(Set<SlotFlag> flags) {
    int bits = 0;
    if (flags.contains(SlotFlag.READONLY)) {
      bits |= KvmMemorySlot.KVM_MEM_READONLY;
    }
    if (flags.contains(SlotFlag.LOG_DIRTY)) {
      bits |= KvmMemorySlot.KVM_MEM_LOG_DIRTY_PAGES;
    }
    return bits;
  }

  static VmaKind kind(MappingKind kind) {
    return switch (kind) {
      case ANON -> VmaKind.ANON;
      case HUGETLB -> VmaKind.HUGETLB;
      case SHARED -> VmaKind.SHARED;
      case PFNMAP -> VmaKind.PFNMAP;
    };
  }
}
