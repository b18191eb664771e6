package io.stalemate.scenario.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stalemate.scenario.Action;
import io.stalemate.scenario.CopyTags;
import io.stalemate.scenario.GuestAction;
import io.stalemate.scenario.HostAction;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.input.Refused;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TagsInScenariosTest {

  private static final String HEAD = "name = a\ntitle = b\n";
  private static final String VM = "vm { mte = true, host { mappings = [{ name = ram, hva = 16, pages = 2 }] }, "
      + "memslots = [{ id = 0, gfn = 0, pages = 2, hva = ram }] }\n";

  private static Scenario parse(String text) {
    return ScenarioFile.parse("f.conf", text.getBytes(StandardCharsets.UTF_8));
  }

  private static Action action(String text) {
    return parse(text).tasks().getFirst().actions().getFirst().action();
  }

  private static String mte(String action) {
    return "tasks = [{ name = t, kind = mte, do = [{ do = " + action + " }] }]\n";
  }

  private static void refuses(String text, String message) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(Refused.class).hasMessage(message);
  }

  @Test
  void aCallCoversItsPagesUnlessItIsToldAnotherLength() {
    assertThat(action(HEAD + VM + mte("write-tags, gfn = 0, pages = 2")))
        .isEqualTo(new CopyTags(true, 0, 0, 8192, 0, 0, CopyTags.NO_FAULT));
    assertThat(action(HEAD + VM
        + mte("read-tags, gfn = 1, offset = 16, length = 32, reserved = 1, flag-bits = 2, fault-at = 3")))
        .isEqualTo(new CopyTags(false, 1, 16, 32, 1, 2, 3));
  }

  @Test
  void theLengthIsGivenOnceAndTheDirectionByTheName() {
    refuses(HEAD + VM + mte("write-tags, gfn = 0, pages = 2, length = 4096"),
        "f.conf:4: length and pages in one action; one of them is needed");
    refuses(HEAD + VM + mte("read-tags, gfn = 0, flag-bits = 3"), "f.conf:4: flag-bits = 3; bit 0 is the direction, "
        + "which the action's name gives: even numbers are allowed");
  }

  @Test
  void guestsTouchTheTagsOfHalfAPage() {
    String text = HEAD + VM + "tasks = [{ name = t, kind = vcpu, do = [{ do = store-tags, gfn = 1, half = 1 }] }]";
    assertThat(action(text)).isEqualTo(new GuestAction.StoreTags(1, 1));
    refuses(text.replace("half = 1", "half = 2"), "f.conf:4: half = 2; a whole number from 0 to 1 is allowed");
  }

  @Test
  void tagsNeedAVmThatHasThem() {
    refuses(HEAD + VM.replace("mte = true", "mte = false") + mte("read-tags, gfn = 0"),
        "f.conf:4: tags in a vm without them; vm { mte = true } is needed");
    String protect = "tasks = [{ name = t, kind = host-mm, do = [{ do = protect-mte, hva = ram }] }]\n";
    assertThat(action(HEAD + VM + protect)).isEqualTo(new HostAction.ProtectMte(16, 1));
    refuses(HEAD + VM.replace("mte = true", "mte = false") + protect,
        "f.conf:4: tags in a vm without them; vm { mte = true } is needed");
    refuses(HEAD + VM.replace("mte = true, host", "host").replace("{ name = ram", "{ mte = true, name = ram")
        + mte("read-tags, gfn = 0"),
        "f.conf:3: mte = true on mapping 'ram'; anon and shared mappings of a vm with mte = true may have it");
    refuses(HEAD + VM.replace("pages = 2 }]", "pages = 2, kind = pfnmap, mte = true }]") + mte("read-tags, gfn = 0"),
        "f.conf:3: mte = true on mapping 'ram'; anon and shared mappings of a vm with mte = true may have it");
  }

  @Test
  void aCallBeginsWhereAMemslotMayBe() {
    refuses(HEAD + VM + mte("read-tags, gfn = 5"), "f.conf:4: gfn = 5; no memslot ever covers it");
    refuses(HEAD + VM + mte("read-tags, gfn = 0, pages = 17"),
        "f.conf:4: pages = 17; a whole number from 1 to 16 is allowed");
    refuses(HEAD + VM + mte("read-tags, gfn = 0, offset = 4096"),
        "f.conf:4: offset = 4096; a whole number from 0 to 4095 is allowed");
    refuses(HEAD + VM + mte("load-tags, gfn = 0"),
        "f.conf:4: action 'load-tags' in a task of kind 'mte'; kind vcpu does it");
  }
}
