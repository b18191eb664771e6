package io.stalemate.linux;

import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.x86.X86Text;
import java.util.Arrays;
import java.util.List;

/** An architecture that the kernel text is built for: with its own files and with those that all share. */
enum KernelArch {
  ARM64("arm64", Arm64Text.ERAS),
  X86("x86", X86Text.ERAS);

  private final String folder;
  private final List<Era> eras;

  KernelArch(String folder, List<Era> eras) {
    this.folder = folder;
    this.eras = eras;
  }

  /** Yields those that build {@code file}, a path below the kernel's root; none for an architecture not rendered. */
  static List<KernelArch> building(String file) {
    return Arrays.stream(values())
        .filter(arch -> !file.startsWith("arch/") || file.startsWith("arch/" + arch.folder + "/")).toList();
  }

  /** The kernel's name for it. */
  String folder() {
    return folder;
  }

  /** The releases that are rendered for it. */
  List<Era> eras() {
    return eras;
  }
}
