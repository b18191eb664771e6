package io.stalemate.litmus.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.openjdk.jcstress.infra.runners.TestList;

/** The count that a run is held to. */
class TestClassesTest {

  @Test
  void everyTestClassIsOnTheListOfTheAnnotationProcessor() throws Exception {
    assertThat(TestClasses.names()).hasSizeGreaterThanOrEqualTo(20).isEqualTo(new TreeSet<>(TestList.tests()));
  }

  @Test
  void everyTestRunsOnTwoCpus() {
    assertThat(TestList.tests()).allSatisfy(test -> assertThat(TestList.getInfo(test).threads()).isEqualTo(2));
  }
}
