package io.stalemate.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import io.stalemate.cpu.GuestInstruction;
import io.stalemate.cpu.GuestStep;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.X86Action;
import io.stalemate.scenario.file.ScenarioFile;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class VcpuProgramTest {

  private static VcpuProgram of(String actions) {
    String text = "name=x,title=x,system=kvm-x86,vm{mmio=[1,2,3]},tasks=[{name=v0,kind=vcpu,do=[" + actions + "]}]";
    Scenario scenario = ScenarioFile.parse("x.scenario.conf", text.getBytes(StandardCharsets.UTF_8));
    return VcpuProgram.of(scenario.tasks().getFirst(), 0, new GuestAddresses(scenario));
  }

  @Test
  void accessesInARowAreOneProgram() {
    VcpuProgram program = of("{do=load,gfn=1,times=2},{do=fetch,gfn=2}");
    List<GuestStep> steps = List.of(GuestInstruction.load(1), GuestInstruction.load(1), GuestInstruction.fetch(2));
    assertThat(program.parts()).containsExactly(new VcpuProgram.Program(1, steps));
    assertThat(program.steps()).isEqualTo(steps);
  }

  @Test
  void anIoctlComesBetweenThePrograms() {
    assertThat(of("{do=pre-fault,gfn=1},{do=load,gfn=1},{do=pre-fault,gfn=2,pages=2,times=3},{do=load,gfn=3}").parts())
        .containsExactly(
            new VcpuProgram.Ioctl(0, new X86Action.PreFault(1, 1), 1),
            new VcpuProgram.Program(1, List.of(GuestInstruction.load(1))),
            new VcpuProgram.Ioctl(2, new X86Action.PreFault(2, 2), 3),
            new VcpuProgram.Program(3, List.of(GuestInstruction.load(3))));
  }

  @Test
  void everyStoreOfAVcpuWritesATokenOfItsOwn() {
    assertThat(of("{do=store,gfn=1,times=2},{do=pre-fault,gfn=2},{do=store,gfn=1}").steps())
        .extracting(step -> ((GuestInstruction) step).value()).doesNotHaveDuplicates().hasSize(3);
  }
}
