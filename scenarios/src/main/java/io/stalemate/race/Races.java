package io.stalemate.race;

import io.stalemate.scenario.input.Nearest;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.util.List;

/** All known races. */
public final class Races {

  private Races() {}

  /** Yields all of them: the invalidation protocol, memslots, locks, the stage-2 table and TLBs, canaries. */
  public static List<Race> all() {
    return List.of(
        new NoRetryCheck(),
        new NoInProgressCheck(),
        new NoSeqCheck(),
        new RetryCheckBeforeLock(),
        new SeqAfterGup(),
        new VmaBeforeSeq(),
        new PermissionFaultRoundsToBlock(),
        new EndBeforeFree(),
        new ChangePteWritable(),
        new SlotSwapInsideNotifierPair(),
        new SlotSwapLosesWakeup(),
        new MnActiveCountWithoutLock(),
        new InvalidSlotNotPublished(),
        new NoGracePeriod(),
        new SlotDeletedWithoutZap(),
        new SpinsOnInvalidSlot(),
        new SrcuSelfDeadlock(),
        new SlotsLockInSrcu(),
        new MmuLockRecursion(),
        new FlushSlotWithoutMmuLock(),
        new TopupUnderMmuLock(),
        new NoTlbFlushOnUnmap(),
        new NoDsbAfterTlbi(),
        new SplitWithoutBreak(),
        new LeafOvercountsTablePage(),
        new PermissionRemapBreaksLeaf(),
        new TlbiLevelHintForTable(),
        new RangeTlbiShort(),
        new TableFreedWithoutRcu(),
        new AccessedMarkedAfterUnlock(),
        new PgdFreedWithoutClearing(),
        new PgtNotRereadAfterYield(),
        new MmioGuardNoSlotsArchLock(),
        new MmioGuardCheckWithoutLock(),
        new MmioGuardNoteValidBit(),
        new MmioGuardNoteNotCounted(),
        new MmioGuardNoteOnBlock(),
        new MmioGuardUnmapBeyondIpa(),
        new MmioGuardGicv2NotExempt(),
        new MmioGuardFirstByteOnly(),
        new MmioGuardCheckToUse(),
        new MmioGuardNoteLost(),
        new MmioGuardResetKeepsNotes(),
        new MteCopyWithoutSlotsLock(),
        new MteCopyUntaggedLeaks(),
        new MteFlagNeverSet(),
        new MteSanitisedTwice(),
        new MteFlagBeforeClear(),
        new MteVmaAfterUnlock(),
        new MteCopyWhileLogging(),
        new MteRefusalKeepsMmapLock(),
        new BlockSplitUnderReadLock(),
        new BitsClearedAfterWp(),
        new NoFlushAfterWp(),
        new MarkDirtyMissingOnRelax(),
        new WpBeforeFlagsVisible(),
        new DirtyBitNotAtomic(),
        new DirtyRingPlainAccesses(),
        new RingResetWithoutFlush(),
        new TopupSkippedForFetchUnderLogging(),
        new PkvmValidLeafFatal(),
        new PkvmFaultIgnoresOwner(),
        new PkvmNoMapPageDonated(),
        new PkvmUnshareUnchecked(),
        new PkvmOwnerNotedOnBlock(),
        new PkvmOwnerPutForgotten(),
        new PkvmLockOrderInverted(),
        new PkvmDonateWithoutTlbi(),
        new PkvmRecyclingForgetsOwners(),
        new PkvmGuestShareUncounted(),
        new S1ptwAlwaysWrite(),
        new RangeTestedOnPermissionFaults(),
        new MmioLowBitsFromHpfar(),
        new RoWriteFaultsIn(),
        new CacheMaintenanceSkippedOnRoSlot(),
        new LastSlotUsedUnchecked(),
        new ObsoleteRootMapped(),
        new InvalidRootsLeft(),
        new UnmapSkipsInvalidRoots(),
        new UnmapYieldsWithoutRootRef(),
        new IterNotRestartedAfterYield(),
        new ForwardProgressLost(),
        new ZapRangeInHvas(),
        new VolatileBitsLost(),
        new FrozenSpteOverwritten(),
        new SpFreedWithoutRcu(),
        new NoFlushOnZap(),
        new WpSkipsMmuWritable(),
        new WpFlushSkipped(),
        new FastFaultDirtyBeforeCas(),
        new FastFaultHugeWhileLogging(),
        new HugepageWhileLogging(),
        new ClearDirtyNotPresent(),
        new SplitLinkNotAtomic(),
        new SplitWithoutRestart(),
        new TrackKeepsHugepages(),
        new PrefaultVsSlotDeleteDeadlock(),
        new PrefaultKeepsObsoleteRoot(),
        new PrefaultRootLostInLoop(),
        new MmioCachedInFlux(),
        new PrivateCheckBeforeSeq(),
        new RetryCheckWithoutSlot(),
        new MmioGenWrapIgnored(),
        new RsvdPrivateCached(),
        new NoStaleCheck(),
        new HugepageWhileAttributesChange(),
        new MixedFlagNotUpdated(),
        new AttributesWithoutInvalidation(),
        new AttributesEndBeforeStore(),
        new GmemPunchWithoutInvalidation(),
        new GmemEndBeforeTruncate(),
        new GmemBindingUnchecked(),
        new AttributesFirstSlotOnly(),
        new GmemPunchFirstBindingOnly(),
        new PrivateHugeLeaf(),
        new GmemFolioNotCleared(),
        new AsyncPfErrorCodeLost(),
        new AsyncPfNotFlushed(),
        new RootLoadWithoutFlush(),
        new ExitRequestUnchecked(),
        new FlushNotWaitedFor(),
        new PmlFlushedWhenFull(),
        new ApicPageReloadEarly(),
        new SlotBeforeKind(),
        new FastFaultOtherKind(),
        new EmulatedStoreNotLogged(),
        new NoFlushBeforeYield(),
        new PmlHugePagesWritable(),
        new MemslotLeafsNotFlushed(),
        new CanaryIdentityHash());
  }

  /**
   * Yields the race called {@code name}.
   *
   * @throws Refused (usage) with the nearest name if there is none
   */
  public static Race byName(String name) {
    for (Race race : all()) {
      if (race.card().name().equals(name)) {
        return race;
      }
    }
    throw Refused.usage("unknown race " + Safe.quote(name) + "; "
        + Nearest.hint(name, all().stream().map(race -> race.card().name()).toList(), "see 'stalemate list races'"));
  }
}
