/** Makes the pictures of the README: a conversation in the playground, and where its last reply comes from. */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scripted from "../src/layers/Scripted.js"
import { Client } from "../src/promise/index.js"
import { BuiltPage } from "../test/support/builtPage.js"
import { Browser } from "../test/support/chromium.js"
import { KEY, servedPort } from "../test/support/serving.js"
import { withPalette } from "./palette.js"

const folder = fileURLToPath(new URL("../playground/pictures", import.meta.url))

const returns = `# Returns

Unopened bags can be returned within 30 days. We pay the postage, and send a label on request. Refunds go to the card or the account that the order was paid with, and take up to five working days from the day on which the parcel arrives. Gift cards are refunded as gift cards.

## Opened bags

Opened bags can be exchanged within 14 days, if the beans are stale or the roast is not what the label says. Keep the bag and the rest of the beans: the roaster wants to taste them. We exchange each order once. Bags that were ground in the shop are exchanged like whole beans, but within 7 days.

## Grinders and kettles

A grinder can be returned within 30 days for any reason, also when it was used. Then it has a warranty of two years. Brush the burrs of a grinder before you pack it, and put every part into its box. We pay the postage.

## Subscriptions

A subscription can be paused or ended on any day. A bag that was roasted before that day is sent. What was paid in advance is refunded.
`

const docs = [
  { title: "Returns", content: returns },
  { title: "Shipping", content: "We ship on Tuesdays and Fridays. Orders above 40 euros ship free within the EU." },
  {
    title: "Sidamo",
    content: "Sidamo, washed, from 1,900 metres: jasmine and lemon. Brew it at 92 degrees, 60 g a litre."
  }
]

const script = [
  "Start with **24 clicks**, then:\n\n- finer if it tastes sour\n- coarser if it tastes bitter",
  "Yes: a grinder can be returned *for any reason within 30 days*, also a used one, and you bought yours two weeks ago. Please brush the burrs and put every part into its box. We pay the postage."
]

const questions = [
  "How do I set the grinder that I bought two weeks ago?",
  "It is too slow for me in the morning. Can I still return the grinder?"
]

/** A store with an agent, its docs, and a user whom it remembers. */
const fill = async (client: Client) => {
  const agent = await client.agents.create({
    name: "Ada",
    about: "answers the customers of a coffee roaster",
    instructions: "Answer from the docs, briefly.",
    docs
  })
  const user = await client.users.create({ name: "Sam" })
  await client.users.create({ name: "Kim", about: "runs a café in Porto" })
  await client.agents.create({ name: "Grace", about: "writes the newsletter" })
  for (const content of ["Sam drinks Sidamo, as a filter.", "Sam has a Comandante grinder."]) {
    await client.memories.create({ agent_id: agent.id, user_id: user.id, content })
  }
  await client.sessions.create({ agent_id: agent.id, user_id: user.id, situation: "Sam asks about a late order." })
  const session = await client.sessions.create({ agent_id: agent.id, user_id: user.id })
  return new URLSearchParams({ agent: agent.id, user: user.id, session: session.id })
}

const program = Effect.gen(function* () {
  const browser = yield* Browser
  const playground = Effect.succeed(yield* BuiltPage)
  const port = yield* servedPort({ playground, model: Scripted.layer(script) })
  const origin = `http://127.0.0.1:${port}`
  yield* Effect.promise(async () => {
    const selected = await fill(new Client({ apiKey: KEY, baseUrl: `${origin}/api` }))
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" })
    // The policy of the page has no place for it.
    const blank = await browser.newPage()
    const shoot = async (name: string) => {
      const picture = await withPalette(blank, await page.screenshot())
      fs.writeFileSync(path.join(folder, `${name}.png`), picture)
    }
    await page.goto(`${origin}/playground?${selected}#key=${KEY}`)
    const lastTurn = page.getByRole("article", { name: "Last turn" })
    for (const [index, question] of questions.entries()) {
      await page.getByRole("textbox", { name: "Message", exact: true }).fill(question)
      await page.getByRole("button", { name: "Send" }).click()
      await lastTurn.getByText("Ask again").waitFor()
      await lastTurn.getByText(index === 0 ? "bitter" : "burrs").waitFor()
    }
    await page.getByRole("list", { name: "Parts of the prompt" }).getByText("A grinder can be returned").waitFor()
    await page.getByRole("textbox", { name: "Message", exact: true }).blur()
    await shoot("light")
    await page.emulateMedia({ colorScheme: "dark" })
    await page
      .getByRole("list", { name: "Parts of the prompt" })
      .getByRole("button", { name: "Returns" })
      .first()
      .click()
    await page.getByRole("dialog", { name: "Returns" }).locator("mark").first().waitFor()
    await shoot("dark")
  })
})

await program.pipe(Effect.scoped, Effect.provide(Layer.merge(Browser.layer, BuiltPage.layer)), Effect.runPromise)
