package io.stalemate.scenario.file;

import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import io.stalemate.scenario.input.Refused;
import java.io.File;
import java.net.URL;

/**
 * Refuses every include. All four interfaces are needed: the library serves {@code file()}, {@code url()} and
 * {@code classpath()} by itself when an includer implements only the first. The wall behind {@link HoconGuard}, which
 * sees includes first and knows their lines.
 */
final class NoIncludes
    implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {

  @Override
  public ConfigIncluder withFallback(ConfigIncluder fallback) {
    return this;
  }

  @Override
  public ConfigObject include(ConfigIncludeContext context, String what) {
    throw refused();
  }

  @Override
  public ConfigObject includeFile(ConfigIncludeContext context, File what) {
    throw refused();
  }

  @Override
  public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
    throw refused();
  }

  @Override
  public ConfigObject includeResources(ConfigIncludeContext context, String what) {
    throw refused();
  }

  private static Refused refused() {
    return Refused.input(HoconGuard.NO_INCLUDE);
  }
}
