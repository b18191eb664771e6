/**
 * Litmus tests of the protocol on real threads, by JCStress: two actors, a table of outcomes, a reason for each. A
 * shape is one file: what the actors do, which is kernel text where there is some, on the smallest VM; the test of the
 * right text, where an outcome that no order explains is forbidden; and siblings that lack one thing, where it is
 * interesting. Start at {@link io.stalemate.litmus.MapAgainstUnmap}; {@link io.stalemate.litmus.run.Litmus} runs them.
 *
 * <p>What the right tests accept is what the simulator reaches, which {@code SimulatedOutcomesTest} checks with every
 * build, but for the two that listen to tracepoints ({@code SnapshotRecheck}, {@code DirtyRingPublish}). The simulator
 * is sequentially consistent: what a lock or a check is for it shows by itself, what a barrier is for it cannot. Seen
 * in two runs of mode sanity (one for the words) on two cores of an AMD EPYC (family 25, model 17), Temurin 25.0.3+9,
 * busy with other work; of the right tests, no forbidden outcome in 2,718,233 samples:
 *
 * <pre>
 * sibling                                  interesting outcomes     reached by some order of steps
 * AnnotateAgainstMap.WithoutMmuLock        0.0156 % of   160,711    yes
 * LockedPteHandOver.ByLoadAndStore         0.0036 % of   110,633    yes
 * MapAgainstUnmap.WithoutMmuLock           0.0005 % of   190,685    yes
 * SnapshotRecheck.WithoutRetryCheck        0.0127 % of   346,263    yes
 * SnapshotRecheck.WithoutSeqCheck          0.0007 % of   278,074    yes
 * SnapshotRecheck.WithoutInProgressCheck   0.0131 % of   541,895    yes
 * SrcuGracePeriod.WithoutSynchronize       0.0003 % of   351,968    yes
 * RequestAgainstMode.WithoutSmpMb          0.0073 % of   231,496    no: the CPU's store buffer
 * SeqAndInProgressWords.WithoutSmpRmb      0.0022 % of    91,123    no: the compiler kept the first load
 * SeqAndInProgressWords.WithoutSmpWmb      none     of   112,609    no: x86 keeps stores in order
 * SeqAndInProgress.WithoutSmpRmb, -Wmb     none     of   353,178    no: a branch lies between the loads
 * DirtyRingPublish.WithoutSmpWmb           none     of   167,619    no: x86 keeps stores in order
 * </pre>
 *
 * <p>None says nothing of arm64, where both CPU and compiler may do what an x86 machine does not show.
 *
 * <p>May import: {@code machine}, {@code jvm}, {@code cpu}, {@code linux}, {@code yardstick}, {@code race}; its test of
 * predictions {@code sim}, {@code actors}, {@code strategy}, {@code oracle} as well.
 */
@NullMarked
package io.stalemate.litmus;

import org.jspecify.annotations.NullMarked;
