package io.stalemate.scenario;

/**
 * What host CPUs and guests do under protected KVM.
 *
 * @param page the host's page, a frame number, from {@link Pkvm#FIRST_PAGE}; 0 if the action takes none
 * @param gfn the guest's page; 0 if the action takes none
 * @param pages number of pages from {@code page}
 */
public record PkvmAction(ActionKind kind, long page, long gfn, long pages) implements Action {

  public PkvmAction {
    if (!kind.systems().contains(SystemUnderTest.PKVM)) {
      throw new IllegalArgumentException(kind.word() + " is no action of system " + SystemUnderTest.PKVM.word());
    }
    Limits.check("page", page, 0, Limits.FRAMES);
    Limits.checkGfns(gfn, pages);
  }
}
