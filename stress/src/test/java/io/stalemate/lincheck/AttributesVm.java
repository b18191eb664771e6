package io.stalemate.lincheck;

import static io.stalemate.linux.kvm.MemAttributes.KVM_MEMORY_ATTRIBUTE_PRIVATE;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.jvm.NativeMachine;
import io.stalemate.jvm.RcuCallbacks;
import io.stalemate.linux.kvm.ExitReason;
import io.stalemate.linux.kvm.MemAttributes;
import io.stalemate.linux.mm.UserAccess;
import io.stalemate.testbed.BootedVm;
import io.stalemate.testbed.GuestVcpu;
import java.util.Optional;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * A software-protected VM on x86 with one page, which the VMM makes private or shared while a vCPU loads from it.
 *
 * <p>Why not linearizable means harm here: the two kinds are different memory. A load that yields the shared page's
 * content after the call that made the page private has returned is a guest that trusts memory the host can write to;
 * the reverse is a guest that keeps memory which it was told is the host's again.
 */
public abstract class AttributesVm {

  private static final long GFN = 0;
  private static final long HVA = 1;
  // What the VMM's page holds; a page of guest_memfd is clear.
  private static final long OF_THE_VMM = 0x5A;
  private static final Vms VM = Vms.of("kvm-x86", """
      vm {
        eras = [v6.12]
        geometry { levels = 2, bits = 1 }
        host { mappings = [{ name = ram, hva = 1, pages = 1, populate = true }] }
        x86 { vm-type = sw-protected }
        guest-memfds = [{ name = gmem, pages = 1 }]
        memslots = [{ id = 0, gfn = 0, pages = 1, hva = ram, gmem = gmem }]
      }
      tasks = [{ name = attr0, kind = attributes, do = [{ do = set-attributes, gfn = 0, private = true }] }]
      """);

  private final NativeMachine m = new NativeMachine(1, RcuCallbacks.AT_BARRIER);
  private final MemAttributes memAttributes;
  private final GuestVcpu vcpu;

  /** A VM whose page is shared, with {@code race} in its text. */
  AttributesVm(Optional<String> race) {
    BootedVm vm = VM.setup(race).boot(m);
    this.memAttributes = vm.kvm().memAttributes;
    this.vcpu = vm.vcpu(1, 0);
    new UserAccess(vm.kvm().mm).copyToUser(HVA, OF_THE_VMM);
  }

  /** KVM_SET_MEMORY_ATTRIBUTES. */
  @Operation
  public int makePrivate() {
    return memAttributes.set(GFN, GFN + 1, KVM_MEMORY_ATTRIBUTE_PRIVATE);
  }

  /** The reverse. */
  @Operation
  public int makeShared() {
    return memAttributes.set(GFN, GFN + 1, 0);
  }

  /**
   * The guest loads; yields which memory it got. A fault that saw the attribute change leaves to the VMM, which has
   * nothing to convert: it runs the vCPU again.
   */
  @Operation(nonParallelGroup = "vcpu")
  public String guestLoad() {
    ExitReason left = vcpu.enter(GuestInstruction.load(GFN));
    while (left == ExitReason.MEMORY_FAULT) {
      left = vcpu.enter(GuestInstruction.load(GFN));
    }
    return left != ExitReason.SYSTEM_EVENT ? left.name() : m.tlb().loaded() == OF_THE_VMM ? "shared" : "private";
  }

  /** Fails if the text warned. */
  @Validate
  public void theTextDidNotWarn() {
    if (!m.warnings().isEmpty()) {
      throw new IllegalStateException("warnings: " + m.warnings());
    }
  }

  /** Specification: a page is private or shared. */
  public static class Kind {

    private String kind = "shared";

    /** It is private. */
    public int makePrivate() {
      kind = "private";
      return 0;
    }

    /** It is shared. */
    public int makeShared() {
      kind = "shared";
      return 0;
    }

    /** Which it is. */
    public String guestLoad() {
      return kind;
    }
  }
}
