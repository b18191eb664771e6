package io.stalemate.cpu;

import io.stalemate.machine.Access;

/**
 * One guest instruction, or one step of the guest's own stage-1 walk, that touches memory.
 *
 * @param access what it does
 * @param ipa intermediate physical address, in bytes
 * @param value data token to store; 0 for loads and fetches
 * @param stage1Walk the access is made by the guest's stage-1 walk on behalf of {@code access}
 * @param cacheMaintenance a data-cache maintenance instruction; {@code access} is then {@link Access#LOAD}, because it
 *     needs a translation and changes no data
 * @param decodable the syndrome describes it ({@code ESR_EL2.ISV}): a plain load or store of one register
 */
public record GuestInstruction(
    Access access, long ipa, long value, boolean stage1Walk, boolean cacheMaintenance, boolean decodable) {

  /** Loads from page {@code gfn}. */
  public static GuestInstruction load(long gfn) {
    return new GuestInstruction(Access.LOAD, gfn << StageTwoGeometry.PAGE_SHIFT, 0, false, false, true);
  }

  /** Stores the token {@code value} to page {@code gfn}. */
  public static GuestInstruction store(long gfn, long value) {
    return new GuestInstruction(Access.STORE, gfn << StageTwoGeometry.PAGE_SHIFT, value, false, false, true);
  }

  /** Fetches an instruction from page {@code gfn}. */
  public static GuestInstruction fetch(long gfn) {
    return new GuestInstruction(Access.FETCH, gfn << StageTwoGeometry.PAGE_SHIFT, 0, false, false, false);
  }

  /** The same access by the guest's stage-1 walk: it reads a table page of the guest's. */
  public GuestInstruction asStage1Walk() {
    return new GuestInstruction(access, ipa, 0, true, false, false);
  }

  /** The page it touches. */
  public long gfn() {
    return ipa >>> StageTwoGeometry.PAGE_SHIFT;
  }

  /** Whether an abort on it is an instruction abort. */
  boolean instructionFetch() {
    return access == Access.FETCH;
  }

  /** Whether an abort on it says so in WnR. A stage-1 walk reads, whatever it is made for. */
  boolean write() {
    return access == Access.STORE && !stage1Walk;
  }

  /** What the access does to the page of {@link #ipa}: a stage-1 walk reads it. */
  Access performed() {
    return stage1Walk ? Access.LOAD : access;
  }
}
