import type { Fragment } from "@effect/sql/Statement"
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { MOST, type Places, type StorageError } from "../../ports/Storage.js"
import type { Asked } from "../../text/Words.js"
import { many, number, type Raw, texts } from "../Columns.js"
import { type Dialect, type Kind, MEMORIES } from "./Dialect.js"

const nowhere: Places = { rows: 0, places: [] }

const numbersOf = (places: string): ReadonlyArray<number> => (places === "" ? [] : places.split(",").map(Number))

/** Those of some rows, the highest first, that are of a kind, by their own numbers. */
const ofKind = (kind: Kind, rows: ReadonlyArray<number>): ReadonlyArray<number> => {
  if (kind === "passages") return rows
  const turns = rows.findIndex((row) => row < MEMORIES)
  const end = turns === -1 ? rows.length : turns
  return kind === "turns"
    ? rows.slice(end, end + MOST)
    : rows.slice(0, Math.min(end, MOST)).map((row) => row - MEMORIES)
}

/** Where the rows of some owners, by a query for these, have words of a text: rows of kinds that one index has. */
export const find = <const Kinds extends Arr.NonEmptyReadonlyArray<Kind>>(
  operation: string,
  dialect: Dialect,
  sought: Kinds,
  owners: Fragment,
  asked: ReadonlyArray<Asked>
): Effect.Effect<Record<Kinds[number], Places>, StorageError> => {
  const found = (places: (kind: Kind) => Places) =>
    // Of exactly the kinds that are sought.
    Object.fromEntries(sought.map((kind) => [kind, places(kind)])) as Record<Kinds[number], Places>
  if (asked.length === 0) return Effect.succeed(found(() => nowhere))
  const codec = {
    table: "the index",
    key: "places",
    decode: (raw: Raw) => {
      const rows = texts(raw, "places").map(numbersOf)
      return {
        /** Whether there may be more of a kind than the other kinds left room for. */
        crowded: sought.length > 1 && rows.some(({ length }) => length >= MOST * sought.length),
        found: found((kind) => ({ rows: number(raw, kind), places: rows.map((each) => ofKind(kind, each)) }))
      }
    }
  }
  return Effect.flatMap(many(operation, codec, dialect.places(sought, owners, asked)), ([first]) => {
    if (first?.crowded !== true) return Effect.succeed(first?.found ?? found(() => nowhere))
    const alone = (kind: Kind) =>
      Effect.map(find(operation, dialect, [kind], owners, asked), ({ [kind]: places }) => [kind, places] as const)
    return Effect.map(Effect.forEach(sought, alone), (each) => {
      const places = new Map(each)
      return found((kind) => places.get(kind) ?? nowhere)
    })
  })
}
