package io.stalemate.linux.arm64;

import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.Kvm;
import io.stalemate.linux.mm.MemMap;
import io.stalemate.linux.mm.Mte;
import io.stalemate.linux.mm.MteV515;
import java.util.function.Function;

/**
 * What is linked into a host whose CPUs have allocation tags, and into its VMs.
 *
 * @param host links the host's part: {@code mte.c}, {@code mteswap.c}
 * @param copyTags links the ioctl
 */
public record MteText(Function<MemMap, Mte> host, Function<Kvm, MteCopyTags> copyTags) {

  /** The text of {@code era}. */
  static MteText of(Era era) {
    return switch (era) {
      case V5_15 -> new MteText(MteV515::new, MteCopyTagsV515::new);
      case V6_2 -> new MteText(Mte::new, MteCopyTagsV62::new);
      case V6_8, V6_12 -> new MteText(Mte::new, MteCopyTags::new);
    };
  }

  /** The same with another host part. */
  public MteText withHost(Function<MemMap, Mte> f) {
    return new MteText(f, copyTags);
  }

  /** The same with another ioctl. */
  public MteText withCopyTags(Function<Kvm, MteCopyTags> f) {
    return new MteText(host, f);
  }
}
