package io.stalemate.cpu;

import io.stalemate.machine.Access;
import io.stalemate.machine.Pages;

/**
 * One guest instruction, or one step of the guest's own stage-1 walk, that touches memory.
 *
 * @param access what it does
 * @param ipa intermediate physical address, in bytes
 * @param far virtual address, in bytes; equals {@code ipa} but for steps of a stage-1 walk, which touch a table page on
 *     behalf of another address
 * @param value data token to store; 0 for loads and fetches
 * @param stage1Walk the access is made by the guest's stage-1 walk on behalf of {@code access}
 * @param updates a step of a stage-1 walk that sets a flag in the descriptor (FEAT_HAFDBS), which is a store
 * @param cacheMaintenance a data-cache maintenance instruction; {@code access} is then {@link Access#LOAD}, because it
 *     needs a translation and changes no data
 * @param decodable the syndrome describes it ({@code ESR_EL2.ISV}): a plain load or store of one register
 * @param external memory answers its first attempt with an error
 * @param privateAccess the guest wants it private: the encryption bit of its own tables (SEV)
 */
public record GuestInstruction(
    Access access,
    long ipa,
    long far,
    long value,
    boolean stage1Walk,
    boolean updates,
    boolean cacheMaintenance,
    boolean decodable,
    boolean external,
    boolean privateAccess) implements GuestStep {

  /** Loads from page {@code gfn}. */
  public static GuestInstruction load(long gfn) {
    return at(Access.LOAD, gfn, 0, true);
  }

  /** Stores the token {@code value} to page {@code gfn}. */
  public static GuestInstruction store(long gfn, long value) {
    return at(Access.STORE, gfn, value, true);
  }

  /** Fetches an instruction from page {@code gfn}. */
  public static GuestInstruction fetch(long gfn) {
    return at(Access.FETCH, gfn, 0, false);
  }

  /** Loads the tags ({@code LDG}) of the half of page {@code gfn} that {@code word} names. */
  public static GuestInstruction loadTags(long gfn, int word) {
    return at(Access.LOAD_TAGS, gfn, 0, false).offsetBy(word * (StageTwoGeometry.PAGE_SIZE / Pages.TAG_WORDS));
  }

  /** Stores {@code value} as the tags ({@code STG}) of the half of page {@code gfn} that {@code word} names. */
  public static GuestInstruction storeTags(long gfn, int word, long value) {
    return at(Access.STORE_TAGS, gfn, value, false).offsetBy(word * (StageTwoGeometry.PAGE_SIZE / Pages.TAG_WORDS));
  }

  /** Cleans or invalidates the data cache for page {@code gfn} ({@code DC CVAC} and the like). */
  public static GuestInstruction cacheMaintenance(long gfn) {
    GuestInstruction load = at(Access.LOAD, gfn, 0, false);
    return new GuestInstruction(load.access, load.ipa, load.far, 0, false, false, true, false, false, false);
  }

  private static GuestInstruction at(Access access, long gfn, long value, boolean decodable) {
    long ipa = gfn << StageTwoGeometry.PAGE_SHIFT;
    return new GuestInstruction(access, ipa, ipa, value, false, false, false, decodable, false, false);
  }

  /** The same access by the guest's stage-1 walk: it reads a table page of the guest's. */
  public GuestInstruction asStage1Walk() {
    return new GuestInstruction(access, ipa, far, 0, true, false, false, false, false, privateAccess);
  }

  /** The step of the stage-1 walk for this access that reads its descriptor in page {@code tableGfn}. */
  public GuestInstruction walkingIn(long tableGfn) {
    long ipa = tableGfn << StageTwoGeometry.PAGE_SHIFT;
    return new GuestInstruction(access, ipa, far, 0, true, false, false, false, false, privateAccess);
  }

  /** The step that sets a flag in its descriptor in page {@code tableGfn}; the descriptor becomes {@code token}. */
  public GuestInstruction updatingIn(long tableGfn, long token) {
    long ipa = tableGfn << StageTwoGeometry.PAGE_SHIFT;
    return new GuestInstruction(access, ipa, far, token, true, true, false, false, false, privateAccess);
  }

  /** The same {@code bytes} further on in its page. */
  public GuestInstruction offsetBy(long bytes) {
    return new GuestInstruction(
        access, ipa + bytes, far + bytes, value, stage1Walk, updates, cacheMaintenance, decodable, external,
        privateAccess);
  }

  /** The same through virtual page {@code page}, which the guest's stage 1 maps to its page. */
  public GuestInstruction mappedAt(long page) {
    long virtual = page << StageTwoGeometry.PAGE_SHIFT | far & (StageTwoGeometry.PAGE_SIZE - 1);
    return new GuestInstruction(
        access, ipa, virtual, value, stage1Walk, updates, cacheMaintenance, decodable, external, privateAccess);
  }

  /** The same by an instruction that the syndrome does not describe: a pair, or one with writeback. */
  public GuestInstruction undecodable() {
    return new GuestInstruction(
        access, ipa, far, value, stage1Walk, updates, cacheMaintenance, false, external, privateAccess);
  }

  /** The same, but memory answers the first attempt with an error. */
  public GuestInstruction failing() {
    return new GuestInstruction(
        access, ipa, far, value, stage1Walk, updates, cacheMaintenance, decodable, true, privateAccess);
  }

  /** The same, but the guest wants private memory. */
  public GuestInstruction asPrivate() {
    return new GuestInstruction(
        access, ipa, far, value, stage1Walk, updates, cacheMaintenance, decodable, external, true);
  }

  /** The page it touches. */
  public long gfn() {
    return ipa >>> StageTwoGeometry.PAGE_SHIFT;
  }

  /** Which tag word of its page it touches. */
  int tagWord() {
    return (int) ((ipa & StageTwoGeometry.PAGE_SIZE - 1) / (StageTwoGeometry.PAGE_SIZE / Pages.TAG_WORDS));
  }

  /** Whether an abort on it is an instruction abort. */
  boolean instructionFetch() {
    return access == Access.FETCH;
  }

  /** Whether an abort on it says so in WnR. A stage-1 walk reads, whatever it is made for. */
  boolean write() {
    return (access == Access.STORE || access == Access.STORE_TAGS) && !stage1Walk;
  }

  /** What the access does to the page of {@link #ipa}: a stage-1 walk reads it unless it sets a flag there. */
  public Access performed() {
    if (!stage1Walk) {
      return access;
    }
    return updates ? Access.STORE : Access.LOAD;
  }
}
