import type { Decode } from "./values.js"

/** The columns of the rows of a statement. */
export interface Columns {
  readonly names: ReadonlyArray<string>
  readonly decoders: ReadonlyArray<Decode>
}

/** A named statement of one connection. */
export interface Prepared {
  readonly name: string
  /** Absent until a run has shown them. They cannot change afterwards: PostgreSQL fails the statement instead. */
  columns: Columns | undefined
  uses: number
  /** After so many uses it is prepared anew. */
  readonly lifetime: number
}

/**
 * How many times a statement is used before it is prepared anew, and how many times as often each time after. PostgreSQL
 * keeps the plan that it makes first. On an empty table, that may be to read all rows of a developer, until the table is
 * analyzed.
 */
const LIFETIME = 8

/**
 * The named statements of one connection, of bounded number: the one that was used longest ago makes room. Names are
 * never used twice, so a statement that is dropped here and not yet at the server is no other statement.
 */
export class PreparedStatements {
  private readonly byText = new Map<string, Prepared>()
  private unused: Array<string> = []
  private made = 0

  constructor(private readonly capacity: number) {}

  /** The statement of a text, and whether it is still to be prepared. */
  use(text: string): { readonly statement: Prepared; readonly isNew: boolean } {
    const found = this.byText.get(text)
    if (found === undefined) return { statement: this.add(text, LIFETIME), isNew: true }
    if (++found.uses > found.lifetime) {
      this.drop(text)
      return { statement: this.add(text, LIFETIME * found.lifetime), isNew: true }
    }
    this.byText.delete(text)
    this.byText.set(text, found)
    return { statement: found, isNew: false }
  }

  private add(text: string, lifetime: number): Prepared {
    const oldest = this.byText.size < this.capacity ? undefined : this.byText.keys().next().value
    if (oldest !== undefined) this.drop(oldest)
    const prepared: Prepared = { name: `s${++this.made}`, columns: undefined, uses: 1, lifetime }
    this.byText.set(text, prepared)
    return prepared
  }

  /** Forgets the statement of a text. */
  drop(text: string): void {
    const found = this.byText.get(text)
    if (found === undefined) return
    this.byText.delete(text)
    this.unused.push(found.name)
  }

  /** The names that the server can forget. Each is returned once. */
  takeUnused(): ReadonlyArray<string> {
    if (this.unused.length === 0) return this.unused
    const names = this.unused
    this.unused = []
    return names
  }
}
