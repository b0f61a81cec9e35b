package dev.touchstone.jobs.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.cache.CachePruning.Removal;
import dev.touchstone.jobs.settings.EngineSettings;
import dev.touchstone.jobs.settings.SettingsSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachePruningTest {

  private static final Instant NOW = Instant.parse("2026-01-10T00:00:00Z");
  private static final String OLD = "00000000000000000000000000000001";
  private static final String MIDDLE = "00000000000000000000000000000002";
  private static final String NEW = "00000000000000000000000000000003";

  @TempDir Path root;
  private CacheDirectory cache;
  private long bytes;

  @BeforeEach
  void fill() throws Exception {
    StoredSet.binary(root, OLD).modified(NOW.minus(Duration.ofHours(30)));
    StoredSet.binary(root, MIDDLE).modified(NOW.minus(Duration.ofHours(20)));
    StoredSet.binary(root, NEW).modified(NOW.minus(Duration.ofHours(10)));
    cache = new CacheDirectory(root.toUri().toString());
    bytes = cache.find(OLD).bytes();
  }

  private List<String> prune(String... settings) throws Exception {
    SettingsSource source = SettingsSource.empty();
    for (int i = 0; i < settings.length; i += 2) {
      source.with(settings[i], settings[i + 1]);
    }
    EngineSettings all = EngineSettings.from(source);
    CachePruning pruning = new CachePruning(cache, all.cache(), all.ledger());
    List<Removal> plan = pruning.plan(NOW);
    List<String> done = new java.util.ArrayList<>();
    pruning.carryOut(
        plan,
        removal ->
            done.add(
                removal.set().setKey()
                    + (removal.file() == null ? "" : "/" + removal.file().file())));
    return done;
  }

  private List<String> left() throws Exception {
    return cache.sets().stream().map(CachedSet::setKey).toList();
  }

  @Test
  void nothingGoesByDefault() throws Exception {
    assertThat(prune()).isEmpty();
    assertThat(left()).containsExactly(NEW, MIDDLE, OLD);
  }

  @Test
  void aSetGoesWhenItIsTooOld() throws Exception {
    assertThat(prune("cache.retention_hours", "20")).containsExactly(OLD);
    assertThat(left()).containsExactly(NEW, MIDDLE);
    assertThat(root.resolve(OLD)).doesNotExist();
  }

  @Test
  void theOldestGoUntilTheRestFits() throws Exception {
    assertThat(prune("cache.max_bytes", Long.toString(2 * bytes))).containsExactly(OLD);
    assertThat(prune("cache.max_bytes", Long.toString(2 * bytes - 1))).containsExactly(MIDDLE);
    assertThat(left()).containsExactly(NEW);
  }

  @Test
  void aPinnedSetStaysUntilItIsLetGo() throws Exception {
    cache.pin(cache.find(OLD), true);
    cache.pin(cache.find(OLD), true);
    assertThat(cache.find(OLD).pinned()).isTrue();
    assertThat(prune("cache.retention_hours", "1", "cache.max_bytes", "1"))
        .containsExactlyInAnyOrder(MIDDLE, NEW);
    assertThat(left()).containsExactly(OLD);
    cache.pin(cache.find(OLD), false);
    assertThat(cache.find(OLD).pinned()).isFalse();
    assertThat(prune("cache.retention_hours", "1")).containsExactly(OLD);
  }

  @Test
  void leftOversGoWhenTheyAreOldAndNothingElseOfASet() throws Exception {
    Files.setLastModifiedTime(
        root.resolve(NEW).resolve("manifest.json"), FileTime.from(NOW.minus(Duration.ofHours(26))));
    Path draft = leftOver(NEW, ".abc.parquet.1f", Duration.ofHours(25));
    Path young = leftOver(NEW, "f".repeat(32) + ".parquet", Duration.ofHours(23));
    assertThat(prune()).containsExactly(NEW + "/.abc.parquet.1f");
    assertThat(draft).doesNotExist();
    assertThat(young).exists();
    assertThat(cache.find(NEW).state()).isEqualTo(CachedSet.State.COMPLETE);
    cache.verify(cache.find(NEW), damage -> assertThat(damage).isNull());
  }

  @Test
  void whatCountedUntilLabelsWereCorrectedStaysForThoseWhoStillReadIt() throws Exception {
    Path manifest = root.resolve(NEW).resolve("manifest.json");
    Path before = leftOver(NEW, "d".repeat(32) + ".parquet", Duration.ofDays(30));
    Files.setLastModifiedTime(manifest, FileTime.from(NOW.minus(Duration.ofHours(23))));
    assertThat(prune()).isEmpty();
    assertThat(before).exists();
    Files.setLastModifiedTime(manifest, FileTime.from(NOW.minus(Duration.ofHours(25))));
    assertThat(prune()).containsExactly(NEW + "/" + before.getFileName());
    assertThat(before).doesNotExist();
  }

  @Test
  void theFilesOfASetThatArrivesStayAsLongAsTheLedgerKnowsIt() throws Exception {
    String arriving = "00000000000000000000000000000009";
    Files.createDirectories(root.resolve(arriving));
    Path file = leftOver(arriving, "e".repeat(32) + ".parquet", Duration.ofHours(100));
    assertThat(prune("cache.retention_hours", "1000", "cache.max_bytes", "1000000000")).isEmpty();
    assertThat(prune("ledger.retention_hours", "99")).hasSize(1);
    assertThat(file).doesNotExist();
  }

  @Test
  void aSetWhoseManifestCantBeReadIsLeftAlone() throws Exception {
    Path manifest = root.resolve(OLD).resolve("manifest.json");
    Files.writeString(manifest, "{");
    Files.setLastModifiedTime(manifest, FileTime.from(NOW.minus(Duration.ofDays(9))));
    assertThat(prune("cache.retention_hours", "25", "cache.max_bytes", "1"))
        .doesNotContain(OLD)
        .noneMatch(what -> what.startsWith(OLD));
    assertThat(left()).containsExactly(OLD);
  }

  private Path leftOver(String key, String name, Duration age) throws Exception {
    Path file = root.resolve(key).resolve(name);
    Files.writeString(file, "left over");
    Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
    return file;
  }
}
