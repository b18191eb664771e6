package io.stalemate.testbed;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.linux.arm64.CopyMteTags;
import io.stalemate.linux.arm64.MteCopyTags;
import io.stalemate.linux.arm64.UserTags;
import io.stalemate.machine.Machine;
import io.stalemate.machine.Pages;
import io.stalemate.machine.Tracepoint;
import io.stalemate.scenario.CopyTags;
import io.stalemate.scenario.Repeated;
import io.stalemate.scenario.Task;

/** A thread of the VMM that copies tags. */
final class MteThread {

  // Tokens of guest programs are below.
  private static final int FIRST_TOKEN = 0x8000;

  private final Machine m;
  private final MteCopyTags ioctl;
  private final Task task;
  private final int number;

  MteThread(Machine m, MteCopyTags ioctl, Task task, int number) {
    this.m = m;
    this.ioctl = ioctl;
    this.task = task;
    this.number = number;
  }

  /** Performs the task's actions. Every tag word it writes is a token of its own. */
  void run() {
    int tokens = FIRST_TOKEN;
    for (int i = 0; i < task.actions().size(); i++) {
      Repeated repeated = task.actions().get(i);
      long ret = 0;
      for (int n = 0; n < repeated.times() && repeated.action() instanceof CopyTags copy; n++) {
        long[] tags = new long[(int) (copy.gfnEnd() - copy.gfn()) * Pages.TAG_WORDS];
        for (int word = 0; copy.write() && word < tags.length; word++) {
          tags[word] = (number + 1L) << 16 | tokens++;
        }
        ret = ioctl.kvmVmIoctlMteCopyTags(args(copy, new UserTags(tags, copy.faultAt())));
      }
      m.trace(Tracepoint.RETURN, i, ret);
    }
  }

  private static CopyMteTags args(CopyTags copy, UserTags user) {
    long direction = copy.write() ? CopyMteTags.TAGS_TO_GUEST : CopyMteTags.TAGS_FROM_GUEST;
    return new CopyMteTags((copy.gfn() << StageTwoGeometry.PAGE_SHIFT) + copy.offset(), copy.length(),
        direction | copy.flagBits(), copy.reserved(), 0, user);
  }
}
