package io.stalemate.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the VMM's allocator knows of memslots at gfns that the file chose, and of devices. */
class AddressAllocatorCommandTest {

  private static final String TEXT = """
      name = places
      title = "Places that the file chose, and places that the allocator chooses"
      vm {
        host { mappings = [{ name = ram, hva = 16, pages = 16 }] }
        memslots = [{ id = 0, gfn = 0, pages = 1, hva = ram }]
        VM
      }
      tasks = [{ name = s0, kind = memslot, do = [ACTIONS] }TASKS]
      outcomes = [
        { name = right, class = acceptable, when = "RIGHT" }
        { name = wrong, class = forbidden, when = "not (RIGHT)" }
      ]
      """;

  @TempDir
  Path folder;

  private void passes(String vm, String actions, String tasks, String right) throws IOException {
    Path file = folder.resolve("places.scenario.conf");
    Files.writeString(file,
        TEXT.replace("VM", vm).replace("ACTIONS", actions).replace("TASKS", tasks).replace("RIGHT", right));
    Cli.expect(ExitCode.PASS, "run", file.toString(), "--runs", "300");
  }

  private static String create(int id, String gfn, int pages) {
    return "{ do = slot-create, id = " + id + ", gfn = " + gfn + ", pages = " + pages + ", hva = ram }\n";
  }

  @Test
  void aFixedSlotIsTakenFromItsCreationToItsDeletion() throws IOException {
    passes("vmm {}", create(1, "1", 3) + create(2, "4", 4) + create(3, "allocate", 8) + create(4, "allocate", 1)
        + "{ do = slot-delete, id = 2 }\n" + create(5, "allocate", 4), "",
        "returned(s0, 2) == 0 and returned(s0, 3) == -ENOMEM and returned(s0, 5) == 0");
  }

  @Test
  void aSlotOfTheVmLeavesItsPlaceWhenItMovesOrGoes() throws IOException {
    passes("vmm { carve-outs = [{ gfn = 1, pages = 7 }, { gfn = 9, pages = 7 }] }", create(1, "allocate", 1)
        + "{ do = slot-delete, id = 1 }, { do = slot-move, id = 0, gfn = 8 }\n" + create(2, "allocate", 1)
        + create(3, "allocate", 1) + "{ do = slot-delete, id = 0 }\n" + create(4, "allocate", 1), "",
        "returned(s0, 0) == 0 and returned(s0, 3) == 0 and returned(s0, 4) == -ENOMEM and returned(s0, 6) == 0");
  }

  @Test
  void aSlotThatTheKernelRefusesTakesNothing() throws IOException {
    passes("vmm { carve-outs = [{ gfn = 1, pages = 14 }] }", create(1, "0", 16) + create(2, "allocate", 1), "",
        "returned(s0, 0) == -EEXIST and returned(s0, 1) == 0");
  }

  @Test
  void ucallsStayClearOfDevices() throws IOException {
    passes("bus = [1], mmio-guard { gicv2 = 2 }, vmm { ucall = allocate }", create(1, "allocate", 8),
        ", { name = v0, kind = vcpu, do = [{ do = ucall }] }", "count(kvm_userspace_exit, v0) == 1");
  }
}
