package io.stalemate.linux.kvm;

import java.util.function.Function;

/**
 * What is linked into a VM: one factory for each class that an era or a known race may replace by a subclass.
 * {@link #of} yields the correct text of an era; {@code with...} yields a copy with one class replaced. Factories run
 * while the {@link Kvm} is being built: a class may keep the Kvm and its machine, and find the others when it runs.
 */
public record KernelText(
    Era era,
    Function<Kvm, MmuInvalidation> mmuInvalidation,
    Function<Kvm, MmuNotifier> mmuNotifier,
    Function<Kvm, Memslots> memslots,
    Function<Kvm, MemoryRegions> memoryRegions,
    Function<Kvm, MemAttributes> memAttributes,
    Function<Kvm, GfnToPfn> gfnToPfn,
    Function<Kvm, Requests> requests,
    Function<Kvm, ArchMmu> archMmu,
    Function<Kvm, DirtyLog> dirtyLog,
    Function<Kvm, GuestMemfd> guestMemfd) {

  /** The correct text of {@code era} on an architecture. */
  public static KernelText of(Era era, Function<Kvm, ArchMmu> archMmu) {
    Function<Kvm, MmuInvalidation> invalidation = switch (era) {
      case V5_15, V6_2 -> MmuInvalidationHva::new;
      case V6_8, V6_12 -> MmuInvalidation::new;
    };
    Function<Kvm, MmuNotifier> notifier = switch (era) {
      case V5_15, V6_2, V6_8 -> MmuNotifierChangePte::new;
      case V6_12 -> MmuNotifier::new;
    };
    Function<Kvm, GuestMemfd> guestMemfd = switch (era) {
      case V6_8 -> GuestMemfdV68::new;
      case V5_15, V6_2, V6_12 -> GuestMemfd::new;
    };
    return new KernelText(era, invalidation, notifier, Memslots::new, MemoryRegions::new, MemAttributes::new,
        GfnToPfn::new, Requests::new, archMmu, DirtyLog::new, guestMemfd);
  }

  public KernelText withMmuInvalidation(Function<Kvm, MmuInvalidation> f) {
    return new KernelText(era, f, mmuNotifier, memslots, memoryRegions, memAttributes,
        gfnToPfn, requests, archMmu, dirtyLog, guestMemfd);
  }

  public KernelText withMmuNotifier(Function<Kvm, MmuNotifier> f) {
    return new KernelText(era, mmuInvalidation, f, memslots, memoryRegions, memAttributes,
        gfnToPfn, requests, archMmu, dirtyLog, guestMemfd);
  }

  public KernelText withMemslots(Function<Kvm, Memslots> f) {
    return new KernelText(era, mmuInvalidation, mmuNotifier, f, memoryRegions, memAttributes,
        gfnToPfn, requests, archMmu, dirtyLog, guestMemfd);
  }

  public KernelText withMemoryRegions(Function<Kvm, MemoryRegions> f) {
    return new KernelText(era, mmuInvalidation, mmuNotifier, memslots, f, memAttributes,
        gfnToPfn, requests, archMmu, dirtyLog, guestMemfd);
  }

  public KernelText withMemAttributes(Function<Kvm, MemAttributes> f) {
    return new KernelText(era, mmuInvalidation, mmuNotifier, memslots, memoryRegions, f,
        gfnToPfn, requests, archMmu, dirtyLog, guestMemfd);
  }

  public KernelText withGfnToPfn(Function<Kvm, GfnToPfn> f) {
    return new KernelText(era, mmuInvalidation, mmuNotifier, memslots, memoryRegions, memAttributes,
        f, requests, archMmu, dirtyLog, guestMemfd);
  }

  public KernelText withRequests(Function<Kvm, Requests> f) {
    return new KernelText(era, mmuInvalidation, mmuNotifier, memslots, memoryRegions, memAttributes,
        gfnToPfn, f, archMmu, dirtyLog, guestMemfd);
  }

  public KernelText withArchMmu(Function<Kvm, ArchMmu> f) {
    return new KernelText(era, mmuInvalidation, mmuNotifier, memslots, memoryRegions, memAttributes,
        gfnToPfn, requests, f, dirtyLog, guestMemfd);
  }

  public KernelText withDirtyLog(Function<Kvm, DirtyLog> f) {
    return new KernelText(era, mmuInvalidation, mmuNotifier, memslots, memoryRegions, memAttributes,
        gfnToPfn, requests, archMmu, f, guestMemfd);
  }

  public KernelText withGuestMemfd(Function<Kvm, GuestMemfd> f) {
    return new KernelText(era, mmuInvalidation, mmuNotifier, memslots, memoryRegions, memAttributes,
        gfnToPfn, requests, archMmu, dirtyLog, f);
  }
}
