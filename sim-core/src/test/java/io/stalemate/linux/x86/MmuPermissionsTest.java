package io.stalemate.linux.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MmuPermissionsTest {

  private static final long[] ACCESS_BITS =
      {PfErrorCode.WRITE, PfErrorCode.USER, PfErrorCode.FETCH, PfErrorCode.IMPLICIT_ACCESS};

  private static final int DENIED = (int) PfErrorCode.PRESENT;
  private static final int DENIED_BY_KEY = (int) (PfErrorCode.PRESENT | PfErrorCode.PK);

  @Test
  void everyAccessInEveryModeIsJudgedAsTheArchitectureSays() {
    int judged = 0;
    for (int m = 0; m < 1 << 5; m++) {
      MmuPermissions.Mode mode = new MmuPermissions.Mode(bit(m, 0), bit(m, 1), bit(m, 2), bit(m, 3), bit(m, 4));
      MmuPermissions permissions = new MmuPermissions(mode);
      MmuPermissions before = new MmuPermissionsV68(mode);
      for (int pte = 0; pte < 8; pte++) {
        for (int a = 0; a < 1 << ACCESS_BITS.length; a++) {
          for (int rights = 0; rights < 8; rights++) {
            boolean ac = bit(rights, 2);
            int key = 5;
            // The rights of all other keys are the opposite, so that a wrong key shows.
            int pkru = ((rights & 3) << 2 * key) | ~(rights & 3) * 0x5555_5555 & ~(3 << 2 * key);
            assertThat(permissions.permissionFault(pte, key, access(a), ac, pkru))
                .as("%s pte %d access %x ac %s key %d", mode, pte, access(a), ac, rights & 3)
                .isEqualTo(architecture(mode, pte, access(a), ac, rights & 3));
            assertThat(before.permissionFault(pte, key, access(a), ac, pkru))
                .as("v6.8: %s pte %d access %x ac %s key %d", mode, pte, access(a), ac, rights & 3)
                .isEqualTo(architecture(mode, pte, access(a), ac, rights & 3));
            judged++;
          }
        }
      }
    }
    assertThat(judged).isEqualTo(32 * 8 * 16 * 8);
  }

  @Test
  void addingDiffersFromOringWhereTheAccessBringsRsvdAlready() {
    MmuPermissions.Mode mode = new MmuPermissions.Mode(true, true, true, true, true);
    MmuPermissions or = new MmuPermissions(mode);
    MmuPermissions add = new MmuPermissionsV68(mode);
    int differ = 0;
    for (int pfec = 0; pfec < 1 << 16; pfec++) {
      for (boolean flag : new boolean[] {false, true}) {
        boolean carries = flag && bit(pfec, 3);
        assertThat(or.withRsvd(pfec, flag)).as("pfec %x", pfec).isEqualTo(flag && !bit(pfec, 3) ? pfec + 8 : pfec);
        assertThat(add.withRsvd(pfec, flag) != or.withRsvd(pfec, flag)).as("pfec %x %s", pfec, flag).isEqualTo(carries);
        differ += carries ? 1 : 0;
      }
    }
    assertThat(differ).isEqualTo(1 << 15);
    // A load that brings RSVD, with SMAP out of force: the carry makes a fetch of it.
    assertThat(add.withRsvd((int) PfErrorCode.RSVD, true)).isEqualTo((int) PfErrorCode.FETCH);
  }

  /** "Determination of Access Rights" of the SDM, volume 3, rule by rule. */
  private static int architecture(
      MmuPermissions.Mode mode, int pte, long access, boolean ac, int keyRights) {
    boolean userPage = (pte & MmuPermissions.USER) != 0;
    boolean byUser = (access & PfErrorCode.USER) != 0;
    boolean implicit = (access & PfErrorCode.IMPLICIT_ACCESS) != 0;
    boolean fetch = (access & PfErrorCode.FETCH) != 0;
    boolean write = (access & PfErrorCode.WRITE) != 0;
    boolean allowed = true;
    if (byUser) {
      allowed &= userPage;
      allowed &= !write || (pte & MmuPermissions.WRITE) != 0;
    } else {
      boolean smapLetsThrough = !mode.smap() || (ac && !implicit);
      allowed &= fetch || !userPage || smapLetsThrough;
      allowed &= !write || !mode.wp() || (pte & MmuPermissions.WRITE) != 0;
      allowed &= !fetch || !userPage || !mode.smep();
    }
    allowed &= !fetch || !mode.nx() || (pte & MmuPermissions.EXEC) != 0;

    boolean keyed = mode.pke() && userPage && !fetch;
    boolean accessDisabled = (keyRights & 1) != 0;
    boolean writeDisabled = (keyRights & 2) != 0;
    boolean keyDenies = keyed && (accessDisabled || (write && writeDisabled && (byUser || mode.wp())));
    if (keyDenies) {
      return DENIED_BY_KEY;
    }
    return allowed ? 0 : DENIED;
  }

  private static long access(int combination) {
    long access = 0;
    for (int i = 0; i < ACCESS_BITS.length; i++) {
      access |= bit(combination, i) ? ACCESS_BITS[i] : 0;
    }
    return access;
  }

  private static boolean bit(int value, int bit) {
    return (value >>> bit & 1) != 0;
  }
}
