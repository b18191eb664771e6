package io.stalemate.linux.kvm;

import io.stalemate.machine.Machine;
import io.stalemate.machine.Word;

/**
 * {@code struct kvm_async_pf}: a fault whose page is being brought in by a worker. Written by the vCPU before it is
 * queued. model: it lies in a frame of its own, so that whoever uses it too long is seen.
 *
 * @param m the machine
 * @param work its frame
 */
public record KvmAsyncPf(Machine m, long work) {

  // Links of the three lists that it may be in.
  static final int ENTRY = 0;
  static final int QUEUE = 1;
  static final int LINK = 2;
  /** Words of the frame. */
  static final int WORDS = 8;

  private static final int GPA = 3;
  private static final int ADDR = 4;
  private static final int TOKEN = 5;
  private static final int ERROR_CODE = 6;
  private static final int VCPU = 7;

  /** {@code cr2_or_gpa}: byte address that the guest touched. */
  public Word gpa() {
    return word(GPA);
  }

  /** {@code addr}: hva page. */
  public Word addr() {
    return word(ADDR);
  }

  /** {@code arch.token}. */
  public Word token() {
    return word(TOKEN);
  }

  /** {@code arch.error_code} (v6.11). */
  public Word errorCode() {
    return word(ERROR_CODE);
  }

  /** {@code vcpu}: its id. */
  Word vcpu() {
    return word(VCPU);
  }

  private Word word(int index) {
    return m.pages().words(work).at(index);
  }
}
