package io.stalemate.jvm;

import io.stalemate.machine.Word;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A field of this object; each access in the mode that the package's table names. */
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
    return (long) VALUE.compareAndExchange(this, expected, newValue);
  }

  @Override
  public long xchg(long newValue) {
    return (long) VALUE.getAndSet(this, newValue);
  }

  @Override
  public long fetchAdd(long delta) {
    return (long) VALUE.getAndAdd(this, delta);
  }

  @Override
  public long fetchOr(long mask) {
    return (long) VALUE.getAndBitwiseOr(this, mask);
  }

  @Override
  public long fetchAnd(long mask) {
    return (long) VALUE.getAndBitwiseAnd(this, mask);
  }
}
