package io.stalemate.jvm;

import io.stalemate.machine.LockdepMap;

/** Nothing: who may wait for whom is the simulator's to judge, and holding a map excludes nobody. */
final class NativeLockdepMap implements LockdepMap {

  @Override
  public void acquire() {}

  @Override
  public void release() {}

  @Override
  public void waitsForHolders() {}
}
