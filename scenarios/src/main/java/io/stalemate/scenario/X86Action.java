package io.stalemate.scenario;

/** What only a VM on x86 has done to it. */
public sealed interface X86Action extends Action {

  /** A vCPU's thread maps pages ahead of the guest's faults ({@code KVM_PRE_FAULT_MEMORY}, v6.12). */
  record PreFault(long gfn, long pages) implements X86Action {
    public PreFault {
      Limits.checkGfns(gfn, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.PRE_FAULT;
    }
  }

  /**
   * {@code fallocate(FALLOC_FL_PUNCH_HOLE)} on a guest_memfd.
   *
   * @param at the hole's first page
   */
  record PunchHole(GmemPage at, long pages) implements X86Action {
    public PunchHole {
      Limits.check("pages", pages, 1, Limits.FRAMES);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.PUNCH_HOLE;
    }
  }

  /**
   * The last reference to a guest_memfd goes.
   *
   * @param file its name
   */
  record Close(String file) implements X86Action {
    public Close {
      Limits.check(file);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.CLOSE;
    }
  }

  /**
   * A page is write-tracked, as page tables of a guest of the guest's are, or no longer.
   *
   * @param on whether it is from now on
   */
  record TrackGfn(long gfn, boolean on) implements X86Action {
    public TrackGfn {
      Limits.checkGfns(gfn, 1);
    }

    @Override
    public ActionKind kind() {
      return on ? ActionKind.TRACK_GFN : ActionKind.UNTRACK_GFN;
    }
  }

  /** KVM takes all translations of a range away for a reason of its own: a changed memory type, for one. */
  record ZapGfnRange(long gfn, long pages) implements X86Action {
    public ZapGfnRange {
      Limits.checkGfns(gfn, pages);
    }

    @Override
    public ActionKind kind() {
      return ActionKind.ZAP_GFN_RANGE;
    }
  }
}
