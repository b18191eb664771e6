package io.stalemate.cpu.x86;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;

/**
 * A vCPU's page-modification log: the pages that got a dirty flag, filled by hardware from the end while the vCPU is in
 * the guest and emptied by the kernel when it is out (Intel SDM, volume 3, "Page-Modification Logging").
 */
public final class PmlBuffer {

  /** {@code PML_ENTITY_NUM}. model: 2, so that a short run fills the log; hardware has 512. */
  public static final int ENTRIES = 2;

  // Hardware's and the kernel's in turn, on the task that runs the vCPU: plain.
  private final Word index;
  private final WordArray log;

  /** The log of vCPU {@code vcpu}, empty. */
  public PmlBuffer(Machine m, int vcpu) {
    this.index = m.word("pml_index", vcpu, ENTRIES - 1);
    this.log = m.words("pml[" + vcpu + "]", ENTRIES);
  }

  /** {@code GUEST_PML_INDEX}: the entry that is filled next; -1 if the log is full. */
  public int index() {
    return (int) index.read();
  }

  /** The gfn in entry {@code i}, which is above {@link #index}. */
  public long gfn(int i) {
    return log.at(i).read() >>> EptGeometry.PAGE_SHIFT;
  }

  /** Empties the log. */
  public void reset() {
    index.write(ENTRIES - 1);
  }

  /** Hardware logs that {@code gfn} got a dirty flag; the log is not full. */
  void push(long gfn) {
    int at = index();
    log.at(at).write(gfn << EptGeometry.PAGE_SHIFT);
    index.write(at - 1);
  }
}
