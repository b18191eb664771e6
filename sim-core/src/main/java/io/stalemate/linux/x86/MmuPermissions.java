package io.stalemate.linux.x86;

import io.stalemate.machine.KernelFunction;

/**
 * What a guest's own page tables permit, as {@code struct kvm_mmu} keeps it: tables computed once for a paging mode, so
 * that a check is a lookup. Follows {@code arch/x86/kvm/mmu.h} and {@code mmu/mmu.c} of v6.11.
 *
 * <p>{@code pteAccess} is of {@link #EXEC}, {@link #WRITE} and {@link #USER}: what the guest's entry grants.
 */
public class MmuPermissions {

  public static final int EXEC = 1;
  public static final int WRITE = 1 << 1;
  public static final int USER = 1 << 2;

  /** Error-code combinations that the tables are indexed by: WRITE, USER, RSVD, FETCH without PRESENT. */
  private static final int COMBINATIONS = 16;

  private static final int PKEY_BITS = 2;

  // One byte for each combination; bit n is set if the access faults on an entry with access n.
  private final int[] permissions = new int[COMBINATIONS];
  // Two bits for each combination, access-disable and write-disable: whether PKRU's bits count there.
  private final int pkruMask;

  /**
   * A guest's paging mode.
   *
   * @param wp CR0.WP: supervisor writes obey read-only entries
   * @param nx EFER.NX: entries may forbid execution
   * @param smep CR4.SMEP: the supervisor executes no user pages
   * @param smap CR4.SMAP: the supervisor touches user pages only with EFLAGS.AC
   * @param pke CR4.PKE: user pages have protection keys
   */
  public record Mode(boolean wp, boolean nx, boolean smep, boolean smap, boolean pke) {}

  /** The tables for {@code mode}. */
  public MmuPermissions(Mode mode) {
    for (int index = 0; index < COMBINATIONS; index++) {
      permissions[index] = permissionByte(mode, index << 1);
    }
    pkruMask = mode.pke() ? updatePkruBitmask(mode) : 0;
  }

  /** Yields the byte of one error code: bit n says that the access faults on an entry with access n. */
  @KernelFunction(
      value = "update_permission_bitmask",
      file = "arch/x86/kvm/mmu/mmu.c",
      version = "v5.15-v6.12",
      elided = "EPT, where nested tables have no supervisor")
  private static int permissionByte(Mode mode, int pfec) {
    boolean write = (pfec & PfErrorCode.WRITE) != 0;
    boolean user = (pfec & PfErrorCode.USER) != 0;
    boolean fetch = (pfec & PfErrorCode.FETCH) != 0;
    // No access that is checked has a reserved-bit fault: in the index the flag says that SMAP does not apply.
    boolean smapDisabled = (pfec & PfErrorCode.RSVD) != 0;
    int faults = 0;
    for (int pteAccess = 0; pteAccess < 8; pteAccess++) {
      boolean userPage = (pteAccess & USER) != 0;
      boolean fault = user && !userPage;
      fault |= write && (pteAccess & WRITE) == 0 && (user || mode.wp());
      fault |= fetch && (pteAccess & EXEC) == 0 && mode.nx();
      fault |= fetch && mode.smep() && !user && userPage;
      fault |= !fetch && mode.smap() && !user && userPage && !smapDisabled;
      faults |= fault ? 1 << pteAccess : 0;
    }
    return faults;
  }

  /** Yields, two bits for each error code, which of PKRU's bits count. RSVD in the index means a user page here. */
  @KernelFunction(value = "update_pkru_bitmask", file = "arch/x86/kvm/mmu/mmu.c", version = "v5.15-v6.12")
  private static int updatePkruBitmask(Mode mode) {
    int mask = 0;
    for (int index = 0; index < COMBINATIONS; index++) {
      int pfec = index << 1;
      boolean checkAccess = (pfec & PfErrorCode.FETCH) == 0 && (pfec & PfErrorCode.RSVD) != 0;
      boolean checkWrite = checkAccess
          && (pfec & PfErrorCode.WRITE) != 0
          && ((pfec & PfErrorCode.USER) != 0 || mode.wp());
      mask |= ((checkAccess ? 1 : 0) | (checkWrite ? 2 : 0)) << pfec;
    }
    return mask;
  }

  /**
   * Whether the guest's entry denies an access: 0, or the error code's PRESENT and PK bits for the fault to inject.
   *
   * @param pteAccess what the entry grants
   * @param ptePkey the entry's protection key, 0 to 15
   * @param access WRITE, USER, FETCH and IMPLICIT_ACCESS of {@link PfErrorCode}
   * @param eflagsAc the guest's EFLAGS.AC
   * @param pkru the guest's PKRU
   */
  @KernelFunction(value = "permission_fault", file = "arch/x86/kvm/mmu.h", version = "v6.11-v6.12",
      elided = "the warning of PK or RSVD in the access, which no caller brings")
  public int permissionFault(int pteAccess, int ptePkey, long access, boolean eflagsAc, int pkru) {
    int pfec = (int) access;
    // With AC set, explicit accesses are let through; the CPU's own to system structures never are.
    boolean notSmap = eflagsAc && (access & PfErrorCode.IMPLICIT_ACCESS) == 0;
    int index = withRsvd(pfec, notSmap) >> 1;
    boolean fault = (permissions[index] >> pteAccess & 1) != 0;
    int errorCode = (int) PfErrorCode.PRESENT;
    if (pkruMask != 0) {
      int pkruBits = pkru >>> ptePkey * PKEY_BITS & 3;
      int offset = withRsvd((int) (pfec & ~PfErrorCode.PRESENT), (pteAccess & USER) != 0);
      pkruBits &= pkruMask >>> offset;
      if (pkruBits != 0) {
        errorCode |= (int) PfErrorCode.PK;
        fault = true;
      }
    }
    return fault ? errorCode : 0;
  }

  /** Yields {@code pfec} with {@code flag} in the place of RSVD. OR, where releases before added: see the subclass. */
  protected int withRsvd(int pfec, boolean flag) {
    return (int) (pfec | (flag ? PfErrorCode.RSVD : 0));
  }
}
