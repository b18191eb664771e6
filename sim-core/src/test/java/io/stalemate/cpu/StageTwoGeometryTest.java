package io.stalemate.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class StageTwoGeometryTest {

  @Test
  void theRealShapeHasTheArchitecturesSizes() {
    StageTwoGeometry real = StageTwoGeometry.REAL;
    assertThat(real.firstLevel()).isZero();
    assertThat(real.ipaBits()).isEqualTo(48);
    assertThat(real.granule(3)).isEqualTo(4096);
    assertThat(real.granule(2)).isEqualTo(2 << 20);
    assertThat(real.granule(1)).isEqualTo(1 << 30);
  }

  @Test
  void smallShapesKeepTheLastLevelsNumber() {
    StageTwoGeometry small = new StageTwoGeometry(2, 1);
    assertThat(small.firstLevel()).isEqualTo(2);
    assertThat(small.ipaBits()).isEqualTo(14);
    assertThat(small.pages(2)).isEqualTo(2);
  }

  @Test
  void entriesPartitionTheAddressSpace() {
    StageTwoGeometry small = new StageTwoGeometry(3, 2);
    for (int level = small.firstLevel(); level <= StageTwoGeometry.LAST_LEVEL; level++) {
      for (long ipa = 0; ipa < 1L << small.ipaBits(); ipa += StageTwoGeometry.PAGE_SIZE) {
        assertThat(small.entryStart(ipa, level)).isLessThanOrEqualTo(ipa);
        assertThat(small.entryEnd(ipa, level)).isGreaterThan(ipa);
        assertThat(small.index(ipa, level)).isEqualTo(small.index(small.entryStart(ipa, level), level));
      }
    }
  }

  @Test
  void impossibleShapesAreRefused() {
    assertThatThrownBy(() -> new StageTwoGeometry(5, 9)).hasMessage("stage-2 levels: 5; allowed are 2 to 4");
    assertThatThrownBy(() -> new StageTwoGeometry(3, 10)).hasMessage("stage-2 bits per level: 10; allowed are 1 to 9");
  }
}
