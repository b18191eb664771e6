package io.stalemate.linux.arm64.nvhe;

/** {@code enum pkvm_component_id}: who can own pages. The ordinal is the owner id in entries of the host's table. */
public enum PkvmComponent {
  /** The host. Id 0 is the owner of the table, whose entries need no note. */
  HOST,
  /** The hypervisor itself. */
  HYP,
  /** The secure world behind the FF-A proxy, which has no table here. */
  FFA
}
