/** The thread that reads a PDF. It is a file of the program of its own, which nothing else loads. */
import { parentPort, workerData } from "node:worker_threads"
import { extractText, getDocumentProxy, getMeta } from "unpdf"

/** What the thread answers. */
export type PdfText = { readonly title: string | undefined; readonly text: string } | { readonly error: string }

const read = async (bytes: Uint8Array): Promise<PdfText> => {
  try {
    const pdf = await getDocumentProxy(bytes, { verbosity: 0 })
    const { info } = await getMeta(pdf)
    const { text } = await extractText(pdf, { mergePages: false })
    const title = typeof info["Title"] === "string" ? info["Title"].trim() : ""
    return { title: title === "" ? undefined : title, text: text.join("\n\n") }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.postMessage(await read(workerData))
