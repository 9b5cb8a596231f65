import * as Context from "effect/Context"
import type { PostgresClient } from "./PostgresClient.js"

/** How a client saves round trips. */
export class RoundTrips extends Context.Tag("effect-julep/storage/postgres/RoundTrips")<
  RoundTrips,
  Pick<PostgresClient, "alone" | "later" | "together">
>() {}
