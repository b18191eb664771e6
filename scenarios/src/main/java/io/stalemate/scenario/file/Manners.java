package io.stalemate.scenario.file;

import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Manner;
import io.stalemate.scenario.SystemUnderTest;
import java.util.List;

/** Reads how a guest makes an access: the keys that load, store and fetch share. */
final class Manners {

  private Manners() {}

  /** Reads the manner of the access {@code at}. */
  static Manner read(Section at, SystemsReader.Systems systems, X86Reader x86) {
    for (String key : List.of("undecodable", "failing", "stage1-table", "stage1-update")) {
      if (at.has(key) && systems.has(SystemUnderTest.KVM_X86)) {
        throw at.refused(key, key + " in an access on " + systems.text() + "; it belongs to system 'kvm-arm64'");
      }
    }
    long table = at.number("stage1-table", 0, Limits.GFNS - 1, (int) Manner.NO_TABLE);
    boolean updates = at.flag("stage1-update", false);
    if (updates && table == Manner.NO_TABLE) {
      throw at.refused("stage1-update", "stage1-update without 'stage1-table'; the gfn of the table is needed");
    }
    return new Manner(at.number("offset", 0, Limits.PAGE_BYTES - 1, 0), at.flag("undecodable", false),
        at.flag("failing", false), table, updates, x86.isPrivate(at));
  }
}
