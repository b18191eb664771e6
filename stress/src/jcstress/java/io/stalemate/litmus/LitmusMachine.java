package io.stalemate.litmus;

import io.stalemate.jvm.NativeMachine;
import io.stalemate.jvm.RcuCallbacks;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Srcu;
import io.stalemate.machine.Tracepoint;
import org.jspecify.annotations.Nullable;

/**
 * The native machine, or all of it but one guarantee. Kernel text runs on either unchanged, so a broken sibling differs
 * from the right test by nothing but what its machine lacks.
 */
class LitmusMachine extends NativeMachine {

  private @Nullable Listener listener;

  private LitmusMachine() {
    // A CPU for each actor, and no thread of RCU's for each of a million states.
    super(2, RcuCallbacks.AT_BARRIER);
  }

  /** Hears tracepoints, on the thread that passes them. */
  @FunctionalInterface
  interface Listener {

    /** The arguments are those of {@link io.stalemate.machine.Machine#trace}. */
    void hear(Tracepoint point, long a, long b, long c, long d);
  }

  /** With every guarantee. */
  static LitmusMachine whole() {
    return new LitmusMachine();
  }

  /** {@code smp_rmb()} does nothing. */
  static LitmusMachine withoutSmpRmb() {
    return new LitmusMachine() {
      @Override
      public void smpRmb() {}
    };
  }

  /** {@code smp_wmb()} does nothing. */
  static LitmusMachine withoutSmpWmb() {
    return new LitmusMachine() {
      @Override
      public void smpWmb() {}
    };
  }

  /** {@code smp_mb()} does nothing. */
  static LitmusMachine withoutSmpMb() {
    return new LitmusMachine() {
      @Override
      public void smpMb() {}
    };
  }

  /** Reader-writer locks exclude nobody and order nothing: what else keeps the text right is then seen alone. */
  static LitmusMachine withoutRwlocks() {
    return new Unlocked();
  }

  /** {@link #withoutRwlocks}, and {@code smp_rmb()} does nothing. */
  static LitmusMachine withoutRwlocksAndSmpRmb() {
    return new Unlocked() {
      @Override
      public void smpRmb() {}
    };
  }

  /** {@link #withoutRwlocks}, and {@code smp_wmb()} does nothing. */
  static LitmusMachine withoutRwlocksAndSmpWmb() {
    return new Unlocked() {
      @Override
      public void smpWmb() {}
    };
  }

  /** {@code synchronize_srcu()} waits for nobody. */
  static LitmusMachine withoutGracePeriods() {
    return new LitmusMachine() {
      @Override
      public Srcu srcu(String name) {
        return new ImpatientSrcu(super.srcu(name));
      }
    };
  }

  /** Who hears tracepoints from now on. */
  void listener(Listener who) {
    listener = who;
  }

  @Override
  public void trace(Tracepoint point, long a, long b, long c, long d) {
    if (listener != null) {
      listener.hear(point, a, b, c, d);
    }
  }

  private static class Unlocked extends LitmusMachine {

    @Override
    public Rwlock rwlock(String name) {
      return new OpenRwlock();
    }
  }

  /** A lock that everybody has. */
  private static final class OpenRwlock implements Rwlock {

    @Override
    public void readLock() {}

    @Override
    public void readUnlock() {}

    @Override
    public void writeLock() {}

    @Override
    public void writeUnlock() {}

    @Override
    public boolean needbreak() {
      return false;
    }

    @Override
    public void assertHeld() {}

    @Override
    public void assertHeldWrite() {}

    @Override
    public void assertHeldRead() {}
  }

  /** SRCU whose updaters do not wait. */
  private record ImpatientSrcu(Srcu readers) implements Srcu {

    @Override
    public int readLock() {
      return readers.readLock();
    }

    @Override
    public void readUnlock(int index) {
      readers.readUnlock(index);
    }

    @Override
    public void synchronize() {}

    @Override
    public void assertReadHeld() {
      readers.assertReadHeld();
    }
  }
}
