package io.stalemate.jvm;

import io.stalemate.machine.Word;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A field of this object; each access in the mode that the package's table names. A read-modify-write has a full fence
 * on either side: Java's volatile mode orders it with volatile accesses only, the kernel's order it with all.
 */
final class NativeWord implements Word {

  private static final VarHandle VALUE;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(NativeWord.class, "value", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private long value;

  NativeWord(long initial) {
    value = initial;
  }

  @Override
  public long read() {
    return value;
  }

  @Override
  public void write(long newValue) {
    value = newValue;
  }

  @Override
  public long readOnce() {
    return (long) VALUE.getOpaque(this);
  }

  @Override
  public void writeOnce(long newValue) {
    VALUE.setOpaque(this, newValue);
  }

  @Override
  public long loadAcquire() {
    return (long) VALUE.getAcquire(this);
  }

  @Override
  public void storeRelease(long newValue) {
    VALUE.setRelease(this, newValue);
  }

  @Override
  public long cmpxchg(long expected, long newValue) {
    VarHandle.fullFence();
    long old = (long) VALUE.compareAndExchange(this, expected, newValue);
    VarHandle.fullFence();
    return old;
  }

  @Override
  public long xchg(long newValue) {
    VarHandle.fullFence();
    long old = (long) VALUE.getAndSet(this, newValue);
    VarHandle.fullFence();
    return old;
  }

  @Override
  public long fetchAdd(long delta) {
    VarHandle.fullFence();
    long old = (long) VALUE.getAndAdd(this, delta);
    VarHandle.fullFence();
    return old;
  }

  @Override
  public long fetchOr(long mask) {
    VarHandle.fullFence();
    long old = (long) VALUE.getAndBitwiseOr(this, mask);
    VarHandle.fullFence();
    return old;
  }

  @Override
  public long fetchAnd(long mask) {
    VarHandle.fullFence();
    long old = (long) VALUE.getAndBitwiseAnd(this, mask);
    VarHandle.fullFence();
    return old;
  }
}
