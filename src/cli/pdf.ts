/** The text of a PDF, read in a thread of its own: a PDF can make its reader compute for ever. */
import { Worker } from "node:worker_threads"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { PdfText } from "./pdfWorker.js"

/** A PDF that cannot be read. */
export class PdfError extends Data.TaggedError("PdfError")<{ readonly message: string }> {}

const LIMIT = "30 seconds"
const resourceLimits = { maxOldGenerationSizeMb: 512 }

const refused = (why: string) => new PdfError({ message: `its PDF cannot be read: ${why}` })

const whyOf = (error: Error & { readonly code?: unknown }): string =>
  error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "it takes more than 512 MB of memory" : error.message

/** Beside this module, also in the bundle. */
const program = new URL("./pdfWorker.js", import.meta.url)

/** Reads a PDF, in at most 30 seconds and 512 MB. */
export const textOf = (
  bytes: Uint8Array,
  worker: URL = program
): Effect.Effect<Extract<PdfText, { readonly text: string }>, PdfError> =>
  Effect.acquireUseRelease(
    // What it prints is not for the output. It needs no variable of the environment.
    Effect.sync(() => new Worker(worker, { workerData: bytes, resourceLimits, stdout: true, stderr: true, env: {} })),
    (thread) =>
      Effect.async<PdfText, PdfError>((resume) => {
        thread.once("message", (result: PdfText) => resume(Effect.succeed(result)))
        thread.once("error", (error) => resume(Effect.fail(refused(whyOf(error)))))
        thread.once("exit", () => resume(Effect.fail(refused("its reader ended"))))
      }),
    (thread) => Effect.promise(() => thread.terminate())
  ).pipe(
    Effect.timeoutFail({ duration: LIMIT, onTimeout: () => refused("it takes more than 30 seconds") }),
    Effect.flatMap((result) => ("text" in result ? Effect.succeed(result) : Effect.fail(refused(result.error))))
  )
