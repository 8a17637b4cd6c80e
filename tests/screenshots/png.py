"""Pictures in half the bytes: pages have few colours, so that a palette of 256 is enough. The browser reads the pixels."""

import base64
import struct
import zlib

from playwright.sync_api import Page

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256
FLAT = 40  # of them at most are of whole areas, and never taken for another one
PALETTE = 3  # PNG's colour type of pixels that are numbers of colours

# The colours that most pixels have stay as they are; one that is near to one of them becomes that one.
READ = """async ([picture, most, flat]) => {
  const bitmap = await createImageBitmap(await (await fetch("data:image/png;base64," + picture)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const seen = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  const colours = new Uint32Array(seen.length / 4), pixels = new Uint8Array(colours.length), counts = new Map();
  for (let at = 0; at < colours.length; at++) {
    colours[at] = seen[4 * at] << 16 | seen[4 * at + 1] << 8 | seen[4 * at + 2];
    counts.set(colours[at], (counts.get(colours[at]) || 0) + 1);
  }
  const parts = colour => [colour >> 16, colour >> 8 & 255, colour & 255];
  const apart = (one, other) => Math.hypot(...parts(one).map((part, at) => part - parts(other)[at]));
  const frequent = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
  let palette = [], places;
  for (let near = 4; !palette.length || palette.length > most; near *= 1.3) {
    palette = [], places = new Map();
    for (const colour of frequent) {
      const distances = palette.map(each => apart(each, colour)), nearest = Math.min(near, ...distances);
      const isNear = palette.length >= flat && nearest < near;
      places.set(colour, isNear ? distances.indexOf(nearest) : palette.push(colour) - 1);
    }
  }
  for (let at = 0; at < colours.length; at++) pixels[at] = places.get(colours[at]);
  let text = "";
  for (let at = 0; at < pixels.length; at += 8192) text += String.fromCharCode(...pixels.subarray(at, at + 8192));
  return { width: bitmap.width, height: bitmap.height, palette: palette.flatMap(parts), pixels: btoa(text) };
}"""


def smaller(picture: bytes, blank: Page) -> bytes:
    """The picture with 256 colours at most; `blank` is an empty page, whose browser reads it."""
    read = blank.evaluate(READ, [base64.b64encode(picture).decode(), COLOURS, FLAT])
    width, height, pixels = read["width"], read["height"], base64.b64decode(read["pixels"])
    rows = b"".join(b"\0" + pixels[begin : begin + width] for begin in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, PALETTE, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(read["palette"])), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
