package dev.touchstone.jobs.cache;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.CRC32;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;

/**
 * Where a changed segment is damaged: its first page whose checksum doesn't hold, or whose header
 * can't be read or contradicts itself; else the footer. A page's checksum doesn't cover its header,
 * so that a few changes of a header's details are taken for the footer's.
 *
 * @param offset of the damaged page or footer in the file
 * @param part for people
 */
record SegmentDamage(long offset, String part) {

  private static final int TAIL = 8;

  static SegmentDamage locate(byte[] content) {
    try (ParquetFileReader reader =
        new ParquetFileReader(
            new MemoryFiles.Input(content),
            ParquetReadOptions.builder(new PlainParquetConfiguration()).build())) {
      for (BlockMetaData block : reader.getRowGroups()) {
        for (ColumnChunkMetaData chunk : block.getColumns()) {
          SegmentDamage damage = inChunk(content, chunk);
          if (damage != null) {
            return damage;
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      return footer(content);
    }
    return footer(content);
  }

  private static SegmentDamage inChunk(byte[] content, ColumnChunkMetaData chunk) {
    long at = chunk.getStartingPos();
    long end = at + chunk.getTotalSize();
    String part = "a page of column " + chunk.getPath().toDotString();
    while (at < end) {
      var in =
          new ByteArrayInputStream(
              content, Math.toIntExact(at), content.length - Math.toIntExact(at));
      try {
        PageHeader header = Util.readPageHeader(in);
        int start = content.length - in.available();
        int size = header.getCompressed_page_size();
        CRC32 crc = new CRC32();
        crc.update(content, start, size);
        if (!header.isSetCrc()
            || (int) crc.getValue() != header.getCrc()
            || header.getUncompressed_page_size() != size
            || !isOurs(header, chunk)) {
          return new SegmentDamage(at, part);
        }
        at = (long) start + size;
      } catch (IOException | RuntimeException e) {
        return new SegmentDamage(at, part);
      }
    }
    return null;
  }

  private static boolean isOurs(PageHeader header, ColumnChunkMetaData chunk) {
    if (header.isSetDictionary_page_header()) {
      return header.getType() == PageType.DICTIONARY_PAGE;
    }
    if (!header.isSetData_page_header() || header.getType() != PageType.DATA_PAGE) {
      return false;
    }
    DataPageHeader data = header.getData_page_header();
    return data.getNum_values() > 0
        && data.getNum_values() <= Math.min(SegmentWriter.PAGE_ROWS, chunk.getValueCount())
        && data.getDefinition_level_encoding() == Encoding.RLE
        && data.getRepetition_level_encoding() == Encoding.RLE
        && chunk.getEncodings().stream()
            .anyMatch(encoding -> encoding.name().equals(data.getEncoding().name()));
  }

  /** The footer ends with its own length and the magic bytes. */
  private static SegmentDamage footer(byte[] content) {
    int length = 0;
    for (int i = 0; i < 4 && content.length >= TAIL; i++) {
      length |= (content[content.length - TAIL + i] & 0xFF) << (8 * i);
    }
    long start = content.length - (long) TAIL - length;
    return new SegmentDamage(
        length >= 0 && start >= 0 ? start : Math.max(0, content.length - TAIL), "the footer");
  }
}
