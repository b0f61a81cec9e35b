package dev.touchstone.cli.evaluate;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.xerial.snappy.Snappy;

/** Unpacks pages without Hadoop's codecs, which want more of Hadoop than its classes. */
final class ParquetCodecs implements CompressionCodecFactory {
  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return switch (codec) {
      case UNCOMPRESSED -> new Page((packed, size) -> packed);
      case SNAPPY -> new Page((packed, size) -> unsnap(packed, size));
      case GZIP -> new Page((packed, size) -> gunzip(packed, size));
      case ZSTD -> new Page((packed, size) -> unzstd(packed, size));
      case LZ4_RAW -> new Page((packed, size) -> unlz4(packed, size));
      default -> throw new UnsupportedCodecException(codec);
    };
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    throw new UnsupportedOperationException("only reads");
  }

  @Override
  public void release() {}

  /** A compression that this reader does not know. */
  static final class UnsupportedCodecException extends RuntimeException {
    UnsupportedCodecException(CompressionCodecName codec) {
      super("compression must be one of none, snappy, gzip, zstd, lz4_raw, got " + codec);
    }
  }

  private static byte[] unsnap(byte[] packed, int size) throws IOException {
    byte[] bytes = new byte[size];
    if (Snappy.uncompressedLength(packed) != size) {
      throw new IOException("a page is not as long as its header says");
    }
    Snappy.uncompress(packed, 0, packed.length, bytes, 0);
    return bytes;
  }

  private static byte[] gunzip(byte[] packed, int size) throws IOException {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(packed), 1 << 16)) {
      return in.readNBytes(size);
    }
  }

  private static byte[] unzstd(byte[] packed, int size) throws IOException {
    byte[] bytes = new byte[size];
    long length = Zstd.decompress(bytes, packed);
    if (Zstd.isError(length)) {
      throw new IOException("a page is not valid zstd: " + Zstd.getErrorName(length));
    }
    return length == size ? bytes : java.util.Arrays.copyOf(bytes, (int) length);
  }

  private static byte[] unlz4(byte[] packed, int size) throws IOException {
    try {
      return LZ4Factory.fastestInstance().safeDecompressor().decompress(packed, size);
    } catch (LZ4Exception e) {
      throw new IOException("a page is not valid lz4: " + e.getMessage(), e);
    }
  }

  private interface Unpack {
    byte[] apply(byte[] packed, int size) throws IOException;
  }

  private record Page(Unpack unpack) implements BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput packed, int size) throws IOException {
      return BytesInput.from(checked(packed.toInputStream().readAllBytes(), size));
    }

    @Override
    public void decompress(ByteBuffer packed, int packedSize, ByteBuffer to, int size)
        throws IOException {
      byte[] bytes = new byte[packedSize];
      packed.get(bytes);
      to.put(checked(bytes, size)).flip();
    }

    private byte[] checked(byte[] packed, int size) throws IOException {
      byte[] bytes = unpack.apply(packed, size);
      if (bytes.length != size) {
        throw new IOException("a page is not as long as its header says");
      }
      return bytes;
    }

    @Override
    public void release() {}
  }
}
