package dev.touchstone.jobs.cache;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.plugin.PluginUtils;

/**
 * Flink's file systems in a process that is no Flink cluster of its own: {@code s3://} and others
 * come as plugins, from the directory that {@code FLINK_PLUGINS_DIR} names.
 */
public final class CacheFileSystems {

  private CacheFileSystems() {}

  /** Whether a cache directory says itself which file system it is in. */
  public static boolean isUri(String directory) {
    return directory.contains("://");
  }

  /**
   * Loads the plugins, for the whole process.
   *
   * @param flink Flink's settings, {@code s3.endpoint} say
   */
  public static void load(Configuration flink) {
    FileSystem.initialize(flink, PluginUtils.createPluginManagerFromRootFolder(flink));
  }
}
