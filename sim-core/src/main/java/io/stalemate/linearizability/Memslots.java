package io.stalemate.linearizability;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The memslots of a VM: what {@code KVM_SET_USER_MEMORY_REGION} may answer, and what lookups may find. A state is the
 * slots in the order of their ids, of which no two have a gfn in common.
 *
 * <p>Errors that depend on more than the memslots, such as -EINVAL of an architecture that refuses the slot, are legal
 * in every state, and leave it as it is.
 */
public final class Memslots implements Specification<List<Memslot>, MemslotOperation> {

  private static final int EINVAL = 22;
  private static final int EEXIST = 17;

  @Override
  public List<Memslot> initial() {
    return List.of();
  }

  @Override
  public Optional<List<Memslot>> after(List<Memslot> state, MemslotOperation operation) {
    return switch (operation) {
      case MemslotOperation.SetRegion set -> set.pages() == 0 ? deleted(state, set) : set(state, set);
      case MemslotOperation.Retire(int id) -> retired(state, byId(state, id), true);
      case MemslotOperation.Restore(int id) -> retired(state, byId(state, id), false);
      case MemslotOperation.Found(long gfn, boolean write) -> {
        Optional<Memslot> slot = at(state, gfn);
        yield onlyIf(slot.isPresent() && slot.get().serves(write), state);
      }
      case MemslotOperation.Missed(long gfn, boolean write) -> {
        Optional<Memslot> slot = at(state, gfn);
        yield onlyIf(slot.isEmpty() || slot.get().retired() || !slot.get().serves(write), state);
      }
    };
  }

  private static Optional<List<Memslot>> deleted(List<Memslot> state, MemslotOperation.SetRegion set) {
    Optional<Memslot> slot = byId(state, set.id());
    if (set.ret() == 0) {
      return slot.isEmpty() ? Optional.empty() : Optional.of(without(state, slot.get()));
    }
    return onlyIf(slot.isEmpty() || set.ret() != -EINVAL, state);
  }

  private static Optional<List<Memslot>> set(List<Memslot> state, MemslotOperation.SetRegion set) {
    Optional<Memslot> old = byId(state, set.id());
    List<Memslot> others = old.isEmpty() ? state : without(state, old.get());
    boolean overlaps = others.stream().anyMatch(slot -> slot.overlaps(set.gfn(), set.pages()));
    if (set.ret() == -EEXIST) {
      return onlyIf(overlaps, state);
    }
    if (set.ret() != 0) {
      return Optional.of(state);
    }
    return overlaps || (old.isPresent() && !mayBecome(old.get(), set)) ? Optional.empty() : Optional.of(
        with(others, new Memslot(set.id(), set.gfn(), set.pages(), set.hva(), set.flags(), false)));
  }

  private static boolean mayBecome(Memslot old, MemslotOperation.SetRegion set) {
    boolean readonlyChanges = ((old.flags() ^ set.flags()) & Memslot.READONLY) != 0;
    return old.pages() == set.pages() && old.hva() == set.hva() && !readonlyChanges;
  }

  private static Optional<List<Memslot>> retired(List<Memslot> state, Optional<Memslot> slot, boolean retired) {
    if (slot.isEmpty() || slot.get().retired() == retired) {
      return Optional.empty();
    }
    Memslot old = slot.get();
    Memslot changed = new Memslot(old.id(), old.gfn(), old.pages(), old.hva(), old.flags(), retired);
    return Optional.of(with(without(state, old), changed));
  }

  private static List<Memslot> without(List<Memslot> state, Memslot slot) {
    List<Memslot> left = new ArrayList<>(state);
    left.remove(slot);
    return left;
  }

  private static List<Memslot> with(List<Memslot> state, Memslot slot) {
    List<Memslot> slots = new ArrayList<>(state);
    int at = 0;
    while (at < slots.size() && slots.get(at).id() < slot.id()) {
      at++;
    }
    slots.add(at, slot);
    return slots;
  }

  private static Optional<Memslot> byId(List<Memslot> state, int id) {
    for (int i = 0; i < state.size(); i++) {
      if (state.get(i).id() == id) {
        return Optional.of(state.get(i));
      }
    }
    return Optional.empty();
  }

  private static Optional<Memslot> at(List<Memslot> state, long gfn) {
    for (int i = 0; i < state.size(); i++) {
      if (state.get(i).contains(gfn)) {
        return Optional.of(state.get(i));
      }
    }
    return Optional.empty();
  }

  private static Optional<List<Memslot>> onlyIf(boolean legal, List<Memslot> state) {
    return legal ? Optional.of(state) : Optional.empty();
  }

  @Override
  public boolean observes(MemslotOperation operation) {
    return operation instanceof MemslotOperation.Found || operation instanceof MemslotOperation.Missed;
  }

  @Override
  public long key(MemslotOperation operation) {
    // One object: a slot may not overlap any other.
    return 0;
  }

  @Override
  public String text(MemslotOperation operation) {
    return switch (operation) {
      case MemslotOperation.SetRegion(int id, long gfn, long pages, long hva, long flags, long ret) ->
          (pages == 0 ? "delete slot " + id
              : "set slot " + id + " at gfn " + hex(gfn) + " of " + pages + " pages, flags " + hex(flags)) + ": " + ret;
      case MemslotOperation.Retire(int id) -> "retire slot " + id;
      case MemslotOperation.Restore(int id) -> "restore slot " + id;
      case MemslotOperation.Found(long gfn, boolean write) ->
          "gfn " + hex(gfn) + " has a slot" + (write ? " to write" : "");
      case MemslotOperation.Missed(long gfn, boolean write) ->
          "gfn " + hex(gfn) + " has no slot" + (write ? " to write" : "");
    };
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
