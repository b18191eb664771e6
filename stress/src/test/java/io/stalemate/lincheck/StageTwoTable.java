package io.stalemate.lincheck;

import static io.stalemate.linux.arm64.PgtableWalker.HANDLE_FAULT;
import static io.stalemate.linux.arm64.PgtableWalker.SHARED;

import io.stalemate.cpu.StageTwoGeometry;
import io.stalemate.cpu.StageTwoPte;
import io.stalemate.jvm.NativeMachine;
import io.stalemate.jvm.RcuCallbacks;
import io.stalemate.linux.Errno;
import io.stalemate.linux.arm64.Arm64Text;
import io.stalemate.linux.arm64.KvmPgtable;
import io.stalemate.linux.arm64.PgtableProt;
import io.stalemate.linux.arm64.TablePages;
import io.stalemate.linux.kvm.Era;
import io.stalemate.linux.kvm.MmuMemoryCache;
import io.stalemate.machine.Rwlock;
import io.stalemate.machine.Tlb;
import io.stalemate.machine.Word;
import io.stalemate.race.Races;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.jetbrains.lincheck.datastructures.LongGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * A stage-2 table of four pages, two to a block, as KVM uses it: faults hold {@code mmu_lock} for reading and start
 * again when they lose a race, all else holds it for writing. Entries are told in
 * words, see {@link #text}.
 */
@Param(name = "gfn", gen = LongGen.class, conf = "0:2")
@Param(name = "copy", gen = LongGen.class, conf = "0:1")
public abstract class StageTwoTable {

  private static final long PAGE = StageTwoGeometry.PAGE_SIZE;
  private static final long GFNS = 4;
  private static final StageTwoGeometry SMALL = new StageTwoGeometry(2, 1);
  private static final int READ = PgtableProt.R;
  private static final int READ_WRITE = PgtableProt.R | PgtableProt.W;
  // The first copy of the memory; the second follows it.
  private static final long MEMORY = 0x1000;
  private static final int THREADS_MAX = 4;

  private final NativeMachine m = new NativeMachine(1, RcuCallbacks.AT_BARRIER);
  private final Rwlock mmuLock = m.rwlock("mmu_lock");
  private final KvmPgtable pgt;
  // Where the host has the memory; changed with mmu_lock held for writing, so that all faults map the same.
  private final Word copy = m.word("copy", 0);
  // By thread. Each holds one page, so that one which was filled before does not see what is freed since.
  private final MmuMemoryCache[] caches = new MmuMemoryCache[THREADS_MAX];

  /** An empty table of {@code era}, with {@code race} in its text. */
  StageTwoTable(Era era, Optional<String> race) {
    Arm64Text correct = Arm64Text.of(era, SMALL);
    Arm64Text text = race.map(name -> Races.byName(name).patch(correct)).orElse(correct);
    TablePages mmOps = new TablePages(m, SMALL);
    long pgd = mmOps.zallocPagesExact();
    this.pgt = text.pgtable().link(mmOps, text.tlb().link(m, text.features()), 1, pgd, text.features());
    for (int thread = 0; thread < THREADS_MAX; thread++) {
      caches[thread] = new MmuMemoryCache(m, "mmu_page_cache", thread, SMALL.entries(), 1, 0);
    }
  }

  /** A vCPU loads from the page, which is mapped read-only if it is not. Yields its entry. */
  @Operation
  public String load(@Param(gen = ThreadIdGen.class) int thread, @Param(name = "gfn") long gfn) {
    String[] mapped = {""};
    return fault(thread, gfn, leaf -> StageTwoPte.valid(leaf.pte()), leaf -> {
      mapped[0] = "copy " + copy.read() + " ro";
      return map(thread, gfn, 1, READ);
    }).map(leaf -> text(gfn, leaf)).orElseGet(() -> mapped[0]);
  }

  /** A vCPU stores to the page, if it is mapped: a permission fault relaxes what the leaf permits. */
  @Operation
  public void store(@Param(gen = ThreadIdGen.class) int thread, @Param(name = "gfn") long gfn) {
    fault(thread, gfn, leaf -> leaf.pte() == 0 || writable(leaf), leaf -> relax(gfn));
  }

  /** A vCPU stores to the page while stores are logged: a page is mapped, out of a block if need be. */
  public void storeLogged(int thread, long gfn) {
    fault(thread, gfn, leaf -> writable(leaf) && isPage(leaf),
        leaf -> isPage(leaf) ? relax(gfn) : map(thread, gfn, 1, READ_WRITE));
  }

  /** A vCPU loads from the page, and the host has a block to map: tables go once RCU allows. */
  public void collapse(int thread, long gfn) {
    fault(thread, gfn, leaf -> StageTwoPte.valid(leaf.pte()) && !isPage(leaf),
        leaf -> map(thread, gfn & ~1L, 2, READ));
  }

  /** Whether there is nothing to do about a leaf. */
  private interface Enough {
    boolean is(KvmPgtable.Leaf leaf);
  }

  /** What is done about it otherwise; yields 0 or a negative errno. */
  private interface Remedy {
    int apply(KvmPgtable.Leaf leaf);
  }

  /**
   * A fault, from the start as often as it loses a race. What is another's or bears a note is left alone.
   *
   * @return the leaf there was nothing to do about; empty if something was done
   */
  private Optional<KvmPgtable.Leaf> fault(int thread, long gfn, Enough enough, Remedy remedy) {
    while (true) {
      caches[thread].topup(1);
      mmuLock.readLock();
      KvmPgtable.Leaf leaf = pgt.getLeaf(gfn * PAGE);
      boolean isTaken = !StageTwoPte.valid(leaf.pte()) && !StageTwoPte.locked(leaf.pte()) && leaf.pte() != 0;
      boolean isEnough = isTaken || enough.is(leaf);
      int ret = isEnough ? 0 : remedy.apply(leaf);
      mmuLock.readUnlock();
      if (ret == 0) {
        return isEnough ? Optional.of(leaf) : Optional.empty();
      }
      if (ret != -Errno.EAGAIN) {
        throw new IllegalStateException("the fault yields " + ret);
      }
      m.retrying();
    }
  }

  private int relax(long gfn) {
    return pgt.stage2RelaxPerms(gfn * PAGE, READ_WRITE, SHARED | HANDLE_FAULT, 0);
  }

  private int map(int thread, long gfn, long pages, int prot) {
    long pfn = MEMORY + copy.read() * GFNS + gfn;
    return pgt.stage2Map(gfn * PAGE, pages * PAGE, pfn * PAGE, prot, caches[thread], SHARED | HANDLE_FAULT);
  }

  /** The host copies its memory to other frames: all is unmapped, and mapped from copy {@code to} when it faults. */
  @Operation
  public int move(@Param(name = "copy") long to) {
    return exclusively(() -> {
      copy.write(to);
      return pgt.stage2Unmap(0, GFNS * PAGE);
    });
  }

  /** The page is unmapped, a block with its other page. */
  @Operation
  public int unmap(@Param(name = "gfn") long gfn) {
    return exclusively(() -> pgt.stage2Unmap(gfn * PAGE, PAGE));
  }

  /** Stores to the page fault from now on. */
  @Operation
  public int wrprotect(@Param(name = "gfn") long gfn) {
    return exclusively(() -> pgt.stage2Wrprotect(gfn * PAGE, PAGE));
  }

  /** The page bears a note in place of a leaf. */
  @Operation
  public int annotate(@Param(gen = ThreadIdGen.class) int thread, @Param(name = "gfn") long gfn) {
    caches[thread].topup(1);
    return exclusively(() -> pgt.stage2Annotate(gfn * PAGE, PAGE, caches[thread], 5));
  }

  /** The page is another's. */
  @Operation
  public int setOwner(@Param(gen = ThreadIdGen.class) int thread, @Param(name = "gfn") long gfn) {
    caches[thread].topup(1);
    return exclusively(() -> pgt.stage2SetOwner(gfn * PAGE, PAGE, caches[thread], 1));
  }

  private int exclusively(IntSupplier change) {
    mmuLock.writeLock();
    int ret = change.getAsInt();
    mmuLock.writeUnlock();
    return ret;
  }

  /** Yields the page's entry. */
  @Operation
  public String getLeaf(@Param(name = "gfn") long gfn) {
    mmuLock.writeLock();
    KvmPgtable.Leaf leaf = pgt.getLeaf(gfn * PAGE);
    mmuLock.writeUnlock();
    return text(gfn, leaf);
  }

  /** RCU callbacks run, after a grace period each. */
  public void reclaim() {
    m.rcuBarrier();
  }

  /** Unmaps all; yields how many entries of the root are left. */
  public long unmapAll() {
    exclusively(() -> pgt.stage2Unmap(0, GFNS * PAGE));
    return pgt.mmOps().pageCount(pgt.pgd()) - 1;
  }

  /** Fails if the text warned. */
  @Validate
  public void theTextDidNotWarn() {
    if (!m.warnings().isEmpty()) {
      throw new IllegalStateException("warnings: " + m.warnings());
    }
  }

  private static boolean isPage(KvmPgtable.Leaf leaf) {
    return StageTwoPte.valid(leaf.pte()) && leaf.level() == StageTwoGeometry.LAST_LEVEL;
  }

  private static boolean writable(KvmPgtable.Leaf leaf) {
    return StageTwoPte.valid(leaf.pte()) && (StageTwoPte.permissions(leaf.pte()) & Tlb.WRITE) != 0;
  }

  private static long copyOf(KvmPgtable.Leaf leaf) {
    return (StageTwoPte.pfn(leaf.pte()) - MEMORY) / GFNS;
  }

  /** An entry in words: {@code copy 1 rw}, or {@code page of another gfn}, {@code note 5}, {@code owner 1}, "". */
  private static String text(long gfn, KvmPgtable.Leaf leaf) {
    long pte = leaf.pte();
    if (StageTwoPte.valid(pte)) {
      long first = MEMORY + copyOf(leaf) * GFNS + (isPage(leaf) ? gfn : gfn & ~1L);
      return StageTwoPte.pfn(pte) == first ? "copy " + copyOf(leaf) + (writable(leaf) ? " rw" : " ro")
          : "page of another gfn";
    }
    if (StageTwoPte.locked(pte)) {
      return "locked";
    }
    return StageTwoPte.owner(pte) != 0 ? "owner " + StageTwoPte.owner(pte)
        : StageTwoPte.note(pte) != 0 ? "note " + StageTwoPte.note(pte) : "";
  }
}
