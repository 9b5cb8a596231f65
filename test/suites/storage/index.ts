/** The suites of a store, for every database. */
import { describe } from "@effect/vitest"
import type { Database } from "../../support/storage/database.js"
import { archive } from "./archive.js"
import { cascades } from "./cascades.js"
import { cleanup } from "./cleanup.js"
import { docs } from "./docs.js"
import { entries } from "./entries.js"
import { isolation } from "./isolation.js"
import { jobs } from "./jobs.js"
import { keys } from "./keys.js"
import { memories } from "./memories.js"
import { metadata } from "./metadata.js"
import { reopening } from "./reopening.js"
import { replies } from "./replies.js"
import { suggestions } from "./suggestions.js"
import { tables } from "./tables.js"
import { transactions } from "./transactions.js"
import { turnSearch } from "./turnSearch.js"
import { turns } from "./turns.js"
import { vectors } from "./vectors.js"

export const storage = (database: Database) =>
  describe(`the store on ${database.name}`, () => {
    tables(database)
    metadata(database)
    docs(database)
    vectors(database)
    entries(database)
    turns(database)
    turnSearch(database)
    memories(database)
    suggestions(database)
    jobs(database)
    keys(database)
    replies(database)
    transactions(database)
    cascades(database)
    isolation(database)
    reopening(database)
    archive(database)
    cleanup(database)
  })
