package io.stalemate.sim;

import io.stalemate.machine.Completion;

/** A completion of a world. */
final class SimCompletion extends Gate implements Completion {

  private final World world;
  private final int id;
  private long done;

  SimCompletion(World world, int id) {
    this.world = world;
    this.id = id;
  }

  @Override
  public boolean admits(int task, int opcode) {
    return done > 0;
  }

  @Override
  public void waitFor() {
    world.announce(Code.WAIT_COMPLETION, id, this);
    if (done != Long.MAX_VALUE) {
      done--;
    }
    world.changed(this);
    world.record(Code.WAIT_COMPLETION, id, 0, 0, 0, 0);
  }

  @Override
  public void complete() {
    signal(1);
  }

  @Override
  public void completeAll() {
    signal(Long.MAX_VALUE);
  }

  private void signal(long more) {
    world.announce(Code.COMPLETE, id);
    done = done > Long.MAX_VALUE - more ? Long.MAX_VALUE : done + more;
    world.changed(this);
    world.record(Code.COMPLETE, id, 0, 0, 0, 0);
  }
}
