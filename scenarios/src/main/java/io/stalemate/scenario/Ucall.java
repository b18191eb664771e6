package io.stalemate.scenario;

/**
 * The guest calls its VMM as the kernel's selftests do on arm64: by a store to an address that the two agreed on and
 * that no memslot has, so that it leaves as MMIO.
 */
public record Ucall() implements Action {

  @Override
  public ActionKind kind() {
    return ActionKind.UCALL;
  }
}
