package io.stalemate.scenario.file;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import io.stalemate.scenario.Limits;
import io.stalemate.scenario.Scenario;
import io.stalemate.scenario.input.Refused;
import io.stalemate.scenario.input.Safe;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Reads scenario files. A file is parsed but never resolved, so it can neither read other files nor the environment;
 * size, depth and number of values are bounded before anything is built from them.
 *
 * <p>Every refusal is a {@link Refused} of one line, {@code FILE:LINE: what was given; what is allowed}: reason
 * {@code INPUT} for what is no scenario file at all, {@code USAGE} for a mistake in one.
 */
public final class ScenarioFile {

  /** Size limit of a file. */
  public static final int BYTES_MAX = 256 * 1024;

  /** Most values (numbers, strings, lists, objects) in a file. */
  public static final int VALUES_MAX = 10_000;

  /** How scenario files end. */
  public static final String SUFFIX = ".scenario.conf";

  private static final int DIGEST_DIGITS = 10;
  private static final int ERROR_MAX = 160;

  private static final List<String> KEYS = List.of("name", "title", "about", "group", "system", "systems", "vm", "pkvm",
      "tasks", "oracles", "goals", "outcomes", "bounds");

  private ScenarioFile() {}

  /** Yields the scenario in the file at {@code path}. */
  public static Scenario read(Path path) {
    String file = Safe.print(path.toString());
    try (InputStream in = Files.newInputStream(path)) {
      return parse(file, in.readNBytes(BYTES_MAX + 1));
    } catch (NoSuchFileException e) {
      throw Refused.usage(file + ": no such file; name a scenario ('list' shows them) or a file *" + SUFFIX);
    } catch (IOException e) {
      throw Refused.usage(file + ": cannot be read; name a readable file *" + SUFFIX);
    }
  }

  /** Yields the scenario that {@code bytes} say; {@code file} names them in refusals. */
  public static Scenario parse(String file, byte[] bytes) {
    if (bytes.length > BYTES_MAX) {
      throw Refused.input(file + ": larger than 256 KiB; 256 KiB are allowed");
    }
    ConfigObject root = parse(file, decode(file, bytes));
    int values = count(root);
    if (values > VALUES_MAX) {
      throw Refused.input(file + ": " + values + " values; at most " + VALUES_MAX + " are allowed");
    }
    return scenario(new Section(file, "the scenario", root).allow(KEYS), digest(root));
  }

  private static Scenario scenario(Section root, String digest) {
    String name = root.name("name");
    String title = root.text("title", 100);
    String about = root.has("about") ? root.lines("about", 4000).strip() : "";
    String group = root.has("group") ? root.name("group") : "other";
    SystemsReader.Systems systems = new SystemsReader(root).read();
    TaskReader.VmAndTasks read = new TaskReader(root, systems).read();
    JudgementReader judgement = new JudgementReader(root, systems.all(), read.tasks());
    Section bounds = root.section("bounds", "the bounds").allow(List.of("steps"));
    return new Scenario(name, title, about, group, systems.system(), systems.all(), read.vm(), read.pkvm(),
        read.tasks(),
        judgement.oraclesLeftOut(), judgement.goals(), judgement.outcomes(),
        bounds.number("steps", 1, Limits.STEPS, Limits.STEPS_DEFAULT), digest);
  }

  private static String decode(String file, byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw Refused.input(file + ": byte " + in.position() + " is not UTF-8; scenario files are UTF-8 text");
    }
    String text = out.flip().toString();
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  private static ConfigObject parse(String file, String text) {
    HoconGuard.check(file, text);
    ConfigParseOptions options = ConfigParseOptions.defaults()
        .setSyntax(ConfigSyntax.CONF)
        .setOriginDescription("")
        .setIncluder(new NoIncludes());
    try {
      return ConfigFactory.parseString(text, options).root();
    } catch (Refused refused) {
      throw refused.at(file);
    } catch (ConfigException e) {
      throw Refused.input(syntaxError(file, e));
    }
  }

  private static String syntaxError(String file, ConfigException e) {
    int line = e.origin() == null ? -1 : e.origin().lineNumber();
    String message = e.getMessage() == null ? "not HOCON" : e.getMessage();
    // The library puts its own idea of the place in front: ": 3: " or "merge of ...".
    String bare = message.replaceFirst("^[^a-zA-Z]*[0-9]+: ", "").replaceAll("\\s+", " ");
    String cut = bare.length() <= ERROR_MAX ? bare : bare.substring(0, ERROR_MAX) + "...";
    return (line > 0 ? file + ":" + line : file) + ": syntax: " + Safe.print(cut);
  }

  /** Recursion is bounded by the guard's depth. */
  private static int count(ConfigValue value) {
    int count = 1;
    if (value instanceof ConfigObject object) {
      for (ConfigValue each : object.values()) {
        count += count(each);
      }
    } else if (value instanceof ConfigList list) {
      for (ConfigValue each : list) {
        count += count(each);
      }
    }
    return count;
  }

  private static String digest(ConfigObject root) {
    try {
      byte[] canonical = root.render(ConfigRenderOptions.concise()).getBytes(StandardCharsets.UTF_8);
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(canonical);
      return HexFormat.of().formatHex(hash).substring(0, DIGEST_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
