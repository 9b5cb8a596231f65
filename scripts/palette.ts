/** A PNG with a palette: a third of the size of one in true colour, for pictures of pages, which have few colours. */
import * as zlib from "node:zlib"
import type { Page } from "playwright-core"

const COLOURS = 256

interface Pixels {
  readonly width: number
  readonly height: number
  /** Colours as 0xRRGGBB, row by row. */
  readonly colours: ReadonlyArray<number>
}

/** Decodes a PNG, in a browser. */
const decoded = (page: Page, png: Buffer): Promise<Pixels> =>
  page.evaluate(async (base64) => {
    const image = new Image()
    image.src = `data:image/png;base64,${base64}`
    await image.decode()
    const { height, width } = image
    const context = new OffscreenCanvas(width, height).getContext("2d")
    context?.drawImage(image, 0, 0)
    const bytes = context?.getImageData(0, 0, width, height).data ?? []
    const colours = Array.from({ length: width * height }, (_, index) => {
      const [red = 0, green = 0, blue = 0] = [bytes[index * 4], bytes[index * 4 + 1], bytes[index * 4 + 2]]
      return red * 65_536 + green * 256 + blue
    })
    return { width, height, colours }
  }, png.toString("base64"))

const channels = (colour: number): readonly [number, number, number] => [
  colour >> 16,
  (colour >> 8) & 255,
  colour & 255
]

const distance = (one: number, other: number): number => {
  const [red, green, blue] = channels(one)
  const [otherRed, otherGreen, otherBlue] = channels(other)
  return (red - otherRed) ** 2 + (green - otherGreen) ** 2 + (blue - otherBlue) ** 2
}

const chunk = (type: string, content: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  checksum.writeUInt32BE(zlib.crc32(body))
  return Buffer.concat([length, body, checksum])
}

/** The picture in its 256 most frequent colours; each other colour becomes the nearest of them. */
export const withPalette = async (page: Page, png: Buffer): Promise<Buffer> => {
  const { colours, height, width } = await decoded(page, png)
  const counts = new Map<number, number>()
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const palette = [...counts.entries()]
    .sort(([, one], [, other]) => other - one)
    .slice(0, COLOURS)
    .map(([colour]) => colour)
  const nearest = (colour: number): number =>
    palette.reduce((best, each, index) => {
      const before = palette[best] ?? 0
      return distance(each, colour) < distance(before, colour) ? index : best
    }, 0)
  const indexes = new Map([...counts.keys()].map((colour) => [colour, nearest(colour)]))
  const rows = Buffer.alloc((width + 1) * height)
  for (const [position, colour] of colours.entries()) {
    // The first byte of a row is its filter: none.
    rows[position + Math.floor(position / width) + 1] = indexes.get(colour) ?? 0
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // 8 bits for a pixel, which are a place in the palette.
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap(channels))),
    chunk("IDAT", zlib.deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0))
  ])
}
