package io.stalemate.scenario;

/** What the host's memory management does to {@link #pages} pages from {@link #hva}. */
public sealed interface HostAction extends Action {

  /** First host page. */
  long hva();

  /** Number of pages. */
  default long pages() {
    return 1;
  }

  record Munmap(long hva, long pages) implements HostAction {
    public Munmap {
      Limits.checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.MUNMAP;
    }
  }

  /**
   * A mapping is made where none is.
   *
   * @param shift log2 of the pages that one leaf of the mapping covers
   */
  record Mmap(long hva, long pages, MappingKind mapping, int shift, boolean writable) implements HostAction {
    public Mmap {
      Limits.checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.MMAP;
    }
  }

  /**
   * A mapping takes the place of another.
   *
   * @param shift log2 of the pages that one leaf of the new mapping covers
   */
  record Remap(long hva, long pages, MappingKind mapping, int shift, boolean writable) implements HostAction {
    public Remap {
      Limits.checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.REMAP;
    }
  }

  record SwapOut(long hva) implements HostAction {
    public SwapOut {
      Limits.checkHvas(hva, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.SWAP_OUT;
    }
  }

  record Migrate(long hva) implements HostAction {
    public Migrate {
      Limits.checkHvas(hva, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.MIGRATE;
    }
  }

  /**
   * Two pages are merged.
   *
   * @param with the page whose frame both share afterwards
   */
  record Ksm(long hva, long with) implements HostAction {
    public Ksm {
      Limits.checkHvas(hva, 1);
      Limits.checkHvas(with, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.KSM;
    }
  }

  record Punch(long hva, long pages) implements HostAction {
    public Punch {
      Limits.checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.PUNCH;
    }
  }

  record Protect(long hva, long pages) implements HostAction {
    public Protect {
      Limits.checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.PROTECT;
    }
  }

  record ProtectMte(long hva, long pages) implements HostAction {
    public ProtectMte {
      Limits.checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.PROTECT_MTE;
    }
  }

  record Age(long hva, long pages) implements HostAction {
    public Age {
      Limits.checkHvas(hva, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.AGE;
    }
  }

  record Touch(long hva, boolean write) implements HostAction {
    public Touch {
      Limits.checkHvas(hva, 1);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.TOUCH;
    }
  }
}
