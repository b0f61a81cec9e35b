package dev.touchstone.cli.evaluate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** Opens prediction tables; turns whatever can go wrong with a file into one clear line. */
final class PredictionFiles {
  /** How a table is written. */
  enum Format {
    CSV,
    TSV,
    PARQUET;

    /** The format that a file's extension names, or null. {@code .csv.gz} is CSV. */
    static Format of(String file) {
      String name = file.toLowerCase(Locale.ROOT);
      if (name.endsWith(".gz")) {
        name = name.substring(0, name.length() - 3);
      }
      if (name.endsWith(".csv")) {
        return CSV;
      }
      if (name.endsWith(".tsv")) {
        return TSV;
      }
      return name.endsWith(".parquet") || name.endsWith(".pq") ? PARQUET : null;
    }
  }

  /** Work on files that may fail as files do. */
  interface Reading<T> {
    T read() throws IOException;
  }

  private PredictionFiles() {}

  /**
   * The rows of all files, in order.
   *
   * @param formats one a file
   * @throws BadInputException when a file cannot be read or a row breaks a rule
   */
  static Predictions readTables(
      List<Path> files, List<Format> formats, ColumnNames columns, LabelRule rule) {
    var builder = new PredictionsBuilder(columns);
    for (int i = 0; i < files.size(); i++) {
      Path file = files.get(i);
      Format format = formats.get(i);
      guard(
          file,
          () -> {
            if (format == Format.PARQUET) {
              ParquetPredictions.read(file, columns, rule, builder);
            } else {
              try (InputStream in = open(file)) {
                char separator = format == Format.TSV ? '\t' : ',';
                CsvPredictions.read(in, file.toString(), separator, columns, rule, builder);
              }
            }
            return null;
          });
    }
    return builder.build();
  }

  /** The bytes of a file, unpacked if its name ends in .gz. */
  static InputStream open(Path file) throws IOException {
    InputStream in = Files.newInputStream(file);
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".gz")
        ? new GZIPInputStream(in, 1 << 16)
        : in;
  }

  /** Runs the reading; says which file failed, and how, in one line. */
  static <T> T guard(Path file, Reading<T> reading) {
    if (Files.isDirectory(file)) {
      throw BadInputException.inFile(file.toString(), "must be a file, got a directory");
    }
    if (!Files.exists(file)) {
      throw BadInputException.inFile(file.toString(), "there is no such file");
    }
    try {
      return reading.read();
    } catch (NoSuchFileException e) {
      throw BadInputException.inFile(file.toString(), "there is no such file");
    } catch (AccessDeniedException e) {
      throw BadInputException.inFile(file.toString(), "may not be read: permission denied");
    } catch (IOException e) {
      throw BadInputException.inFile(file.toString(), "cannot be read: " + e.getMessage());
    }
  }
}
