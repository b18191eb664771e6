package io.stalemate.linearizability;

import java.util.Optional;

/**
 * The memory attributes of a VM: a gfn is shared at first, and then what the last ioctl that succeeded made of it. A
 * state is whether the gfn is private. One that failed changes nothing.
 */
public final class Attributes implements Specification<Boolean, AttributeOperation> {

  @Override
  public Boolean initial() {
    return false;
  }

  @Override
  public Optional<Boolean> after(Boolean state, AttributeOperation operation) {
    return switch (operation) {
      case AttributeOperation.Set(long gfn, boolean isPrivate, long ret) -> Optional.of(ret == 0 ? isPrivate : state);
      case AttributeOperation.Found(long gfn, boolean isPrivate) -> onlyIf(state == isPrivate, state);
      case AttributeOperation.Reached(long gfn, boolean isPrivate) -> onlyIf(state == isPrivate, state);
    };
  }

  private static Optional<Boolean> onlyIf(boolean legal, Boolean state) {
    return legal ? Optional.of(state) : Optional.empty();
  }

  @Override
  public boolean observes(AttributeOperation operation) {
    return switch (operation) {
      case AttributeOperation.Set set -> set.ret() != 0;
      case AttributeOperation.Found f -> true;
      case AttributeOperation.Reached r -> true;
    };
  }

  @Override
  public long key(AttributeOperation operation) {
    return operation.gfn();
  }

  @Override
  public String text(AttributeOperation operation) {
    return switch (operation) {
      case AttributeOperation.Set(long gfn, boolean isPrivate, long ret) ->
          "make gfn 0x" + Long.toHexString(gfn) + " " + kind(isPrivate) + ": " + ret;
      case AttributeOperation.Found(long gfn, boolean isPrivate) ->
          "gfn 0x" + Long.toHexString(gfn) + " is found " + kind(isPrivate);
      case AttributeOperation.Reached(long gfn, boolean isPrivate) ->
          "gfn 0x" + Long.toHexString(gfn) + " leads to " + kind(isPrivate) + " memory";
    };
  }

  private static String kind(boolean isPrivate) {
    return isPrivate ? "private" : "shared";
  }
}
