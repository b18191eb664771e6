package io.stalemate.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class TraceTextTest {

  private static final String SMALL =
      """
      # stalemate trace 1
      # token: sm1.demo
      # ending: quiescent
      # tasks: vcpu0 inval0
      # text: stage-2 leaf maps a freed page
      # objects: 11
      #  rwlock mmu_lock
      #  word kvm->mmu_invalidate_seq
      #  word page pfn=0x101 row=1
      #  word s2 row=4
      #  word page->_refcount key=257
      #  cpu cpu row=2
       boot-1063 [---] 0.000000000: alloc_page page 0x101[0] pfn=0x101 use=user words=1 generation=1
       boot-1063 [---] 0.000000250: set_pte_at: hva_page=0x0 old_pfn=0x0 new_pfn=0x101 writable=1
       vcpu0-1001 [000] 0.000000250: READ_ONCE kvm->mmu_invalidate_seq = 4
       vcpu0-1001 [---] 0.000000252: mmu_seq_sample: gfn=0x42 seq=4
       inval0-1002 [001] 0.000000252: write_lock mmu_lock
       vcpu0-1001 [---] 0.000000272: blocked mmu_lock op=read_lock
       inval0-1002 [002] 0.000000272: atomic_fetch_add page->_refcount[257] 2 -> 1
       inval0-1002 [003] 0.000000280: tlbi_ipas2e1is vmid=1 ipa=0x42000 level=3
       vcpu0-1001 [004] 0.000000430: cmpxchg s2[3] 0x0 -> 0x1014c3 ok
       vcpu0-1001 [005] 0.000000438: cmpxchg s2[3] 0x1014c3 -> 0x1014c3 failed
       vcpu0-1001 [006] 0.000000446: tlb_fill cpu[1] gfn=0x42 pfn=0x101 pages=1 packed=0x30300010001 \
      "cpu 1 vmid 1 level 3 rw-"
       vcpu0-1001 [---] 0.000000486: WARN_ON text=0 "stage-2 leaf maps a freed page"
       vcpu0-1001 [007] 0.000000486: smp_rmb +c=7
       vcpu0-1001 [---] 0.000000494: exit
      # end 14 @hash@ @crc@
      """;

  @Test
  void isReadableAndCompletelySpecified() {
    Trace trace = SmallTrace.make();
    String text = TraceText.write(trace, header());

    String body = text.substring(0, text.lastIndexOf("# end"));
    CRC32 crc = new CRC32();
    crc.update(ascii(body));
    assertThat(text).isEqualTo(SMALL.replace("@hash@", String.format("%016x", trace.hash()))
        .replace("@crc@", String.format("%08x", crc.getValue())));
  }

  @Test
  void everyTraceIsReadBackEqualAndWrittenAgainAlike() {
    for (int seed = 0; seed < 300; seed++) {
      Trace trace = DrawnTraces.draw(seed, seed * 3);
      Map<String, String> header = new LinkedHashMap<>(Map.of("scenario", "odd \\ \u0007 value " + seed));
      String text = TraceText.write(trace, header);

      RecordedTrace read = TraceText.read("f", ascii(text));

      DrawnTraces.assertEqual(read.trace(), trace);
      assertThat(read.header()).isEqualTo(header);
      assertThat(TraceText.write(read.trace(), read.header())).isEqualTo(text);
    }
  }

  @Test
  void headerKeepsItsOrder() {
    Map<String, String> header = new LinkedHashMap<>();
    header.put("token", "t");
    header.put("seed", "");
    header.put("hash", "a: b");

    RecordedTrace read = TraceText.read("f", ascii(TraceText.write(new Trace(), header)));

    assertThat(read.header().entrySet()).containsExactlyElementsOf(header.entrySet());
  }

  @Test
  void everyChangedCharacterIsRefused() {
    byte[] bytes = ascii(TraceText.write(SmallTrace.make(), header()));
    for (int at = 0; at < bytes.length; at++) {
      for (byte to : new byte[] {'0', '9', 'a', 'x', ' ', '=', '-', '[', '#', '"', '\n', '\r', 0x1b, (byte) 0xe9}) {
        if (bytes[at] == to) {
          continue;
        }
        byte[] changed = bytes.clone();
        changed[at] = to;
        assertThatThrownBy(() -> TraceText.read("f", changed)).isInstanceOf(TraceRefused.class);
      }
    }
  }

  @Test
  void everyRemovedOrDoubledCharacterIsRefused() {
    String text = TraceText.write(SmallTrace.make(), header());
    for (int at = 0; at < text.length(); at++) {
      byte[] removed = ascii(text.substring(0, at) + text.substring(at + 1));
      byte[] doubled = ascii(text.substring(0, at + 1) + text.substring(at));
      assertThatThrownBy(() -> TraceText.read("f", removed)).isInstanceOf(TraceRefused.class);
      assertThatThrownBy(() -> TraceText.read("f", doubled)).isInstanceOf(TraceRefused.class);
    }
  }

  @Test
  void everyCutFileIsRefusedAndSaysSo() {
    byte[] bytes = ascii(TraceText.write(SmallTrace.make(), header()));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> TraceText.read("f", cut))
          .isInstanceOf(TraceRefused.class)
          .hasMessageMatching("f:\\d+: the file is cut short after \\d+ events");
    }
  }

  @Test
  void refusalsNameTheLine() {
    String text = TraceText.write(SmallTrace.make(), header());
    Map<String, String> messages = new TreeMap<>();
    messages.put(text.replace("trace 1", "trace 2"), "f:1: a trace of another format; this version reads format 1");
    messages.put("PK\u0003", "f:1: a byte that is no printable ASCII: 0x3");
    messages.put(text.replace("[003]", "[004]"), "f:20: should read ' inval0-1002 [003] 0.000000280: "
        + "tlbi_ipas2e1is vmid=1 ipa=0x42000 level=3'");
    messages.put(text.replace("write_lock", "rite_lock"), "f:17: no operation 'rite_lock'");
    messages.put(text.replace("READ_ONCE kvm", "READ_ONCE kvn"), "f:15: no object 'kvn->mmu_invalidate_seq'");
    messages.put(text.replace("seq = 4", "seq = 5"),
        "f:27: the events do not give this count, hash and checksum: the file is damaged");
    messages.put(text + " ", "f:28: text after the end of the trace");
    messages.put(text.replace("inval0-1002 [001]", "inval0-1009 [001]"), "f:17: no task has this pid");

    messages.forEach((changed, message) ->
        assertThat(catchThrowableOfType(TraceRefused.class, () -> TraceText.read("f", ascii(changed))))
            .hasMessage(message));
  }

  @Test
  void anotherTextOfAWarningOrNameOfAnObjectIsRefusedThoughTheHashDoesNotCoverIt() {
    String text = TraceText.write(SmallTrace.make(), header());

    assertThatThrownBy(() -> TraceText.read("f", ascii(text.replaceFirst("a freed page\n", "a freed cage\n"))))
        .hasMessage("f:24: should read ' vcpu0-1001 [---] 0.000000486: WARN_ON text=0 "
            + "\"stage-2 leaf maps a freed cage\"'");
    for (String changed : new String[] {text.replace("freed page", "freed cage"), text.replace("mmu_lock", "mmu_x")}) {
      assertThatThrownBy(() -> TraceText.read("f", ascii(changed))).hasMessageContaining("damaged");
    }
  }

  @Test
  void hostileSizesAreRefused() {
    String rows = "# stalemate trace 1\n# tasks:\n# objects: 2000000000\n#  word x row=1999999999\n";
    String line = "# stalemate trace 1\n# k: " + "x".repeat(TraceText.LINE_MAX) + "\n";

    assertThatThrownBy(() -> TraceText.read("f", ascii(rows))).hasMessage("f:4: more than 1000000 objects");
    assertThatThrownBy(() -> TraceText.read("f", ascii(line))).hasMessage("f:2: longer than 4096 characters");
    assertThatThrownBy(() -> TraceText.read("f", new byte[TraceText.BYTES_MAX + 1]))
        .hasMessage("f:1: larger than 67108864 bytes");
  }

  @Test
  void reservedKeysAreNotWritten() {
    assertThatThrownBy(() -> TraceText.write(new Trace(), Map.of("tasks", "x")))
        .hasMessage("cannot write the trace: not a key: 'tasks'");
  }

  private static Map<String, String> header() {
    Map<String, String> header = new LinkedHashMap<>();
    header.put("token", "sm1.demo");
    header.put("ending", "quiescent");
    return header;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
