package io.stalemate.sim;

import io.stalemate.machine.Word;

/** A word of a world: announces, accesses memory, records. */
final class SimWord implements Word {

  private final World world;
  private final Memory memory;
  private final boolean plainIsChoice;
  private final int id;

  SimWord(World world, boolean plainIsChoice, int id) {
    this.world = world;
    this.memory = world.memory();
    this.plainIsChoice = plainIsChoice;
    this.id = id;
  }

  /** The object id. */
  int id() {
    return id;
  }

  @Override
  public long read() {
    if (plainIsChoice) {
      world.announce(Code.READ, id);
    }
    return loaded(Code.READ);
  }

  @Override
  public void write(long value) {
    if (plainIsChoice) {
      world.announce(Code.WRITE, id);
    }
    stored(value, Code.WRITE);
  }

  @Override
  public long readOnce() {
    world.announce(Code.READ_ONCE, id);
    return loaded(Code.READ_ONCE);
  }

  @Override
  public void writeOnce(long value) {
    world.announce(Code.WRITE_ONCE, id);
    stored(value, Code.WRITE_ONCE);
  }

  @Override
  public long loadAcquire() {
    world.announce(Code.LOAD_ACQUIRE, id);
    return loaded(Code.LOAD_ACQUIRE);
  }

  @Override
  public void storeRelease(long value) {
    world.announce(Code.STORE_RELEASE, id);
    stored(value, Code.STORE_RELEASE);
  }

  @Override
  public long cmpxchg(long expected, long value) {
    world.announce(Code.CMPXCHG, id);
    int task = world.current();
    long before = memory.load(task, id, Code.CMPXCHG);
    if (before == expected) {
      memory.exchange(task, id, value, Code.CMPXCHG);
      world.record(Code.CMPXCHG, id, before, value, 1, 0);
    } else {
      world.record(Code.CMPXCHG, id, before, before, 0, 0);
    }
    return before;
  }

  @Override
  public long xchg(long value) {
    world.announce(Code.XCHG, id);
    return exchanged(memory.exchange(world.current(), id, value, Code.XCHG), value, Code.XCHG);
  }

  @Override
  public long fetchAdd(long delta) {
    world.announce(Code.FETCH_ADD, id);
    int task = world.current();
    long value = memory.load(task, id, Code.FETCH_ADD) + delta;
    return exchanged(memory.exchange(task, id, value, Code.FETCH_ADD), value, Code.FETCH_ADD);
  }

  @Override
  public long fetchOr(long mask) {
    world.announce(Code.FETCH_OR, id);
    int task = world.current();
    long value = memory.load(task, id, Code.FETCH_OR) | mask;
    return exchanged(memory.exchange(task, id, value, Code.FETCH_OR), value, Code.FETCH_OR);
  }

  @Override
  public long fetchAnd(long mask) {
    world.announce(Code.FETCH_AND, id);
    int task = world.current();
    long value = memory.load(task, id, Code.FETCH_AND) & mask;
    return exchanged(memory.exchange(task, id, value, Code.FETCH_AND), value, Code.FETCH_AND);
  }

  private long loaded(int opcode) {
    long value = memory.load(world.current(), id, opcode);
    world.record(opcode, id, value, 0, 0, 0);
    return value;
  }

  private void stored(long value, int opcode) {
    memory.store(world.current(), id, value, opcode);
    world.record(opcode, id, value, 0, 0, 0);
  }

  private long exchanged(long before, long after, int opcode) {
    world.record(opcode, id, before, after, 0, 0);
    return before;
  }
}
