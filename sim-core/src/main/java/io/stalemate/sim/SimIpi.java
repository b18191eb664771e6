package io.stalemate.sim;

import io.stalemate.machine.Ipi;

/** Interrupts between the CPUs of a world. One sent to a CPU whose interrupts are on is taken at once. */
final class SimIpi extends Gate implements Ipi {

  private final World world;
  private final int[] waitsFor = new int[64];
  private int cpuObjects;
  private long pending;
  private long off;

  SimIpi(World world) {
    this.world = world;
  }

  void reset(int firstCpuObject) {
    cpuObjects = firstCpuObject;
    pending = 0;
    off = 0;
    waiters = 0;
  }

  @Override
  public boolean admits(int task, int opcode) {
    return (pending >>> waitsFor[task] & 1) == 0;
  }

  @Override
  public void send(int cpu) {
    world.announce(Code.IPI_SEND, cpuObjects + cpu);
    if ((off >>> cpu & 1) != 0) {
      pending |= 1L << cpu;
    }
    world.record(Code.IPI_SEND, cpuObjects + cpu, cpu, pending >>> cpu & 1, 0, 0);
  }

  @Override
  public void sendAndWait(int cpu) {
    send(cpu);
    waitsFor[world.current()] = cpu;
    world.announce(Code.IPI_WAIT, cpuObjects + cpu, this);
    world.record(Code.IPI_WAIT, cpuObjects + cpu, cpu, 0, 0, 0);
  }

  @Override
  public boolean pending(int cpu) {
    return (pending >>> cpu & 1) != 0;
  }

  @Override
  public void take(int cpu) {
    world.announce(Code.IPI_TAKE, cpuObjects + cpu);
    pending &= ~(1L << cpu);
    world.changed(this);
    world.record(Code.IPI_TAKE, cpuObjects + cpu, cpu, 0, 0, 0);
  }

  @Override
  public void irqsOff(int cpu) {
    off |= 1L << cpu;
    world.record(Code.IRQS, cpuObjects + cpu, 1, cpu, 0, 0);
  }

  @Override
  public void irqsOn(int cpu) {
    off &= ~(1L << cpu);
    world.record(Code.IRQS, cpuObjects + cpu, 0, cpu, 0, 0);
    if (pending(cpu)) {
      take(cpu);
    }
  }
}
