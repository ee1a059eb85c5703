import type { ByteRange } from '../kernel/byte-range.ts';
import type { BlobReader } from '../storage/index.ts';

/** A stretch of the body: text of ours, or bytes of the blob from `first` on. */
interface Piece {
  /** Where it begins in the body. */
  readonly at: number;
  readonly sizeBytes: number;
  readonly source: Uint8Array | { readonly first: number };
}

/**
 * Several ranges of a blob as one body of type `multipart/byteranges` (RFC 9110 §14.6), readable like a blob, so that it is
 * sent like one. Closing it closes the blob's reader.
 */
export function multipartReader(
  reader: BlobReader,
  ranges: readonly ByteRange[],
  format: { readonly boundary: string; readonly contentType: string },
): BlobReader {
  const pieces = layOut(reader.sizeBytes, ranges, format);
  const end = pieces.at(-1);
  return {
    sizeBytes: end === undefined ? 0 : end.at + end.sizeBytes,
    async read(target, position) {
      let filled = 0;
      for (const piece of pieces) {
        if (filled === target.byteLength) break;
        const skip = position + filled - piece.at;
        if (skip < 0 || skip >= piece.sizeBytes) continue;
        const part = target.subarray(filled, filled + piece.sizeBytes - skip);
        const got = await readPiece(reader, piece.source, part, skip);
        filled += got;
        if (got < part.byteLength) break;
      }
      return filled;
    },
    close: () => reader.close(),
  };
}

async function readPiece(
  reader: BlobReader,
  source: Piece['source'],
  target: Uint8Array,
  skip: number,
): Promise<number> {
  if (!(source instanceof Uint8Array)) return reader.read(target, source.first + skip);
  target.set(source.subarray(skip, skip + target.byteLength));
  return target.byteLength;
}

function layOut(
  totalBytes: number,
  ranges: readonly ByteRange[],
  { boundary, contentType }: { readonly boundary: string; readonly contentType: string },
): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  const add = (sizeBytes: number, source: Piece['source']): void => {
    pieces.push({ at, sizeBytes, source });
    at += sizeBytes;
  };
  const addText = (text: string): void => {
    const bytes = Buffer.from(text);
    add(bytes.byteLength, bytes);
  };
  for (const { first, last } of ranges) {
    const contentRange = `bytes ${first}-${last}/${totalBytes}`;
    addText(`\r\n--${boundary}\r\nContent-Type: ${contentType}\r\nContent-Range: ${contentRange}\r\n\r\n`);
    add(last - first + 1, { first });
  }
  addText(`\r\n--${boundary}--\r\n`);
  return pieces;
}
