package dev.touchstone.schemas;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;

/**
 * Bytes to records and back, for one record type. Three framings reach the same record:
 *
 * <ul>
 *   <li>Avro single-object encoding: {@code C3 01}, the writer schema's CRC-64-AVRO fingerprint
 *       (little-endian), the body. The default; needs no registry.
 *   <li>Confluent: {@code 00}, a schema id (big-endian), the body. Only with a registry.
 *   <li>{@link PlainJson}: first byte <code>{</code>.
 * </ul>
 *
 * <p>Hostile bytes end in a {@link MalformedMessageException}, never in another exception and never
 * in an allocation larger than the message: lengths are checked against the bytes that are left.
 *
 * <p>Not thread-safe: decoders and buffers are reused. Create one per thread.
 *
 * @param <T> the generated record class
 */
public final class Codec<T extends SpecificRecord> {

  private static final byte[] SINGLE_OBJECT_MARKER = {(byte) 0xC3, 0x01};
  private static final int SINGLE_OBJECT_HEADER = 10;
  private static final int CONFLUENT_HEADER = 5;

  static {
    // Avro refuses to instantiate classes it was not told to trust: these are ours.
    ClassSecurityValidator.setGlobal(
        ClassSecurityValidator.composite(
            ClassSecurityValidator.getGlobal(),
            type -> type.getName().startsWith("dev.touchstone.schemas.avro.")));
  }

  private final Schema schema;
  private final Class<T> type;
  private final SchemaRegistry registry;
  private final byte[] header;
  private final Map<Long, Schema> writers = new HashMap<>();
  private final Map<Schema, SpecificDatumReader<T>> readers = new HashMap<>();
  private final Map<Schema, SpecificDatumReader<T>> readersWithoutBytes = new HashMap<>();
  private final SpecificDatumWriter<T> writer;
  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(1 << 16);
  private BinaryDecoder decoder;
  private BinaryEncoder encoder;

  private Codec(Class<T> type, Collection<Schema> released, SchemaRegistry registry) {
    this.type = type;
    this.schema = SpecificData.get().getSchema(type);
    this.registry = registry;
    this.writer = new SpecificDatumWriter<>(schema);
    long fingerprint = SchemaNormalization.parsingFingerprint64(schema);
    this.header =
        ByteBuffer.allocate(SINGLE_OBJECT_HEADER)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(SINGLE_OBJECT_MARKER)
            .putLong(fingerprint)
            .array();
    writers.put(fingerprint, schema);
    for (Schema old : released) {
      writers.put(SchemaNormalization.parsingFingerprint64(old), old);
    }
  }

  /** A codec that knows the current and all released schemas of {@code type}, and no registry. */
  public static <T extends SpecificRecord> Codec<T> of(Class<T> type) {
    return of(type, null);
  }

  /**
   * A codec that also accepts Confluent framing.
   *
   * @param registry null: Confluent framing is refused with a reason
   */
  public static <T extends SpecificRecord> Codec<T> of(Class<T> type, SchemaRegistry registry) {
    return new Codec<>(type, ReleasedSchemas.of(type), registry);
  }

  /** The record in single-object encoding. */
  public byte[] encode(T datum) {
    buffer.reset();
    buffer.writeBytes(header);
    encoder = EncoderFactory.get().binaryEncoder(buffer, encoder);
    try {
      writer.write(datum, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return buffer.toByteArray();
  }

  /** The record as plain JSON, UTF-8. */
  public byte[] encodeJson(T datum) {
    return PlainJson.writeBytes(datum);
  }

  /**
   * Reads a message in any of the three framings.
   *
   * @throws MalformedMessageException if the bytes are not such a record; says why
   * @throws IOException if the schema registry can't be reached: a passing fault
   */
  public T decode(byte[] message) throws MalformedMessageException, IOException {
    return decode(message, false);
  }

  /**
   * As {@link #decode}, but every field of bytes comes empty, whatever the message holds: next to
   * nothing for a message that is mostly columns. JSON is read whole.
   */
  public T decodeWithoutBytes(byte[] message) throws MalformedMessageException, IOException {
    return decode(message, true);
  }

  private T decode(byte[] message, boolean withoutBytes)
      throws MalformedMessageException, IOException {
    if (message == null || message.length == 0) {
      throw new MalformedMessageException("message is empty");
    }
    return switch (message[0]) {
      case (byte) 0xC3 -> decodeSingleObject(message, withoutBytes);
      case 0 -> decodeConfluent(message, withoutBytes);
      case '{' -> type.cast(PlainJson.read(schema, message));
      default ->
          throw new MalformedMessageException(
              String.format(
                  "first byte must be C3 (Avro single object), 00 (schema registry) or 7B (JSON),"
                      + " got %02X",
                  message[0]));
    };
  }

  private T decodeSingleObject(byte[] message, boolean withoutBytes)
      throws MalformedMessageException {
    if (message.length < SINGLE_OBJECT_HEADER || message[1] != SINGLE_OBJECT_MARKER[1]) {
      throw new MalformedMessageException(
          "Avro single-object header is cut short or not version 1");
    }
    long fingerprint =
        ByteBuffer.wrap(message)
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong(SINGLE_OBJECT_MARKER.length);
    Schema writerSchema = writers.get(fingerprint);
    if (writerSchema == null) {
      throw new MalformedMessageException(
          String.format(
              "no %s schema has the fingerprint %016x", type.getSimpleName(), fingerprint));
    }
    return decodeBody(message, SINGLE_OBJECT_HEADER, writerSchema, withoutBytes);
  }

  private T decodeConfluent(byte[] message, boolean withoutBytes)
      throws MalformedMessageException, IOException {
    if (registry == null) {
      throw new MalformedMessageException(
          "first byte 00 is schema-registry framing, but no registry is configured");
    }
    if (message.length < CONFLUENT_HEADER) {
      throw new MalformedMessageException("schema-registry header is cut short");
    }
    Schema writerSchema = registry.byId(ByteBuffer.wrap(message).getInt(1));
    return decodeBody(message, CONFLUENT_HEADER, writerSchema, withoutBytes);
  }

  private T decodeBody(byte[] message, int offset, Schema writerSchema, boolean withoutBytes)
      throws MalformedMessageException {
    decoder = DecoderFactory.get().binaryDecoder(message, offset, message.length - offset, decoder);
    T datum;
    try {
      datum =
          (withoutBytes
                  ? readersWithoutBytes.computeIfAbsent(writerSchema, w -> skipping(w, schema))
                  : readers.computeIfAbsent(
                      writerSchema, w -> new SpecificDatumReader<>(w, schema)))
              .read(null, decoder);
      if (!decoder.isEnd()) {
        throw new MalformedMessageException("bytes are left over after the record");
      }
    } catch (IOException | RuntimeException e) {
      // Avro answers hostile bytes with a handful of unchecked exceptions: all mean the same here
      throw new MalformedMessageException("not a " + type.getSimpleName() + ": " + describe(e), e);
    }
    return datum;
  }

  private static <T> SpecificDatumReader<T> skipping(Schema writer, Schema reader) {
    SpecificData slow = new SpecificData();
    slow.setFastReaderEnabled(false); // the fast one can't be told to skip
    return new SpecificDatumReader<>(writer, reader, slow) {
      @Override
      protected Object readBytes(Object old, Schema type, Decoder in) throws IOException {
        in.skipBytes();
        return ByteBuffer.allocate(0);
      }

      @Override
      protected Object readBytes(Object old, Decoder in) throws IOException {
        return readBytes(old, null, in);
      }
    };
  }

  private static String describe(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
