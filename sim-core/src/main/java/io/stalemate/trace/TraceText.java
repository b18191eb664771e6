package io.stalemate.trace;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The text file of a trace, shaped like ftrace's: one event a line, so that {@code diff} and {@code grep} work.
 * Printable ASCII, every line ended by a line feed. What is written is read back equal in every array, or not at all.
 *
 * <pre>
 * # stalemate trace 1
 * # token: sm1.yardstick...                      any number of keys, the caller's
 * # tasks: vcpu0 vcpu1 inval0
 * # text: stage-2 leaf maps a freed page         texts of warnings
 * # objects: 24
 * #  spinlock mmu_lock                           one line a group, see ObjectLines
 *  boot-1063 [---] 0.000000000: set_pte_at: hva_page=0x0 old_pfn=0x0 new_pfn=0x100 writable=1
 *  vcpu0-1001 [000] 0.000000250: READ_ONCE kvm->mmu_invalidate_seq = 0
 * # end 2 3fa2c07716be5d90 8d05bf12              events, trace hash, CRC-32 of all bytes before this line
 * </pre>
 *
 * <p>In brackets, where ftrace has the CPU, stands the step; dashes for an event that was no choice. The time is the
 * {@link CostModel}'s, in seconds. A line tells every argument of its event; one that the operation does not use and
 * that is not 0 follows as {@code +c=5}.
 */
public final class TraceText {

  /** The format this class writes and reads. */
  public static final int VERSION = 1;

  /** Longest file, in bytes. */
  public static final int BYTES_MAX = 64 << 20;

  /** Most events of a file. */
  public static final int EVENTS_MAX = 2_000_000;

  /** Longest line, in characters. */
  public static final int LINE_MAX = 4096;

  /** Header key that says what plain accesses were in the run, if they were {@link #CHOICES}. */
  public static final String PLAIN = "plain";

  /** See {@link #PLAIN}. */
  public static final String CHOICES = "choices";

  static final String FIRST_LINE = "# stalemate trace ";
  static final String TASKS = "# tasks:";
  static final String TEXT = "# text: ";
  static final String OBJECTS = "# objects: ";
  static final String END = "# end ";
  static final List<String> RESERVED = List.of("tasks", "text", "objects", "end");

  private TraceText() {}

  /**
   * Yields the file of {@code trace}.
   *
   * @param header printed as {@code # key: value} in its own order; keys are lower-case words
   * @throws IllegalArgumentException if a key is not allowed or a limit is passed
   */
  public static String write(Trace trace, Map<String, String> header) {
    check(trace.size() <= EVENTS_MAX, "more than " + EVENTS_MAX + " events");
    StringBuilder out = new StringBuilder(trace.size() * 80 + 4096);
    line(out, FIRST_LINE + VERSION);
    header.forEach((key, value) -> {
      check(isKey(key), "not a key: '" + Escaped.text(key) + "'");
      line(out, "# " + key + ": " + Escaped.text(value));
    });
    StringBuilder tasks = new StringBuilder(TASKS);
    for (String task : trace.tasks()) {
      check(!task.isEmpty(), "a task without a name");
      tasks.append(' ').append(Escaped.name(task));
    }
    line(out, tasks);
    for (int i = 0; i < trace.texts(); i++) {
      line(out, TEXT + Escaped.text(trace.textAt(i)));
    }
    ObjectTable objects = trace.objects();
    check(objects.size() <= ObjectLines.OBJECTS_MAX, "more than " + ObjectLines.OBJECTS_MAX + " objects");
    line(out, OBJECTS + objects.size());
    for (int group = 1; group < objects.groups(); group++) {
      line(out, ObjectLines.write(objects, group));
    }
    events(out, trace);
    byte[] bytes = out.toString().getBytes(StandardCharsets.US_ASCII);
    line(out, end(trace, crc(bytes, bytes.length)));
    return out.toString();
  }

  private static void events(StringBuilder out, Trace trace) {
    EventText text = new EventText(trace, new ObjectNames(trace.objects()));
    StringBuilder line = new StringBuilder();
    int step = 0;
    long nanos = 0;
    for (int event = 0; event < trace.size(); event++) {
      line.setLength(0);
      text.line(line, event, step, nanos);
      line(out, line);
      nanos += CostModel.nanos(trace.op(event));
      if (trace.isStep(event)) {
        step++;
      }
    }
  }

  private static void line(StringBuilder out, CharSequence line) {
    check(line.length() <= LINE_MAX, "a line of more than " + LINE_MAX + " characters");
    check(out.length() + line.length() < BYTES_MAX, "a file of more than " + BYTES_MAX + " bytes");
    out.append(line).append('\n');
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException("cannot write the trace: " + otherwise);
    }
  }

  /** Yields the last line. */
  static String end(Trace trace, long crc) {
    HexFormat hex = HexFormat.of();
    return END + trace.size() + " " + hex.toHexDigits(trace.hash()) + " " + hex.toHexDigits((int) crc);
  }

  static long crc(byte[] bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, length);
    return crc.getValue();
  }

  static boolean isKey(String key) {
    return key.matches("[a-z][a-z-]*") && !RESERVED.contains(key);
  }

  /**
   * Yields what the file at {@code path} holds.
   *
   * @throws IOException if it cannot be read
   * @throws TraceRefused if it is damaged, cut short, too large or of another format
   */
  public static RecordedTrace read(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return read(path.toString(), in.readNBytes(BYTES_MAX + 1));
    }
  }

  /**
   * Yields what {@code bytes} hold.
   *
   * @param file what messages call the file
   * @throws TraceRefused if they are damaged, cut short, too many or of another format
   */
  public static RecordedTrace read(String file, byte[] bytes) {
    String name = Escaped.text(file);
    if (bytes.length > BYTES_MAX) {
      throw new TraceRefused(name, 1, "larger than " + BYTES_MAX + " bytes");
    }
    return new TraceReader(name, bytes).read();
  }

  /** Whether {@code bytes} begin as a trace file does, of whatever format. */
  public static boolean isTrace(byte[] bytes) {
    byte[] first = FIRST_LINE.getBytes(StandardCharsets.US_ASCII);
    return bytes.length >= first.length && Arrays.equals(bytes, 0, first.length, first, 0, first.length);
  }
}
