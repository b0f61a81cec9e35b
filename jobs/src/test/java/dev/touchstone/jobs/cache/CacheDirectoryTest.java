package dev.touchstone.jobs.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.jobs.cache.CacheDirectory.Damage;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.model.Task;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheDirectoryTest {

  private static final String KEY = "0123456789abcdef0123456789abcdef";
  private static final String OTHER = "0fffffffffffffffffffffffffffffff";

  @TempDir Path root;

  @ParameterizedTest
  @CsvSource({
    "BINARY, 1, U8",
    "MULTICLASS, 3, U8",
    "MULTICLASS, 3, I32",
    "MULTILABEL, 4, U8",
    "REGRESSION, 1, F32",
    "REGRESSION, 2, F32"
  })
  void everyColumnComesBackAndTheSetIsSound(Task task, int outputs, LabelEncoding encoding)
      throws Exception {
    StoredSet set = StoredSet.write(root, KEY, task, outputs, encoding);

    assertThat(damages(set)).isEmpty();
    List<String> expected = new ArrayList<>();
    set.batches().forEach(batch -> expected.addAll(rows(batch)));
    List<String> back = new ArrayList<>();
    for (Segment segment : set.manifest().segments()) {
      List<PredictionBatch> batches =
          SegmentRows.read(set.cache().layout(), set.manifest().status(), segment);
      assertThat(batches).as("600 and 400 values of a slice").hasSizeGreaterThan(1);
      batches.forEach(batch -> back.addAll(rows(batch)));
    }
    assertThat(back).isEqualTo(expected).hasSize(StoredSet.ROWS);
  }

  private static List<String> rows(PredictionBatch batch) {
    List<String> rows = new ArrayList<>();
    for (int row = 0; row < batch.count(); row++) {
      StringBuilder text = new StringBuilder();
      int width = batch.labelEncoding().bytes();
      int labels = batch.labels().length / width / batch.count();
      for (int i = row * labels; i < (row + 1) * labels; i++) {
        // one byte or four: the value counts
        byte[] label =
            Arrays.copyOf(Arrays.copyOfRange(batch.labels(), width * i, width * i + width), 4);
        text.append(Arrays.toString(label));
      }
      for (byte[] column :
          new byte[][] {batch.exampleIds(), batch.scores(), batch.weights(), batch.strata()}) {
        int bytes = column.length / batch.count();
        text.append(Arrays.toString(Arrays.copyOfRange(column, bytes * row, bytes * row + bytes)));
      }
      for (SliceColumn slice : batch.slices()) {
        text.append(slice.name()).append(slice.dictionary().get(slice.codes()[row] & 0xFF));
      }
      rows.add(text.toString());
    }
    return rows;
  }

  @Test
  void setsAreListedWithWhatTheyAre() throws Exception {
    StoredSet.binary(root, KEY);
    Files.createDirectories(root.resolve(OTHER));
    Files.writeString(root.resolve(OTHER).resolve("f".repeat(32) + ".parquet"), "rows");
    Files.createDirectories(root.resolve("someone-elses"));

    CacheDirectory cache = new CacheDirectory(root.toUri().toString());
    assertThat(cache.sets())
        .extracting(CachedSet::setKey, CachedSet::state)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(KEY, CachedSet.State.COMPLETE),
            org.assertj.core.groups.Tuple.tuple(OTHER, CachedSet.State.ARRIVING));
    assertThat(cache.find("01").setKey()).isEqualTo(KEY);
    assertThatThrownBy(() -> cache.find("0"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("set must be the key of one set, or its beginning; several start with \"0\"");
    assertThatThrownBy(() -> cache.find("7")).hasMessageContaining("none starts with \"7\"");
    assertThat(new CacheDirectory(root.resolve("nowhere").toString()).sets()).isEmpty();
  }

  @Test
  void damageIsNamedWithFileAndOffset() throws Exception {
    StoredSet set = StoredSet.binary(root, KEY);
    byte[] first = Files.readAllBytes(set.segment(0));
    int tries = 0;
    int near = 0;
    for (int at = 4; at < first.length - 8; at += 37) {
      byte[] changed = first.clone();
      changed[at] ^= 0x10;
      Files.write(set.segment(0), changed);
      List<Damage> found = damages(set);
      assertThat(found).as("byte %d changed", at).hasSize(1);
      assertThat(found.get(0).file()).isEqualTo(set.manifest().segments().get(0).file());
      tries++;
      near += found.get(0).offset() <= at ? 1 : 0;
    }
    // checksums of pages don't cover their headers, a hundredth of the file here
    assertThat(near).isGreaterThanOrEqualTo(tries * 97 / 100);
    byte[] changed = first.clone();
    int inScores = first.length / 3;
    changed[inScores] ^= 1;
    Files.write(set.segment(0), changed);
    assertThat(damages(set).get(0).rule())
        .matches("the content is not what the name says, see a page of column \\w+ at offset \\d+");

    Files.write(set.segment(0), Arrays.copyOf(first, 77));
    Files.delete(set.segment(1));
    assertThat(damages(set))
        .extracting(Damage::offset, Damage::rule)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                77L, "length must be " + first.length + " bytes, got 77"),
            org.assertj.core.groups.Tuple.tuple(0L, "the file is missing"));
  }

  @Test
  void aSegmentOfAnotherSetIsNoticedByTheDigest() throws Exception {
    StoredSet set = StoredSet.binary(root, KEY);
    StoredSet multiclass = StoredSet.write(root, OTHER, Task.MULTICLASS, 1, LabelEncoding.U8);
    // a manifest that lists files which are sound in themselves
    String manifest = Files.readString(set.directory().resolve("manifest.json"));
    String digest = String.format("%016x", set.manifest().status().rowDigest());
    Files.writeString(
        set.directory().resolve("manifest.json"),
        manifest.replace(
            digest, String.format("%016x", multiclass.manifest().status().rowDigest())));
    assertThat(damages(set))
        .singleElement()
        .satisfies(
            damage -> {
              assertThat(damage.file()).isEqualTo("manifest.json");
              assertThat(damage.rule()).startsWith("digest must be ").endsWith("got " + digest);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"set_key\" : \"0123 | \"set_key\" : \"9123 | set_key must be",
        "\"COMPLETE\" | \"RECEIVING\" | state must be COMPLETE",
        "\"rows\" : 1000 | \"rows\" : 999 | rows must be those of the segments",
        "\"file\" : \" | \"file\" : \"../ | segment must be 32 hex digits",
        "\"segments\" | \"x\" | task, evaluation_set, split, claims, slices and segments must",
        "\"bytes\" : | \"bytes\" : -1 | is no manifest",
        "\"BINARY\" | \"LOTTERY\" | is no manifest",
      })
  void aManifestThatIsNoneIsNamedAndNeverFollowed(String from, String to, String rule)
      throws Exception {
    StoredSet set = StoredSet.binary(root, KEY);
    Path file = set.directory().resolve("manifest.json");
    String good = Files.readString(file);
    Files.writeString(file, good.replaceFirst(java.util.regex.Pattern.quote(from), to));
    assertThat(Files.readString(file)).isNotEqualTo(good);

    CachedSet found = set.cache().find(KEY);
    assertThat(found.state()).isEqualTo(CachedSet.State.UNREADABLE);
    assertThat(found.problem()).startsWith(rule);
    assertThat(damages(set)).extracting(Damage::file).containsExactly("manifest.json");
  }

  @Test
  void rowsAreGivenTwiceTheSame() throws Exception {
    StoredSet set = StoredSet.binary(root, KEY);
    CacheDirectory cache = new CacheDirectory(root.toUri().toString());
    for (int reading = 0; reading < 2; reading++) {
      List<PredictionBatch> read = new ArrayList<>();
      new CacheRows(cache).forEach(cache.find(KEY), read::add);
      assertThat(read.stream().mapToInt(PredictionBatch::count).sum()).isEqualTo(StoredSet.ROWS);
      assertThat(read.stream().mapToLong(RowDigest::of).sum())
          .isEqualTo(set.manifest().status().rowDigest());
    }
    Files.write(set.segment(1), new byte[9]);
    assertThatThrownBy(() -> new CacheRows(cache).forEach(cache.find(KEY), batch -> {}))
        .isInstanceOf(CorruptSegmentException.class);
    Files.createDirectories(root.resolve(OTHER));
    assertThatThrownBy(() -> new CacheRows(cache).forEach(cache.find(OTHER), batch -> {}))
        .hasMessage("set must be COMPLETE to be read, got ARRIVING (" + OTHER + ")");
  }

  @Test
  void anExportHoldsEveryRow() throws Exception {
    StoredSet set = StoredSet.binary(root, KEY);
    var csv = new java.io.ByteArrayOutputStream();
    CachedSet found = set.cache().find(KEY);
    new CacheExport(set.cache()).csv(found, csv);
    List<String> lines = csv.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).hasSize(StoredSet.ROWS + 1);
    assertThat(lines.get(0)).isEqualTo("example_id,label,score,weight,stratum,country,slice_score");
    assertThat(lines.get(1)).contains(",\"country \"\"").endsWith("日本\",low");

    var parquet = new java.io.ByteArrayOutputStream();
    new CacheExport(set.cache()).parquet(found, parquet);
    byte[] bytes = parquet.toByteArray();
    String name = SegmentWriter.nameOf(bytes);
    Files.write(set.directory().resolve(name), bytes);
    List<String> back = new ArrayList<>();
    SegmentRows.read(
            set.cache().layout(),
            set.manifest().status(),
            new Segment(name, StoredSet.ROWS, bytes.length))
        .forEach(batch -> back.addAll(rows(batch)));
    List<String> expected = new ArrayList<>();
    set.batches().forEach(batch -> expected.addAll(rows(batch)));
    assertThat(back).isEqualTo(expected);
  }

  @Test
  void aDamagedSetIsNotExported() throws Exception {
    StoredSet set = StoredSet.binary(root, KEY);
    Files.delete(set.segment(1));
    CachedSet found = set.cache().find(KEY);
    assertThatThrownBy(
            () -> new CacheExport(set.cache()).csv(found, java.io.OutputStream.nullOutputStream()))
        .isInstanceOf(CorruptSegmentException.class)
        .hasMessageEndingWith("the file is missing");
  }

  private static List<Damage> damages(StoredSet set) throws Exception {
    List<Damage> damages = new ArrayList<>();
    set.cache().verify(set.cache().find(KEY), damages::add);
    return damages;
  }
}
